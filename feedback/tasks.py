"""Periodic and long work on feedback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from feedback.monitoring import performance
from feedback.retraining import policy
from feedback.retraining.pipeline import retrain, retrain_queued
from feedback.review.enqueueing import enqueue_sampled_predictions
from modelops.alerting.alerts import raise_alert
from modelops.alerting.heartbeats import MONITOR_JOB
from modelops.job_runs import run_once
from modelops.models import TrainingRun
from modelops.training import runs
from modelops.training.runs import TrainingBusyError


@shared_task(acks_late=True)  # a prediction has one item at most
def collect_review_items() -> int:
    """Enqueue the predictions that the streams sampled."""
    return enqueue_sampled_predictions()


@shared_task
def retrain_model(trigger: str, requested_by: str | None = None) -> str:
    """Train a candidate; return the id of the run. A failed run is looked at before it is repeated."""
    person = User.objects.get(pk=requested_by) if requested_by else None
    with _alert_on_failure():
        return str(retrain(trigger, person).pk)


@shared_task(acks_late=True)  # the run's row says whether there is anything to do
def retrain_queued_run() -> str | None:
    """Do the training run that waits longest; leave it waiting while another is under way.

    The candidate of a run that was begun by itself becomes shadow if its gates are green.
    """
    try:
        with _alert_on_failure():
            run = retrain_queued()
    except TrainingBusyError:
        return None
    if run:
        policy.deploy_candidate_as_shadow(run)
    return str(run.pk) if run else None


@shared_task(acks_late=True)  # ends only what is dead, sends only what waits
def reap_training_runs() -> int:
    """End runs whose process was killed, and send those that wait once more; return how many were ended."""
    ended = runs.fail_dead_runs()
    if ended:
        raise_alert("training_failed", "", "The process of a run was killed.")
    if TrainingRun.objects.queued().exists():
        retrain_queued_run.delay()
    return ended


@shared_task(acks_late=True)  # each window is looked at once
def monitor_hourly() -> list[str]:
    """Look at the closed hours that nobody has looked at, then decide whether to train; return the hours."""
    now = timezone.now()
    done = [f"{hour:%Y-%m-%dT%H}" for hour in performance.list_open_hours(now) if _monitor_hour_once(hour)]
    this_hour = f"{now:%Y-%m-%dT%H}"
    run_once("training decision", this_hour, lambda: _decide_and_enqueue(now, routine=False))
    return done


@shared_task(acks_late=True)  # as above
def monitor_daily() -> bool:
    """Look at yesterday as a whole and make the daily decision; say whether it was still to be done."""
    now = timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = today - performance.DAY

    def look() -> dict[str, Any]:
        return {**asdict(performance.monitor_day(yesterday)), **_decide_and_enqueue(now, routine=True)}

    return run_once("monitor daily", f"{yesterday:%Y-%m-%d}", look) is not None


def _monitor_hour_once(hour: datetime) -> bool:
    return (
        run_once(MONITOR_JOB, f"{hour:%Y-%m-%dT%H}", lambda: asdict(performance.monitor_hour(hour)))
        is not None
    )


def _decide_and_enqueue(now: datetime, routine: bool) -> dict[str, Any]:
    """Decide, and have a worker train if so. Nothing is decided before anything is live."""
    if not performance.list_champions():
        return {"train": None}
    decision = policy.decide_training(now, routine=routine)
    if decision.train:
        transaction.on_commit(retrain_queued_run.delay)
    return {"train": decision.train}


@contextmanager
def _alert_on_failure() -> Iterator[None]:
    """Tell people of a training that failed; being busy is no failure."""
    try:
        yield
    except TrainingBusyError:
        raise
    except Exception as error:
        raise_alert("training_failed", "", f"The run ended with {type(error).__name__}.")
        raise
