"""What is counted of a request, and the names of the counters in the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

NO_KEY = "-"
"""In the place of a key: access tokens of the account, and what it compares on pages."""


class Quota(NamedTuple):
    """Pairs that a key (``of="key"``) or an account with all of its keys may send in a month (UTC)."""

    of: str
    id: UUID
    pairs: int

    @property
    def policy(self) -> str:
        """Its name in header fields: ``key-month`` or ``account-month``."""
        return f"{self.of}-month"


class Meter(NamedTuple):
    """What a request adds to the usage of its sender, and the quotas that bound it."""

    user_id: UUID
    key_id: UUID | None
    requests: int
    pairs: int
    quotas: tuple[Quota, ...] = ()

    def list_keys(self, now: datetime) -> list[str]:
        """Return the names of its counters in the store: the day's usage, and each quota's month."""
        return [name_day(now.date()), *(name_quota(quota, now) for quota in self.quotas)]

    def list_arguments(self) -> tuple[str, int, int, str, list[int]]:
        """Return what the script is told of it."""
        field = f"{self.user_id}:{self.key_id or NO_KEY}"
        return field, self.requests, self.pairs, uuid4().hex, [quota.pairs for quota in self.quotas]


def name_day(day: date) -> str:
    """Return the name of the counters of a day."""
    return f"lnc:usage:{day:%Y-%m-%d}"


def name_quota(quota: Quota, now: datetime) -> str:
    """Return the name of the counter of a quota in the month of a moment."""
    return f"lnc:quota:{now:%Y-%m}:{quota.of}:{quota.id}"


def find_month(now: datetime) -> tuple[date, date]:
    """Return the first day of the month of a moment and of the next."""
    first = now.astimezone(UTC).date().replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def find_month_end(now: datetime) -> datetime:
    """Return when the month of a moment ends (UTC)."""
    return datetime.combine(find_month(now)[1], datetime.min.time(), UTC)


def list_stored_days(today: date) -> Sequence[date]:
    """Return the days whose counters may hold what is not stored yet, the oldest first."""
    return [today - timedelta(days=back) for back in (2, 1, 0)]
