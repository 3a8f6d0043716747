"""Celery tasks for review items, training and monitoring."""

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
from feedback.monitoring.reminders import remind_reviewers
from feedback.requests.documents import delete_leftovers
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


@shared_task(acks_late=True)  # a person is told of an item once
def remind_of_due_items() -> int:
    """Tell reviewers what is due soon and what is overdue; return how many items that are."""
    return remind_reviewers(timezone.now())


@shared_task(acks_late=True)  # repeatable
def delete_leftover_documents() -> int:
    """Delete rests of interrupted uploads of documents; return how many."""
    return delete_leftovers()


@shared_task
def retrain_model(trigger: str, requested_by: str | None = None) -> str:
    """Train a candidate; return the id of the run. A failed run is not retried automatically."""
    person = User.objects.get(pk=requested_by) if requested_by else None
    with _alert_on_failure():
        return str(retrain(trigger, person).pk)


@shared_task(acks_late=True)  # the state of the run shows whether work is left
def retrain_queued_run() -> str | None:
    """Execute the oldest queued training run; leave it queued while another is in progress.

    The candidate of an automatic run is deployed as shadow if its gates are green.
    """
    try:
        with _alert_on_failure():
            run = retrain_queued()
    except TrainingBusyError:
        return None
    if run:
        policy.deploy_candidate_as_shadow(run)
    return str(run.pk) if run else None


@shared_task(acks_late=True)  # safe to repeat: affects only dead and queued runs
def reap_training_runs() -> int:
    """Fail runs whose process was killed and resend queued runs; return how many were failed."""
    ended = runs.fail_dead_runs()
    if ended:
        raise_alert("training_failed", "", "The process of a run was killed.")
    if TrainingRun.objects.queued().exists():
        retrain_queued_run.delay()
    return ended


@shared_task(acks_late=True)  # each window is monitored once
def monitor_hourly() -> list[str]:
    """Monitor the closed hours not yet monitored, then decide whether to train; return the hours."""
    now = timezone.now()
    done = [f"{hour:%Y-%m-%dT%H}" for hour in performance.list_open_hours(now) if _monitor_hour_once(hour)]
    this_hour = f"{now:%Y-%m-%dT%H}"
    run_once("training decision", this_hour, lambda: _decide_and_enqueue(now, routine=False))
    return done


@shared_task(acks_late=True)  # as above
def monitor_daily() -> bool:
    """Monitor yesterday and make the daily training decision; return whether it was still due."""
    now = timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = today - performance.DAY

    def monitor() -> dict[str, Any]:
        return {**asdict(performance.monitor_day(yesterday)), **_decide_and_enqueue(now, routine=True)}

    return run_once("monitor daily", f"{yesterday:%Y-%m-%d}", monitor) is not None


def _monitor_hour_once(hour: datetime) -> bool:
    return (
        run_once(MONITOR_JOB, f"{hour:%Y-%m-%dT%H}", lambda: asdict(performance.monitor_hour(hour)))
        is not None
    )


def _decide_and_enqueue(now: datetime, routine: bool) -> dict[str, Any]:
    """Decide whether to train and send a queued run to a worker; decide nothing while no model is live."""
    if not performance.list_champions():
        return {"train": None}
    decision = policy.decide_training(now, routine=routine)
    if decision.should_train:
        transaction.on_commit(retrain_queued_run.delay)
    return {"train": decision.should_train}


@contextmanager
def _alert_on_failure() -> Iterator[None]:
    """Raise an alert when a training fails; a busy trainer is not a failure."""
    try:
        yield
    except TrainingBusyError:
        raise
    except Exception as error:
        raise_alert("training_failed", "", f"The run ended with {type(error).__name__}.")
        raise
