"""Counts, windows and drift reports of the live versions. What the figures mean is not known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import audit
from modelops.alerting.alerts import observe
from modelops.watch_models import DriftReport, HourlyCount, Reference
from modelops.watching import drift
from modelops.watching.drift import FEWEST, LOOKED_AT, Shift
from modelops.watching.figures import Counts, Frame, Sample, added, counted, frame_of
from modelops.watching.limits import limit
from modelops.watching.windows import Slice, hours_of, reference_of

HOUR = timedelta(hours=1)
Span = DriftReport.Span

_LONGEST = timedelta(days=7)
"""A window is filled by so many hours at most; what is older says nothing about now."""

_PLOTTED = 8


@transaction.atomic
def freeze(of: Slice, sample: Sample, origin: str) -> Reference:
    """Keep how a sample's figures are distributed as what later traffic is compared with."""
    frame = frame_of(sample)
    counts = counted(sample, frame)
    row = Reference.objects.create(**of.key, origin=origin, n=sample.n, frame=frame.to_dict(), counts=counts)
    audit.record("drift_reference.frozen", row, None, version=str(of.model), origin=origin, n=sample.n)
    return row


def keep_hour(of: Slice, hour: datetime, n: int, counts: Counts, reference: Reference) -> HourlyCount:
    """Store the histograms of one hour; keeping others replaces them."""
    values = {"reference": reference, "n": n, "counts": counts}
    row, _ = HourlyCount.objects.update_or_create(**of.key, hour=hour, defaults=values)
    return row


Reviewed = Callable[[Slice, datetime, datetime], tuple[int, int]]
"""Says how many answers of a slice and time were reviewed, and how many of those were wrong."""


def report_hours(of: Slice, until: datetime, reviewed: Reviewed) -> DriftReport | None:
    """Judge the hours since the last report, once they hold enough answers; ``None`` before."""
    last = _reports(of, Span.HOUR).first()
    start = max(until - _LONGEST, last.end if last else until - _LONGEST)
    return _report(of, Span.HOUR, start, until, reviewed)


def report_day(of: Slice, until: datetime, reviewed: Reviewed) -> DriftReport | None:
    """Judge the 24 hours before ``until``; ``None`` when they hold too few answers."""
    return _report(of, Span.DAY, until - timedelta(days=1), until, reviewed)


def _report(of: Slice, span: str, start: datetime, end: datetime, reviewed: Reviewed) -> DriftReport | None:
    reference = reference_of(of)
    hours = hours_of(of, start, end)
    n = sum(row.n for row in hours)
    if reference is None or n < FEWEST:
        return None
    counts = added(row.counts for row in hours)
    shifts = drift.shifts(reference.counts, counts, limit("drift"))
    seen = [shift.figure for shift in shifts if shift.seen]
    believed = sorted(drift.believed([*_earlier(of, span, end, reference), seen]))
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
        "plots": _plots(shifts, reference, counts),
        "moved": drift.moved(reference.counts["verdict"], counts["verdict"]) if seen else 0,
        "reviewed": looked_at,
        "wrong": wrong,
    }
    return _stored(of, span, end, values)


@transaction.atomic
def _stored(of: Slice, span: str, end: datetime, values: dict[str, Any]) -> DriftReport:
    """Store the report, and say whether it drifted, once a window."""
    report, new = DriftReport.objects.update_or_create(**of.key, span=span, end=end, defaults=values)
    if new:
        figures = ", ".join(report.believed[:5])
        what = f"{figures}: PSI up to {report.worst:.2f} among {report.n:,} answers. {report.sentence}"
        observe("drift", str(of), failing=report.drifted, what=what)
    return report


def _plots(shifts: Sequence[Shift], reference: Reference, counts: Counts) -> list[dict[str, Any]]:
    """Counts of the figures that moved furthest, and always of the verdicts."""
    frame = Frame.from_dict(reference.frame)
    names = [shift.figure for shift in shifts[:_PLOTTED]]
    shown = names if "verdict" in names or "verdict" not in counts else [*names, "verdict"]
    return [
        {
            "figure": name,
            "bins": frame.bins(name),
            "reference": reference.counts[name],
            "current": counts[name],
        }
        for name in shown
    ]


def _earlier(of: Slice, span: str, end: datetime, reference: Reference) -> list[list[str]]:
    """Figures seen in the windows before this one beside the same reference, oldest first."""
    rows = _reports(of, span).filter(end__lt=end, reference=reference)[: LOOKED_AT - 1]
    return [list(row.seen) for row in reversed(rows)]


def _reports(of: Slice, span: str) -> Any:
    return DriftReport.objects.filter(**of.key, span=span).order_by("-end")
