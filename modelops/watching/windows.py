"""Whose answers are watched, the hours of a window, and taking a window as the new normal.

Light: the admin uses it, and what judges windows brings scipy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from modelops.alerting.alerts import observe
from modelops.models import ModelVersion
from modelops.watch_models import DriftReport, HourlyCount, Reference, Source
from modelops.watching.figures import added


@dataclass(frozen=True, slots=True)
class Slice:
    """Whose answers: a version's, under a profile, of a kind, to questions from one source."""

    model: ModelVersion
    profile: str
    kind: str
    source: str = Source.SINGLE

    @property
    def key(self) -> dict[str, Any]:
        """Columns that name the slice."""
        return {"model": self.model, "profile": self.profile, "kind": self.kind, "source": self.source}

    def __str__(self) -> str:
        named = f"{self.model.version}, {self.profile}, {self.kind}"
        return f"{named}, {Source.BULK.label.lower()}" if self.source == Source.BULK else named


@transaction.atomic
def accept(report: DriftReport, actor: User, reason: str) -> Reference:
    """Take the traffic of a report as the new normal of its version, and record who said why."""
    counts = added(row.counts for row in hours_of(slice_of(report), report.start, report.end))
    row = Reference.objects.create(
        **slice_of(report).key,
        origin=Reference.Origin.ACCEPTED,
        n=report.n,
        frame=report.reference.frame,
        counts=counts,
        reason=reason,
        created_by=actor,
    )
    audit.record("drift_reference.accepted", row, actor, report=str(report.pk), reason=reason)
    observe("drift", str(slice_of(report)), failing=False)
    return row


def hours_of(of: Slice, start: datetime, end: datetime) -> list[HourlyCount]:
    """The counts of a window, hour by hour."""
    rows = HourlyCount.objects.filter(**of.key, hour__gte=start, hour__lt=end)
    return list(rows)


def slice_of(row: DriftReport | HourlyCount) -> Slice:
    """Whose answers a report or a count is about."""
    return Slice(row.model, row.profile, row.kind, row.source)


def reference_of(of: Slice) -> Reference | None:
    """What a slice is compared with, if anything yet."""
    return Reference.objects.newest(of.model.pk, of.profile, of.kind, of.source)
