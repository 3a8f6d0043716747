"""The Django app of review and feedback."""

from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """The review queue, corrections, agreement, retraining."""

    name = "feedback"
    verbose_name = "Review and feedback"
