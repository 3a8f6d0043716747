"""Whose answers are watched, the hours of a window, and taking a window as the new normal.

Light: the admin uses it, and what judges windows brings scipy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.audit import trail
from accounts.models import User
from modelops.alerting.alerts import record_observation
from modelops.models import DriftReport, HourlyCount, ModelVersion, Reference, TrafficSource
from modelops.monitoring.histograms import sum_histograms


@dataclass(frozen=True, slots=True)
class TrafficSlice:
    """Whose answers: a version's, under a profile, of a kind, to questions from one source."""

    model: ModelVersion
    profile: str
    kind: str
    source: str = TrafficSource.SINGLE

    @property
    def lookup(self) -> dict[str, Any]:
        """Columns that name the slice."""
        return {"model": self.model, "profile": self.profile, "kind": self.kind, "source": self.source}

    def __str__(self) -> str:
        named = f"{self.model.version}, {self.profile}, {self.kind}"
        return f"{named}, {TrafficSource.BULK.label.lower()}" if self.source == TrafficSource.BULK else named


@transaction.atomic
def accept_reference(report: DriftReport, actor: User, reason: str) -> Reference:
    """Take the traffic of a report as the new normal of its version, and record who said why."""
    counts = sum_histograms(
        row.counts for row in list_hourly_counts(get_slice(report), report.start, report.end)
    )
    row = Reference.objects.create(
        **get_slice(report).lookup,
        origin=Reference.Origin.ACCEPTED,
        n=report.n,
        frame=report.reference.frame,
        counts=counts,
        reason=reason,
        created_by=actor,
    )
    trail.record_event("drift_reference.accepted", row, actor, report=str(report.pk), reason=reason)
    record_observation("drift", str(get_slice(report)), failing=False)
    return row


def list_hourly_counts(of: TrafficSlice, start: datetime, end: datetime) -> list[HourlyCount]:
    """The counts of a window, hour by hour."""
    rows = HourlyCount.objects.filter(**of.lookup, hour__gte=start, hour__lt=end)
    return list(rows)


def get_slice(row: DriftReport | HourlyCount) -> TrafficSlice:
    """Whose answers a report or a count is about."""
    return TrafficSlice(row.model, row.profile, row.kind, row.source)


def find_reference(of: TrafficSlice) -> Reference | None:
    """What a slice is compared with, if anything yet."""
    return Reference.objects.get_newest(of.model.pk, of.profile, of.kind, of.source)
