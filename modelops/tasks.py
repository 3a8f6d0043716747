"""Periodic work on the registry, on alerts, and on the machinery itself."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from modelops.alerting import alerts, heartbeats
from modelops.alerting.delivery import deliver_messages
from modelops.registry.mlflow_registry import REGISTRY_ERRORS, find_wrong_aliases, mirror_aliases

ALIAS_GRACE_PERIOD = timedelta(minutes=10)
"""For so long after a deployment its alias may lag: that is two rounds, not somebody's hand."""


@shared_task(acks_late=True)  # the aliases are set to what is live, however often
def mirror_registry_aliases() -> dict[str, str]:
    """Make MLflow's aliases say what is live; tell people when somebody else had changed them."""
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
    """Repeat, escalate and end alerts as their time comes, and send what waits in the outbox."""
    return {**alerts.process_firing_alerts(), **asdict(deliver_messages())}


@shared_task
def record_heartbeat() -> str:
    """Keep that scheduler, broker and a worker are at work."""
    return heartbeats.record_scheduler_heartbeat().at.isoformat()


@shared_task
def report_silent_components() -> list[str]:
    """Look for silent parts and tell people of them at once: the scheduler may be what is silent."""
    late = [part.name for part in heartbeats.check_components()]
    if late:
        deliver_messages()
    return late
