"""Periodic tasks: aliases in the registry, alerts, and heartbeats."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.utils import timezone

from modelops.alerting import alerts, heartbeats
from modelops.alerting.delivery import deliver_messages
from modelops.alerting.machine_checks import (
    RunningTask,
    check_disks,
    check_error_rate,
    check_running_tasks,
)
from modelops.registry.mlflow_registry import REGISTRY_ERRORS, find_wrong_aliases, mirror_aliases

ALIAS_GRACE_PERIOD = timedelta(minutes=10)
"""Time an alias may lag behind a deployment: two rounds of mirroring. Later, somebody has moved it."""


@shared_task(acks_late=True)  # the aliases are set to what is live, however often
def mirror_registry_aliases() -> dict[str, str]:
    """Set MLflow's aliases to what is live; raise an alert when somebody else had changed them."""
    try:
        wrong = find_wrong_aliases(timezone.now() - ALIAS_GRACE_PERIOD)
        done = mirror_aliases()
    except REGISTRY_ERRORS:
        alerts.record_observation("registry_silent", "", failing=True, what="MLflow's store does not answer")
        return {}
    alerts.record_observation("registry_silent", "", failing=False)
    if wrong:
        alerts.raise_alert("registry_disagrees", "", f"aliases set again: {', '.join(wrong)}")
    return done


@shared_task(acks_late=True)  # a message is claimed before it is sent
def notify_people() -> dict[str, int]:
    """Repeat, escalate and resolve alerts when due, and send the messages of the outbox."""
    return {**alerts.process_firing_alerts(), **asdict(deliver_messages())}


@shared_task
def record_heartbeat() -> str:
    """Record the heartbeat of scheduler, broker and worker."""
    return heartbeats.record_scheduler_heartbeat().at.isoformat()


@shared_task
def check_machine(worker: str, running: list[tuple[str, float]]) -> bool:
    """Check disks, server errors and the tasks of a worker (name, start in seconds since 1970).

    Return whether something fails; people are notified at once, because no process may be free for it.
    """
    now = timezone.now()
    tasks = [RunningTask(name, datetime.fromtimestamp(start, UTC)) for name, start in running]
    fails = [check_disks(), check_error_rate(now), check_running_tasks(worker, tasks, now)]
    if any(fails):
        deliver_messages()
    return any(fails)


@shared_task
def report_silent_components() -> list[str]:
    """Check the components; notify at once about late ones, because the scheduler may be among them."""
    late = [component.name for component in heartbeats.check_components()]
    if late:
        deliver_messages()
    return late
