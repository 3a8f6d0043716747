"""Queries of the overview across the apps; each is bounded by a period or by an index."""

from __future__ import annotations

from datetime import datetime

from feedback.models import Feedback
from modelops.models import Alert, Deployment, DriftReport, TrainingRun


def list_firing_alerts() -> list[Alert]:
    """Return firing alerts, newest first; at most 20."""
    return list(Alert.objects.firing()[:20])


def count_drifted(since: datetime) -> int:
    """Return how many daily reports since a moment found drift."""
    return DriftReport.objects.filter(end__gte=since, span=DriftReport.Span.DAY, drifted=True).count()


def count_waiting_labels() -> int:
    """Return how many labels no training run has used yet."""
    return Feedback.objects.waiting_for_training().count()


def list_live_deployments() -> list[Deployment]:
    """Return the live deployments by profile and role."""
    return list(Deployment.objects.live().order_by("profile", "role"))


def get_last_training() -> TrainingRun | None:
    """Return the newest training run."""
    return TrainingRun.objects.select_related("model").first()
