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
from modelops.alerts import observe
from modelops.figures import added
from modelops.models import ModelVersion
from modelops.watch_models import DriftReport, HourlyCount, Reference


@dataclass(frozen=True, slots=True)
class Slice:
    """Whose answers: a version's, under a profile, of a kind."""

    model: ModelVersion
    profile: str
    kind: str

    @property
    def key(self) -> dict[str, Any]:
        """Columns that name the slice."""
        return {"model": self.model, "profile": self.profile, "kind": self.kind}

    def __str__(self) -> str:
        return f"{self.model.version}, {self.profile}, {self.kind}"


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


def slice_of(report: DriftReport) -> Slice:
    """Whose answers a report is about."""
    return Slice(report.model, report.profile, report.kind)
