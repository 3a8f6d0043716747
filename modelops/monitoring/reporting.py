"""Hourly counts and drift reports of live versions, on figures whose meaning is not known here."""

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
"""Longest window of an hourly report; older traffic says nothing about now."""

_MAX_PLOTS = 8


@transaction.atomic
def store_reference(of: TrafficSlice, sample: FigureSample, origin: str) -> Reference:
    """Store the histograms of a sample as the reference of later traffic."""
    binning = build_binning(sample)
    counts = count_histograms(sample, binning)
    row = Reference.objects.create(
        **of.lookup, origin=origin, n=sample.n, binning=binning.to_dict(), counts=counts
    )
    trail.record_event("drift_reference.frozen", row, None, version=str(of.model), origin=origin, n=sample.n)
    return row


def store_hourly_count(
    of: TrafficSlice, hour: datetime, n: int, counts: HistogramCounts, reference: Reference
) -> HourlyCount:
    """Store the histograms of one hour; a second call replaces them."""
    values = {"reference": reference, "n": n, "counts": counts}
    row, _ = HourlyCount.objects.update_or_create(**of.lookup, hour=hour, defaults=values)
    return row


ReviewCounter = Callable[[TrafficSlice, datetime, datetime], tuple[int, int]]
"""Returns how many predictions of a slice and period were reviewed, and how many of those were wrong."""


def report_hours(of: TrafficSlice, until: datetime, count_reviews: ReviewCounter) -> DriftReport | None:
    """Report on the hours since the last report once they hold enough predictions, else ``None``."""
    last = _query_reports(of, Span.HOUR).first()
    start = max(until - _MAX_WINDOW, last.end if last else until - _MAX_WINDOW)
    return _create_report(of, Span.HOUR, start, until, count_reviews)


def report_day(of: TrafficSlice, until: datetime, count_reviews: ReviewCounter) -> DriftReport | None:
    """Report on the 24 hours before ``until``; ``None`` when they hold too few predictions."""
    return _create_report(of, Span.DAY, until - timedelta(days=1), until, count_reviews)


def _create_report(
    of: TrafficSlice, span: str, start: datetime, end: datetime, count_reviews: ReviewCounter
) -> DriftReport | None:
    reference = find_reference(of)
    hours = list_hourly_counts(of, start, end)
    n = sum(row.n for row in hours)
    if reference is None or n < MIN_OBSERVATIONS:
        return None
    counts = sum_histograms(row.counts for row in hours)
    shifts = drift.compute_shifts(reference.counts, counts, get_threshold("drift"))
    shifted = [shift.figure for shift in shifts if shift.is_significant]
    earlier = _list_earlier_shifts(of, span, end, reference)
    persistent = sorted(drift.find_persistent_shifts([*earlier, shifted]))
    first = min(row.hour for row in hours)
    reviewed, wrong = count_reviews(of, first, end) if shifted else (0, 0)
    values = {
        "start": first,
        "reference": reference,
        "n": n,
        "largest_psi": max((shift.psi for shift in shifts), default=0.0),
        "shifted_figures": shifted,
        "persistent_figures": persistent,
        "drifted": bool(persistent),
        "shifts": [shift.to_dict() for shift in shifts],
        "plots": _build_plots(shifts, reference, counts),
        "changed_verdicts": drift.count_changed_verdicts(reference.counts["verdict"], counts["verdict"])
        if shifted
        else 0,
        "reviewed": reviewed,
        "wrong": wrong,
    }
    return _store_report(of, span, end, values)


@transaction.atomic
def _store_report(of: TrafficSlice, span: str, end: datetime, values: dict[str, Any]) -> DriftReport:
    """Store a report; a new one also updates the drift alert."""
    report, new = DriftReport.objects.update_or_create(**of.lookup, span=span, end=end, defaults=values)
    if new:
        figures = "; ".join(report.persistent_figures[:5])
        what = (
            f"{figures}: PSI up to {report.largest_psi:.2f} among {report.n:,} predictions. {report.summary}"
        )
        record_observation("drift", str(of), failing=report.drifted, what=what)
    return report


def _build_plots(
    shifts: Sequence[DistributionShift], reference: Reference, counts: HistogramCounts
) -> list[dict[str, Any]]:
    """Return the counts of the figures with the largest shift, and always of the verdicts."""
    binning = HistogramBinning.from_dict(reference.binning)
    names = [shift.figure for shift in shifts[:_MAX_PLOTS]]
    shown = names if "verdict" in names or "verdict" not in counts else [*names, "verdict"]
    return [
        {
            "figure": name,
            "bins": binning.list_bin_labels(name),
            "reference": reference.counts[name],
            "current": counts[name],
        }
        for name in shown
    ]


def _list_earlier_shifts(of: TrafficSlice, span: str, end: datetime, reference: Reference) -> list[list[str]]:
    """Return the shifted figures of the preceding windows with the same reference, oldest first."""
    rows = _query_reports(of, span).filter(end__lt=end, reference=reference)[: RECENT_WINDOWS - 1]
    return [list(row.shifted_figures) for row in reversed(rows)]


def _query_reports(of: TrafficSlice, span: str) -> Any:
    return DriftReport.objects.filter(**of.lookup, span=span).order_by("-end")
