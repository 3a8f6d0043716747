"""The admin pages of feedback, registered when this package is imported."""

from feedback.admin import feedback, leads, precedents

__all__ = ["feedback", "leads", "precedents"]
