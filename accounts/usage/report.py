"""Usage of one account: by day and key, and what is left of its quotas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Sum

from accounts.models import ApiKey, ApiUsage, User
from accounts.usage.counters import Quota, find_month, find_month_end
from accounts.usage.quotas import count_month_pairs, list_quotas

CSV_COLUMNS = ("day", "key", "name", "requests", "pairs", "refused")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class UsageRow:
    """What one key, or access tokens and pages (``key=None``), sent on one day."""

    day: date
    key: ApiKey | None
    requests: int
    pairs: int
    refused: int


@dataclass(frozen=True)
class QuotaUse:
    """A quota and its use this month."""

    quota: Quota
    key: ApiKey | None
    used: int
    resets_at: datetime

    @property
    def remaining(self) -> int:
        """Pairs that are left."""
        return max(0, self.quota.pairs - self.used)

    @property
    def percent(self) -> int:
        """How much is used, from 0; above 100 where the quota was lowered."""
        return 100 * self.used // self.quota.pairs if self.quota.pairs else 100


def list_usage(user: User, first: date, last: date) -> list[UsageRow]:
    """Return what an account sent from the first to the last day, newest first, in two queries."""
    rows = ApiUsage.objects.filter(user=user, day__gte=first, day__lte=last)
    sums = rows.values("day", "key_id").annotate(
        requests_sum=Sum("requests"), pairs_sum=Sum("pairs"), refused_sum=Sum("refused")
    )
    keys = {key.pk: key for key in ApiKey.objects.filter(user=user)}
    return [
        UsageRow(
            row["day"],
            keys.get(row["key_id"]),
            row["requests_sum"],
            row["pairs_sum"],
            row["refused_sum"],
        )
        for row in sums.order_by("-day", "key_id")
    ]


def list_quota_uses(user: User, now: datetime) -> list[QuotaUse]:
    """Return the quotas of an account and of its usable keys, with what is used of them."""
    keys = ApiKey.objects.usable(now).filter(user=user, monthly_pairs__isnull=False)
    bound: Sequence[ApiKey | None] = [*keys, None]
    return [
        QuotaUse(quota, key, count_month_pairs(quota, now), find_month_end(now))
        for key in bound
        for quota in list_quotas(user, key)
        if (quota.of == "key") == (key is not None)
    ]


def count_month_requests(user: User, now: datetime) -> dict[UUID, int]:
    """Return the requests of this month by key."""
    first, _ = find_month(now)
    rows = ApiUsage.objects.filter(user=user, day__gte=first, key__isnull=False)
    sums = rows.values("key_id").annotate(total=Sum("requests")).order_by()
    return {row["key_id"]: row["total"] for row in sums}


def list_csv_rows(rows: Sequence[UsageRow]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of a file; a name that a spreadsheet would take for a formula has an apostrophe."""
    yield CSV_COLUMNS
    for row in rows:
        name = row.key.name if row.key else ""
        guarded = f"'{name}" if name.startswith(_FORMULA_SIGNS) else name
        prefix = row.key.prefix if row.key else ""
        yield row.day.isoformat(), prefix, guarded, row.requests, row.pairs, row.refused
