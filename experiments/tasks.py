"""Celery task of experiments."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from experiments.enrolment import record_error


@shared_task(acks_late=True)  # an event is recorded once
def record_failed_comparison(experiment_id: str, user_id: str, phase: int, arm: str, event: str) -> None:
    """Record that a comparison of a user failed in an arm."""
    record_error(UUID(experiment_id), UUID(user_id), phase, arm, event)
