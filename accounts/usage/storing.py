"""Store the counters of usage: repeated after ``kill -9`` or beside another worker, it adds nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from accounts.redis_client import call_redis
from accounts.usage.counters import NO_KEY, list_stored_days, name_day

_NUMBERS = ("requests", "pairs", "refused")

_STORE_SQL = """
INSERT INTO api_usage AS stored (user_id, key_id, day, counter, requests, pairs, refused, updated_at)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
                     %s::timestamptz[])
ON CONFLICT (user_id, day, key_id, counter) DO UPDATE
SET requests = greatest(stored.requests, excluded.requests), pairs = greatest(stored.pairs, excluded.pairs),
    refused = greatest(stored.refused, excluded.refused), updated_at = excluded.updated_at
WHERE (stored.requests, stored.pairs, stored.refused)
      IS DISTINCT FROM (excluded.requests, excluded.pairs, excluded.refused)
"""
"""Counters only grow, so the larger of two counts of one memory of the store is the newer."""


def store_usage(now: datetime) -> int:
    """Store what was counted today and on the two days before; return the number of counted senders.

    Raises ``RedisUnavailableError``: what is counted stays in the store for four days.
    """
    rows = [row for day in list_stored_days(now.date()) for row in _read_day(day, now)]
    if rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_STORE_SQL, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


def _read_day(day: date, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each sender of a day, in one order, so that workers do not lock each other out."""
    raw: Mapping[Any, Any] = call_redis(lambda client: client.hgetall(name_day(day)))
    counts = {field.decode(): value.decode() for field, value in raw.items()}
    counter = counts.pop("counter", "")
    senders = sorted({field.rpartition(":")[0] for field in counts})
    for sender in senders:
        user_id, _, key_id = sender.partition(":")
        numbers = [int(counts.get(f"{sender}:{number}", 0)) for number in _NUMBERS]
        yield (user_id, None if key_id == NO_KEY else key_id, day, counter, *numbers, now)
