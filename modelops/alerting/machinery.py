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
from modelops.alert_models import Heartbeat
from modelops.alerting.alerts import observe
from modelops.models import Deployment, JobRun, RunStatus

BEAT = "beat"
MONITOR_JOB = "monitor hourly"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the machinery: since when it has been silent, and for how long it may be."""

    name: str
    silent_since: datetime | None
    patience: timedelta

    def is_late(self, now: datetime) -> bool:
        """Say whether it has been silent for too long."""
        return self.silent_since is not None and now - self.silent_since > self.patience

    def described(self, now: datetime) -> str:
        """How long it has been silent, in words."""
        if self.silent_since is None:
            return "at work"
        minutes = max(0, int((now - self.silent_since).total_seconds() // 60))
        return f"last sign of life {minutes} minutes ago"


def note_beat() -> Heartbeat:
    """Keep that the scheduler has asked for work and a worker has done it, now."""
    row, _ = Heartbeat.objects.update_or_create(name=BEAT, defaults={"at": timezone.now()})
    return row


def parts() -> list[Part]:
    """Return how each part stands. An installation where nothing was ever made live has none to miss."""
    began = Deployment.objects.aggregate(first=Min("at"))["first"]
    sources: dict[str, tuple[Callable[[], datetime | None], timedelta]] = {
        "beat": (_last_beat, timedelta(minutes=5)),
        "monitor": (_last_monitor, timedelta(hours=2, minutes=15)),
    }
    found = [Part(name, began and (last() or began), patience) for name, (last, patience) in sources.items()]
    return [*found, Part("sealer", _oldest_unsealed(), timedelta(minutes=10))]


def check(now: datetime | None = None) -> list[Part]:
    """Raise or clear the dead-man alerts; return the parts that are late."""
    moment = now or timezone.now()
    late = []
    for part in parts():
        failing = part.is_late(moment)
        observe(f"{part.name}_silent", "", failing, f"The {part.name}: {part.described(moment)}.")
        late += [part] if failing else []
    return late


def _last_beat() -> datetime | None:
    return Heartbeat.objects.filter(name=BEAT).values_list("at", flat=True).first()


def _last_monitor() -> datetime | None:
    done = JobRun.objects.filter(name=MONITOR_JOB, status=RunStatus.SUCCEEDED)
    newest: datetime | None = done.aggregate(last=Max("finished_at"))["last"]
    return newest


def _oldest_unsealed() -> datetime | None:
    return AuditEvent.objects.filter(seal=None).order_by("id").values_list("at", flat=True).first()
