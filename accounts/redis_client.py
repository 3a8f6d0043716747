"""Calls to Redis, with a circuit breaker for outages.

All data in Redis can be lost: rate limits, the number of the live generation. After a failure
no call is made for a second, so that only one request waits for a server that does not respond.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")

_TIMEOUT_SECONDS = 0.25
"""Seconds to wait for a connection or a reply."""

_COOLDOWN_SECONDS = 1.0
"""Seconds without calls after a failure."""


class RedisUnavailableError(Exception):
    """Redis does not respond; the caller continues without it."""


class CircuitBreaker:
    """Blocks calls for a while after a failure."""

    def __init__(self) -> None:
        self._down_until = 0.0

    def trip(self) -> None:
        """Block calls for ``_COOLDOWN_SECONDS``."""
        self._down_until = time.monotonic() + _COOLDOWN_SECONDS

    def reset(self) -> None:
        """Allow the next call."""
        self._down_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are blocked."""
        return time.monotonic() < self._down_until


breaker = CircuitBreaker()


_RETRY_ONCE = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
"""Reopens a closed connection once; a time-out is not retried."""

_thread_local = threading.local()


def _get_client(url: str) -> redis.Redis:
    """Return the connection of this thread, which avoids the overhead of a connection pool.

    A forked process opens its own and does not use that of its parent.
    """
    key = (url, os.getpid())
    if getattr(_thread_local, "key", None) != key:
        _thread_local.client = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            single_connection_client=True,
            retry=_RETRY_ONCE,
        )
        _thread_local.key = key
    client: redis.Redis = _thread_local.client
    return client


def call_redis(function: Callable[[redis.Redis], T]) -> T:
    """Return the result of ``function``, called with the client.

    Raises :class:`RedisUnavailableError` if Redis does not respond or calls are blocked.
    """
    if breaker.is_open:
        raise RedisUnavailableError
    try:
        return function(_get_client(settings.CACHES["default"]["LOCATION"]))
    except redis.RedisError as error:
        breaker.trip()
        raise RedisUnavailableError from error
