"""Is the machinery at work? Signs of life of scheduler, monitor and sealer, and alerts when one is silent.

Asked from outside of what is watched: by a timer of every worker (beat is not needed for it) and by
``/heartbeats`` (no worker is needed for it).
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
    """A part of the machinery: since when it has been silent, and for how long it may be."""

    name: str
    silent_since: datetime | None
    max_silence: timedelta

    def is_late(self, now: datetime) -> bool:
        """Say whether it has been silent for too long."""
        return self.silent_since is not None and now - self.silent_since > self.max_silence

    def describe_silence(self, now: datetime) -> str:
        """How long it has been silent, in words."""
        if self.silent_since is None:
            return "at work"
        minutes = max(0, int((now - self.silent_since).total_seconds() // 60))
        return f"last sign of life {minutes} minutes ago"


def record_scheduler_heartbeat() -> Heartbeat:
    """Keep that the scheduler has asked for work and a worker has done it, now."""
    row, _ = Heartbeat.objects.update_or_create(name=SCHEDULER_HEARTBEAT, defaults={"at": timezone.now()})
    return row


def list_components() -> list[MonitoredComponent]:
    """Return how each part stands. An installation where nothing was ever made live has none to miss."""
    began = Deployment.objects.aggregate(first=Min("at"))["first"]
    sources: dict[str, tuple[Callable[[], datetime | None], timedelta]] = {
        "beat": (_read_last_heartbeat, timedelta(minutes=5)),
        "monitor": (_read_last_monitor_run, timedelta(hours=2, minutes=15)),
    }
    found = [
        MonitoredComponent(name, began and (last() or began), patience)
        for name, (last, patience) in sources.items()
    ]
    return [*found, MonitoredComponent("sealer", _read_oldest_unsealed(), timedelta(minutes=10))]


def check_components(now: datetime | None = None) -> list[MonitoredComponent]:
    """Raise or clear the dead-man alerts; return the parts that are late."""
    moment = now or timezone.now()
    late = []
    for part in list_components():
        failing = part.is_late(moment)
        record_observation(
            f"{part.name}_silent", "", failing, f"The {part.name}: {part.describe_silence(moment)}."
        )
        late += [part] if failing else []
    return late


def _read_last_heartbeat() -> datetime | None:
    return Heartbeat.objects.filter(name=SCHEDULER_HEARTBEAT).values_list("at", flat=True).first()


def _read_last_monitor_run() -> datetime | None:
    done = JobRun.objects.filter(name=MONITOR_JOB, status=RunStatus.SUCCEEDED)
    newest: datetime | None = done.aggregate(last=Max("finished_at"))["last"]
    return newest


def _read_oldest_unsealed() -> datetime | None:
    return AuditEvent.objects.filter(seal=None).order_by("id").values_list("at", flat=True).first()
