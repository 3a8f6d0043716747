"""Dates and times as screens, letters and files show them: one format, with the zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.utils.formats import date_format


def format_day(day: date) -> str:
    """Return a day, for example "28 Nov 2026"; in German "28.11.2026"."""
    return date_format(day, "DATE_FORMAT")


def format_moment(at: datetime | None) -> str:
    """Return a moment in UTC, for example "28 Nov 2026, 14:40 UTC"; "-" without one."""
    if at is None:
        return "-"
    moment = at.astimezone(UTC)
    return f"{format_day(moment.date())}, {moment:%H:%M} UTC"
