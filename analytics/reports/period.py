"""The period and the filters of a report. Days are days of UTC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_day
from accounts.language.sentences import Text
from accounts.numbers import fill

MAX_DAYS = 1_100
"""Longest period of a report."""

_DAY = timedelta(days=1)


class PeriodError(ValueError):
    """The period cannot be reported; the message says why."""


@dataclass(frozen=True)
class ReportPeriod:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise PeriodError(gettext("The period ends before it begins."))
        if self.length > MAX_DAYS:
            raise PeriodError(fill(gettext("A report covers {number:,} days at most."), number=MAX_DAYS))

    @property
    def length(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last, time.min, UTC) + _DAY

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + timedelta(days=at) for at in range(self.length)]

    @property
    def previous(self) -> ReportPeriod:
        """The period of the same length right before."""
        return ReportPeriod(self.first - timedelta(days=self.length), self.first - _DAY)

    def __str__(self) -> str:
        return gettext("{first} to {last} (UTC)").format(
            first=format_day(self.first), last=format_day(self.last)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the period as the API states it."""
        return {"first": self.first.isoformat(), "last": self.last.isoformat(), "time_zone": "UTC"}


@dataclass(frozen=True)
class ReportFilter:
    """What a report is restricted to; an empty part restricts nothing."""

    profile: str = ""
    kind: str = ""
    source: str = ""
    client: UUID | None = None


EVERYTHING = ReportFilter()
"""The filter that restricts nothing."""


def _build_last_days(count: int) -> Callable[[date], ReportPeriod]:
    return lambda today: ReportPeriod(today - timedelta(days=count - 1), today)


def _build_this_month(today: date) -> ReportPeriod:
    return ReportPeriod(today.replace(day=1), today)


def _build_last_month(today: date) -> ReportPeriod:
    last = today.replace(day=1) - _DAY
    return ReportPeriod(last.replace(day=1), last)


DEFAULT_PRESET = "28"
PRESETS: dict[str, tuple[Text, Callable[[date], ReportPeriod]]] = {
    "1": (gettext_lazy("Today"), _build_last_days(1)),
    "7": (gettext_lazy("Last 7 days"), _build_last_days(7)),
    "28": (gettext_lazy("Last 28 days"), _build_last_days(28)),
    "90": (gettext_lazy("Last 90 days"), _build_last_days(90)),
    "365": (gettext_lazy("Last 365 days"), _build_last_days(365)),
    "month": (gettext_lazy("This month"), _build_this_month),
    "last-month": (gettext_lazy("Last month"), _build_last_month),
}
"""Title and period of each preset by its id."""


def build_period(preset: str, first: date | None, last: date | None, today: date) -> ReportPeriod:
    """Return the period of two days, or of a preset where no day is named; today is part of every preset.

    A missing first day is the last one, a missing last day is today. Raises :class:`PeriodError`.
    """
    if first is None and last is None:
        return PRESETS[preset][1](today)
    end = last or today
    return ReportPeriod(first or end, end)
