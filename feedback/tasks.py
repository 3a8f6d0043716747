"""Periodic and long work on feedback."""

from __future__ import annotations

from celery import shared_task

from accounts.models import User
from feedback.retraining import retrain, retrain_queued
from feedback.services import collect
from modelops import runs
from modelops.models import TrainingRun
from modelops.runs import BusyError


@shared_task(acks_late=True)  # a prediction has one item at most
def collect_review_items() -> int:
    """Put what the streams picked into the queue."""
    return collect()


@shared_task
def retrain_model(trigger: str, requested_by: str | None = None) -> str:
    """Train a candidate; return the id of the run. A failed run is looked at before it is repeated."""
    person = User.objects.get(pk=requested_by) if requested_by else None
    return str(retrain(trigger, person).pk)


@shared_task(acks_late=True)  # the run's row says whether there is anything to do
def retrain_queued_run() -> str | None:
    """Do the training run that waits longest; leave it waiting while another is under way."""
    try:
        run = retrain_queued()
    except BusyError:
        return None
    return str(run.pk) if run else None


@shared_task(acks_late=True)  # ends only what is dead, sends only what waits
def mind_training_runs() -> int:
    """End runs whose process was killed, and send those that wait once more; return how many were ended."""
    ended = runs.reap()
    if TrainingRun.objects.queued().exists():
        retrain_queued_run.delay()
    return ended
