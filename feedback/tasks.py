"""Periodic work on the review queue."""

from __future__ import annotations

from celery import shared_task

from feedback.services import collect


@shared_task(acks_late=True)  # a prediction has one item at most
def collect_review_items() -> int:
    """Put what the streams picked into the queue."""
    return collect()
