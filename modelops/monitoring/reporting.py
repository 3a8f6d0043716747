"""Counts, windows and drift reports of the live versions. What the figures mean is not known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.audit import trail
from modelops.alerting.alerts import record_observation
from modelops.models import DriftReport, HourlyCount, Reference
from modelops.monitoring import drift
from modelops.monitoring.drift import MIN_OBSERVATIONS, RECENT_WINDOWS, DistributionShift
from modelops.monitoring.histograms import (
    FigureSample,
    HistogramBinning,
    HistogramCounts,
    build_binning,
    count_histograms,
    sum_histograms,
)
from modelops.monitoring.thresholds import get_threshold
from modelops.monitoring.windows import TrafficSlice, find_reference, list_hourly_counts

HOUR = timedelta(hours=1)
Span = DriftReport.Span

_MAX_WINDOW = timedelta(days=7)
"""A window is filled by so many hours at most; what is older says nothing about now."""

_MAX_PLOTS = 8


@transaction.atomic
def store_reference(of: TrafficSlice, sample: FigureSample, origin: str) -> Reference:
    """Keep how a sample's figures are distributed as what later traffic is compared with."""
    frame = build_binning(sample)
    counts = count_histograms(sample, frame)
    row = Reference.objects.create(
        **of.lookup, origin=origin, n=sample.n, frame=frame.to_dict(), counts=counts
    )
    trail.record_event("drift_reference.frozen", row, None, version=str(of.model), origin=origin, n=sample.n)
    return row


def store_hourly_count(
    of: TrafficSlice, hour: datetime, n: int, counts: HistogramCounts, reference: Reference
) -> HourlyCount:
    """Store the histograms of one hour; keeping others replaces them."""
    values = {"reference": reference, "n": n, "counts": counts}
    row, _ = HourlyCount.objects.update_or_create(**of.lookup, hour=hour, defaults=values)
    return row


ReviewCounter = Callable[[TrafficSlice, datetime, datetime], tuple[int, int]]
"""Says how many answers of a slice and time were reviewed, and how many of those were wrong."""


def report_hours(of: TrafficSlice, until: datetime, reviewed: ReviewCounter) -> DriftReport | None:
    """Judge the hours since the last report, once they hold enough answers; ``None`` before."""
    last = _query_reports(of, Span.HOUR).first()
    start = max(until - _MAX_WINDOW, last.end if last else until - _MAX_WINDOW)
    return _create_report(of, Span.HOUR, start, until, reviewed)


def report_day(of: TrafficSlice, until: datetime, reviewed: ReviewCounter) -> DriftReport | None:
    """Judge the 24 hours before ``until``; ``None`` when they hold too few answers."""
    return _create_report(of, Span.DAY, until - timedelta(days=1), until, reviewed)


def _create_report(
    of: TrafficSlice, span: str, start: datetime, end: datetime, reviewed: ReviewCounter
) -> DriftReport | None:
    reference = find_reference(of)
    hours = list_hourly_counts(of, start, end)
    n = sum(row.n for row in hours)
    if reference is None or n < MIN_OBSERVATIONS:
        return None
    counts = sum_histograms(row.counts for row in hours)
    shifts = drift.compute_shifts(reference.counts, counts, get_threshold("drift"))
    seen = [shift.figure for shift in shifts if shift.seen]
    believed = sorted(drift.find_persistent_shifts([*_list_earlier_shifts(of, span, end, reference), seen]))
    first = min(row.hour for row in hours)
    looked_at, wrong = reviewed(of, first, end) if seen else (0, 0)
    values = {
        "start": first,
        "reference": reference,
        "n": n,
        "worst": max((shift.psi for shift in shifts), default=0.0),
        "seen": seen,
        "believed": believed,
        "drifted": bool(believed),
        "shifts": [shift.to_dict() for shift in shifts],
        "plots": _build_plots(shifts, reference, counts),
        "moved": drift.count_moved(reference.counts["verdict"], counts["verdict"]) if seen else 0,
        "reviewed": looked_at,
        "wrong": wrong,
    }
    return _store_report(of, span, end, values)


@transaction.atomic
def _store_report(of: TrafficSlice, span: str, end: datetime, values: dict[str, Any]) -> DriftReport:
    """Store the report, and say whether it drifted, once a window."""
    report, new = DriftReport.objects.update_or_create(**of.lookup, span=span, end=end, defaults=values)
    if new:
        figures = ", ".join(report.believed[:5])
        what = f"{figures}: PSI up to {report.worst:.2f} among {report.n:,} answers. {report.summary}"
        record_observation("drift", str(of), failing=report.drifted, what=what)
    return report


def _build_plots(
    shifts: Sequence[DistributionShift], reference: Reference, counts: HistogramCounts
) -> list[dict[str, Any]]:
    """Counts of the figures that moved furthest, and always of the verdicts."""
    frame = HistogramBinning.from_dict(reference.frame)
    names = [shift.figure for shift in shifts[:_MAX_PLOTS]]
    shown = names if "verdict" in names or "verdict" not in counts else [*names, "verdict"]
    return [
        {
            "figure": name,
            "bins": frame.list_bin_labels(name),
            "reference": reference.counts[name],
            "current": counts[name],
        }
        for name in shown
    ]


def _list_earlier_shifts(of: TrafficSlice, span: str, end: datetime, reference: Reference) -> list[list[str]]:
    """Figures seen in the windows before this one beside the same reference, oldest first."""
    rows = _query_reports(of, span).filter(end__lt=end, reference=reference)[: RECENT_WINDOWS - 1]
    return [list(row.seen) for row in reversed(rows)]


def _query_reports(of: TrafficSlice, span: str) -> Any:
    return DriftReport.objects.filter(**of.lookup, span=span).order_by("-end")
