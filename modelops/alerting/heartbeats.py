"""Heartbeats of scheduler, monitor and the audit trail's tasks, and alerts when one is silent or off.

The check does not depend on the components it checks: a timer in every worker runs it without the scheduler,
and ``/heartbeats`` runs it without a worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.timesince import timesince
from django_celery_beat.models import PeriodicTask

from accounts.audit import anchor, forwarding
from accounts.models import AuditEvent
from modelops.alerting.alerts import record_observation
from modelops.models import Deployment, Heartbeat, JobRun, RunStatus

SCHEDULER_HEARTBEAT = "beat"
BACKUP = "backup"
MONITOR_JOB = "monitor hourly"
SEAL_TASK = "accounts.tasks.seal_audit_trail"
ANCHOR_TASK = "accounts.tasks.anchor_audit_trail"
FORWARD_TASK = "accounts.tasks.forward_audit_trail"


@dataclass(frozen=True, slots=True)
class MonitoredComponent:
    """A background component: since when it has been silent, how long it may be, and how that is said."""

    name: str
    silent_since: datetime | None
    max_silence: timedelta
    wording: str = "last heartbeat {duration} ago"

    def is_late(self, now: datetime) -> bool:
        """Say whether it has been silent for too long."""
        return self.silent_since is not None and now - self.silent_since > self.max_silence

    def describe_silence(self, now: datetime) -> str:
        """Return in words how long it has been silent."""
        if self.silent_since is None:
            return "running"
        duration = timesince(self.silent_since, now).replace("\N{NO-BREAK SPACE}", " ")
        return self.wording.format(duration=duration)


def record_scheduler_heartbeat() -> Heartbeat:
    """Store the time at which a worker ran a task of the scheduler."""
    row, _ = Heartbeat.objects.update_or_create(name=SCHEDULER_HEARTBEAT, defaults={"at": timezone.now()})
    return row


def record_backup() -> Heartbeat:
    """Store the time at which a backup was completed, for the alert on its age."""
    row, _ = Heartbeat.objects.update_or_create(name=BACKUP, defaults={"at": timezone.now()})
    return row


def list_components() -> list[MonitoredComponent]:
    """Return the components with their silence.

    Scheduler and monitor count from the first deployment: before it, no component is late.
    """
    began = Deployment.objects.aggregate(first=Min("at"))["first"]
    sources: dict[str, tuple[Callable[[], datetime | None], timedelta]] = {
        "beat": (_read_last_heartbeat, timedelta(minutes=5)),
        "monitor": (_read_last_monitor_run, timedelta(hours=2, minutes=15)),
    }
    components = [
        MonitoredComponent(name, began and (read_last() or began), max_silence)
        for name, (read_last, max_silence) in sources.items()
    ]
    return [
        *components,
        MonitoredComponent("sealer", _read_oldest_unsealed(), timedelta(minutes=10)),
        MonitoredComponent(
            "anchor",
            _read_oldest_unanchored(),
            timedelta(hours=2, minutes=15),
            "events have not been anchored for {duration}",
        ),
        MonitoredComponent(
            "audit_forwarding",
            forwarding.find_oldest_unsent(),
            timedelta(minutes=15),
            "events have not been accepted for {duration}",
        ),
        MonitoredComponent(
            "audit_schedule", _read_schedule_off_since(), timedelta(), "a task of the audit trail is off"
        ),
    ]


def check_components(now: datetime | None = None) -> list[MonitoredComponent]:
    """Raise or resolve the alert of each component; return those that are late."""
    moment = now or timezone.now()
    late = []
    for component in list_components():
        failing = component.is_late(moment)
        record_observation(
            f"{component.name}_silent",
            "",
            failing,
            f"The {component.name}: {component.describe_silence(moment)}.",
        )
        late += [component] if failing else []
    return late


def _read_last_heartbeat() -> datetime | None:
    return Heartbeat.objects.filter(name=SCHEDULER_HEARTBEAT).values_list("at", flat=True).first()


def _read_last_monitor_run() -> datetime | None:
    done = JobRun.objects.filter(name=MONITOR_JOB, status=RunStatus.SUCCEEDED)
    newest: datetime | None = done.aggregate(last=Max("finished_at"))["last"]
    return newest


def _read_oldest_unsealed() -> datetime | None:
    return AuditEvent.objects.filter(seal=None).order_by("id").values_list("at", flat=True).first()


def _read_oldest_unanchored() -> datetime | None:
    """Return since when the target that lacks most has lacked a sealed event."""
    times = [at for target in anchor.list_targets() if (at := anchor.find_oldest_unanchored(target))]
    return min(times, default=None)


def _read_schedule_off_since() -> datetime | None:
    """Return since when a task of the audit trail has been off or removed; ``None`` while all run.

    Before the scheduler has run for the first time there is no schedule to be off.
    """
    tasks = {SEAL_TASK, ANCHOR_TASK} | ({FORWARD_TASK} if settings.AUDIT_FORWARD_URL else set())
    endless = Q(expires=None) | Q(expires__gt=timezone.now())
    rows = PeriodicTask.objects.filter(endless, task__in=tasks, enabled=True, one_off=False)
    if tasks <= set(rows.values_list("task", flat=True)):
        return None
    changed: datetime | None = PeriodicTask.objects.aggregate(last=Max("date_changed"))["last"]
    return changed if _read_last_heartbeat() else None
