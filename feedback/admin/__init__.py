"""The admin pages of feedback, registered when this package is imported."""

from feedback.admin import feedback, gold_items, guidelines, items, leads, letterhead, precedents, requests

__all__ = ["feedback", "gold_items", "guidelines", "items", "leads", "letterhead", "precedents", "requests"]
