"""The admin pages of feedback, registered when this package is imported."""

from feedback.admin import feedback, items, leads, letterhead, precedents, requests

__all__ = ["feedback", "items", "leads", "letterhead", "precedents", "requests"]
