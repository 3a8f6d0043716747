"""Periodic and long work on feedback."""

from __future__ import annotations

from celery import shared_task

from accounts.models import User
from feedback.retraining import retrain
from feedback.services import collect


@shared_task(acks_late=True)  # a prediction has one item at most
def collect_review_items() -> int:
    """Put what the streams picked into the queue."""
    return collect()


@shared_task
def retrain_model(trigger: str, requested_by: str | None = None) -> str:
    """Train a candidate; return the id of the run. A failed run is looked at before it is repeated."""
    person = User.objects.get(pk=requested_by) if requested_by else None
    return str(retrain(trigger, person).pk)
