"""The Redis store, and what to do without it.

Everything kept there can be lost: limits, cached scores, the number of the live generation. A store that
does not answer is left alone for a second, so that a hanging server costs one request its patience, not
every one.
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
"""Seconds to wait for a connection or an answer."""

_COOLDOWN_SECONDS = 1.0
"""Seconds to leave the store alone after a failure."""


class RedisUnavailableError(Exception):
    """The store does not answer; the caller goes on without it."""


class CircuitBreaker:
    """Remembers that the store did not answer."""

    def __init__(self) -> None:
        self._down_until = 0.0

    def trip(self) -> None:
        """Leave the store alone for a while."""
        self._down_until = time.monotonic() + _COOLDOWN_SECONDS

    def reset(self) -> None:
        """Let the next call ask the store again."""
        self._down_until = 0.0

    @property
    def is_open(self) -> bool:
        """Say whether the store is being left alone."""
        return time.monotonic() < self._down_until


breaker = CircuitBreaker()


_RETRY_ONCE = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
"""A connection closed meanwhile is opened again at once; a server that is silent is not asked twice."""

_thread_local = threading.local()


def _get_client(url: str) -> redis.Redis:
    """Return this thread's own connection: one of a pool has to be taken, looked at and given back each time.

    A process that was forked does not speak on its parent's.
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


def call_redis(work: Callable[[redis.Redis], T]) -> T:
    """Run ``work`` with the store.

    Raises :class:`StoreDownError` if it does not answer or did not just now.
    """
    if breaker.is_open:
        raise RedisUnavailableError
    try:
        return work(_get_client(settings.CACHES["default"]["LOCATION"]))
    except redis.RedisError as error:
        breaker.trip()
        raise RedisUnavailableError from error
