"""The admin pages of feedback; importing the package registers them."""

from feedback.admin import feedback, leads

__all__ = ["feedback", "leads"]
