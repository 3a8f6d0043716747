"""A cache in the memory of one process, in which threads that need the same value compute it once.

A value follows from its key alone, so a cached value cannot be wrong; nothing of it is written to disk.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

_WAIT_SECONDS = 0.25
"""Most seconds to wait for a thread that computes the value; after that it is computed a second time."""


class LocalCache(Generic[V]):
    """Up to ``max_entries`` values; the least recently used is evicted first."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._in_progress: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def get_or_compute(
        self, key: Hashable, compute: Callable[[], V], lifetime_seconds: float
    ) -> tuple[V, bool]:
        """Return the value of a key, and whether a cache or another thread gave it.

        No value older than ``lifetime_seconds`` is returned. When ``compute`` raises, its error is
        passed on and nothing is cached.
        """
        entry, in_progress = self._find_or_claim(key, lifetime_seconds)
        if in_progress is not None and in_progress.wait(_WAIT_SECONDS):
            with self._lock:
                entry = self._find_fresh(key, lifetime_seconds)
        if entry is not None:
            return entry[0], True
        try:
            value = compute()
            self._save(key, value)
        finally:
            if in_progress is None:
                self._release(key)
        return value, False

    def clear(self) -> None:
        """Remove all values."""
        with self._lock:
            self._entries.clear()

    def _find_or_claim(
        self, key: Hashable, lifetime_seconds: float
    ) -> tuple[tuple[V] | None, threading.Event | None]:
        """Return the value or the event of the thread computing it; claim the key when there is neither."""
        with self._lock:
            entry = self._find_fresh(key, lifetime_seconds)
            in_progress = None if entry else self._in_progress.get(key)
            if entry is None and in_progress is None:
                self._in_progress[key] = threading.Event()
        return entry, in_progress

    def _find_fresh(self, key: Hashable, lifetime_seconds: float) -> tuple[V] | None:
        entry = self._entries.get(key)
        if entry is None or time.monotonic() - entry[0] >= lifetime_seconds:
            return None
        self._entries.move_to_end(key)
        return (entry[1],)

    def _save(self, key: Hashable, value: V) -> None:
        with self._lock:
            self._entries[key] = (time.monotonic(), value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def _release(self, key: Hashable) -> None:
        """Wake the threads that wait for the value."""
        with self._lock:
            event = self._in_progress.pop(key, None)
        if event:
            event.set()
