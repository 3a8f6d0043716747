"""Heartbeats of scheduler, monitor and sealer, and alerts when one is silent.

The check does not depend on the components it checks: a timer in every worker runs it without the scheduler,
and ``/heartbeats`` runs it without a worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import AuditEvent
from modelops.alerting.alerts import record_observation
from modelops.models import Deployment, Heartbeat, JobRun, RunStatus

SCHEDULER_HEARTBEAT = "beat"
MONITOR_JOB = "monitor hourly"


@dataclass(frozen=True, slots=True)
class MonitoredComponent:
    """A background component: since when it has been silent, and how long it may be."""

    name: str
    silent_since: datetime | None
    max_silence: timedelta

    def is_late(self, now: datetime) -> bool:
        """Say whether it has been silent for too long."""
        return self.silent_since is not None and now - self.silent_since > self.max_silence

    def describe_silence(self, now: datetime) -> str:
        """Return in words how long it has been silent."""
        if self.silent_since is None:
            return "running"
        minutes = max(0, int((now - self.silent_since).total_seconds() // 60))
        return f"last heartbeat {minutes} minutes ago"


def record_scheduler_heartbeat() -> Heartbeat:
    """Store the time at which a worker ran a task of the scheduler."""
    row, _ = Heartbeat.objects.update_or_create(name=SCHEDULER_HEARTBEAT, defaults={"at": timezone.now()})
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
    return [*components, MonitoredComponent("sealer", _read_oldest_unsealed(), timedelta(minutes=10))]


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
