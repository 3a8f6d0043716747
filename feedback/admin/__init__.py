"""The admin pages of feedback, registered when this package is imported."""

from feedback.admin import feedback, leads, letterhead, precedents, requests

__all__ = ["feedback", "leads", "letterhead", "precedents", "requests"]
