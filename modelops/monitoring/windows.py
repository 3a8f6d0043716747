"""Slices of traffic, the hourly counts of a window, and acceptance of a window as the new reference.

Loaded by the admin, so it must not import scipy as the drift tests do.
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
    """The predictions of a version under a profile, of a kind, for requests from one source."""

    model: ModelVersion
    profile: str
    kind: str
    source: str = TrafficSource.SINGLE

    @property
    def lookup(self) -> dict[str, Any]:
        """Column values that select the slice."""
        return {"model": self.model, "profile": self.profile, "kind": self.kind, "source": self.source}

    def __str__(self) -> str:
        named = f"{self.model.version}, {self.profile}, {self.kind}"
        return f"{named}, {TrafficSource.BULK.label.lower()}" if self.source == TrafficSource.BULK else named


@transaction.atomic
def accept_reference(report: DriftReport, actor: User, reason: str) -> Reference:
    """Store the traffic of a report as the new reference of its slice, and resolve the drift alert."""
    counts = sum_histograms(
        row.counts for row in list_hourly_counts(get_slice(report), report.start, report.end)
    )
    row = Reference.objects.create(
        **get_slice(report).lookup,
        origin=Reference.Origin.ACCEPTED,
        n=report.n,
        binning=report.reference.binning,
        counts=counts,
        reason=reason,
        created_by=actor,
    )
    trail.record_event("drift_reference.accepted", row, actor, report=str(report.pk), reason=reason)
    record_observation("drift", str(get_slice(report)), failing=False)
    return row


def list_hourly_counts(of: TrafficSlice, start: datetime, end: datetime) -> list[HourlyCount]:
    """Return the hourly counts of a window."""
    rows = HourlyCount.objects.filter(**of.lookup, hour__gte=start, hour__lt=end)
    return list(rows)


def get_slice(row: DriftReport | HourlyCount) -> TrafficSlice:
    """Return the slice of a report or an hourly count."""
    return TrafficSlice(row.model, row.profile, row.kind, row.source)


def find_reference(of: TrafficSlice) -> Reference | None:
    """Return the reference of a slice, or ``None`` before there is one."""
    return Reference.objects.get_newest(of.model.pk, of.profile, of.kind, of.source)
