"""Numbers of the review queue over a period: inflow, outflow, turnaround, and a forecast of the backlog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
)
from django.db.models.functions import Extract, TruncDate
from django.utils.translation import gettext

from accounts.numbers import fill
from analytics.reports.period import ReportPeriod
from feedback.models import ReviewItem
from matching.models import ReviewStream

PACE_WINDOW = timedelta(days=28)
"""Period whose pace the forecast extends."""


@dataclass(frozen=True)
class Turnaround:
    """Items closed in a period: seconds from creation to decision, and how many were closed in time."""

    closed: int = 0
    in_time: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None

    @property
    def in_time_share(self) -> float | None:
        """Share closed before its due time, in [0, 1]; ``None`` without a closed item."""
        return self.in_time / self.closed if self.closed else None


@dataclass(frozen=True)
class Backlog:
    """Open items now, and what came and went a day over :data:`PACE_WINDOW`."""

    open: int
    overdue: int
    oldest_at: datetime | None
    inflow: float
    outflow: float

    @property
    def days_left(self) -> float | None:
        """Days until the queue is empty at this pace; ``None`` while it does not shrink."""
        shrinks_by = self.outflow - self.inflow
        return self.open / shrinks_by if shrinks_by > 0 else None

    @property
    def forecast(self) -> str:
        """The forecast as a sentence."""
        if not self.open:
            return gettext("The queue is empty.")
        pace = fill(
            gettext("{inflow:.1f} new and {outflow:.1f} closed a day in the last {days} days"),
            inflow=self.inflow,
            outflow=self.outflow,
            days=PACE_WINDOW.days,
        )
        if self.days_left is not None:
            return fill(
                gettext("Empty in about {days:,} days: {pace}."),
                days=max(1, round(self.days_left)),
                pace=pace,
            )
        if self.inflow == self.outflow:
            return gettext("It stays as it is: {pace}.").format(pace=pace)
        return fill(
            gettext("It grows by {growth:.1f} a day: {pace}."), growth=self.inflow - self.outflow, pace=pace
        )


def measure_turnaround(period: ReportPeriod) -> Turnaround:
    """Return the turnaround of the items closed in a period; gold items are left out."""
    rows = _select_items().filter(done_at__gte=period.start, done_at__lt=period.end)
    values = rows.aggregate(
        closed=Count("pk"),
        in_time=Count("pk", filter=Q(done_at__lte=F("due_at"))),
        median_seconds=_build_percentile(0.5),
        p90_seconds=_build_percentile(0.9),
    )
    return Turnaround(**values)


def measure_backlog(now: datetime) -> Backlog:
    """Return the open items and the pace; gold items are left out."""
    items, since = _select_items(), now - PACE_WINDOW
    waiting = items.filter(done_at=None)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    counts = waiting.aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)))
    days = PACE_WINDOW.days
    return Backlog(
        **counts,
        oldest_at=oldest,
        inflow=items.filter(created_at__gte=since).count() / days,
        outflow=items.filter(done_at__gte=since).count() / days,
    )


def count_flow(period: ReportPeriod) -> tuple[dict[date, int], dict[date, int]]:
    """Return the items created and the items closed on each day of a period."""
    return _count_by_day("created_at", period), _count_by_day("done_at", period)


def count_ages(now: datetime) -> dict[str, int]:
    """Return the open items by age."""
    days: list[tuple[str, int, int]] = [
        (gettext("under 1 day"), 0, 1),
        (gettext("1 to 3 days"), 1, 3),
        (gettext("3 to 7 days"), 3, 7),
        (gettext("over 7 days"), 7, 36_500),
    ]  # fmt: skip
    conditions: dict[str, Any] = {
        f"from_{low}": Count(
            "pk",
            filter=Q(created_at__lte=now - timedelta(days=low), created_at__gt=now - timedelta(days=high)),
        )
        for _, low, high in days
    }
    counts = _select_items().filter(done_at=None).aggregate(**conditions)
    return {name: counts[f"from_{low}"] for name, low, _ in days}


def _select_items() -> QuerySet[ReviewItem]:
    return ReviewItem.objects.exclude(stream=ReviewStream.GOLD).order_by()


def _count_by_day(column: str, period: ReportPeriod) -> dict[date, int]:
    bounds = {f"{column}__gte": period.start, f"{column}__lt": period.end}
    rows = _select_items().filter(**bounds).annotate(day=TruncDate(column, tzinfo=UTC)).values_list("day")
    counts = dict(rows.annotate(n=Count("pk")))
    return {day: counts.get(day, 0) for day in period.days}


def _build_percentile(share: float) -> Aggregate:
    """Return the percentile of the seconds from creation to decision, over the rows of a query."""
    waited = ExpressionWrapper(F("done_at") - F("created_at"), output_field=DurationField())
    return _Percentile(Extract(waited, "epoch"), share=share, output_field=FloatField())


class _Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
