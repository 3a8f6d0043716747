"""Counts of HTTP answers per minute, kept in Redis for an hour: all, and those that were server errors."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from functools import partial

import redis

from accounts.redis_client import RedisUnavailableError, call_redis

_KEY_PREFIX = "lnc:answers"
_NAMES = ("all", "failed")
_KEPT_SECONDS = 3600
_FLUSH_SECONDS = 5.0
"""Seconds for which a process collects counts; a server error is written at once."""


class AnswerCounter:
    """Counts the answers of one process. Without Redis the counts are lost: an outage has its own alerts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._flushed_at = 0.0

    def count(self, status: int) -> None:
        """Count one answer by its HTTP status."""
        with self._lock:
            self._counts["all"] += 1
            self._counts["failed"] += status >= 500
            if status < 500 and time.monotonic() - self._flushed_at < _FLUSH_SECONDS:
                return
            counts, self._counts, self._flushed_at = self._counts, Counter(), time.monotonic()
        with suppress(RedisUnavailableError):
            call_redis(partial(_add_counts, counts, time.time()))


def read_counts(now: datetime, minutes: int) -> tuple[int, int]:
    """Return the number of all answers and of server errors of the last minutes, this one included.

    Raises :class:`~accounts.redis_client.RedisUnavailableError`.
    """
    keys = [_build_key(name, now.timestamp() - 60 * ago) for name in _NAMES for ago in range(minutes)]
    counts = [int(value or 0) for value in call_redis(lambda client: client.mget(keys))]
    return sum(counts[:minutes]), sum(counts[minutes:])


def _build_key(name: str, timestamp: float) -> str:
    return f"{_KEY_PREFIX}:{name}:{int(timestamp // 60)}"


def _add_counts(counts: Counter[str], timestamp: float, client: redis.Redis) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for name in _NAMES:
            key = _build_key(name, timestamp)
            pipeline.incrby(key, counts[name])
            pipeline.expire(key, _KEPT_SECONDS)
        pipeline.execute()
