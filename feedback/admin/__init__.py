"""The admin pages of feedback, registered when this package is imported."""

from feedback.admin import feedback, leads, precedents, requests

__all__ = ["feedback", "leads", "precedents", "requests"]
