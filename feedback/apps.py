"""The Django app of review and feedback."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class FeedbackConfig(AppConfig):
    """The review queue, corrections, agreement, retraining."""

    name = "feedback"
    verbose_name = gettext_lazy("Review and feedback")
