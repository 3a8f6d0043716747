"""What this process worked out a moment ago, worked out by one thread however many ask at once.

Kept values follow from their keys alone, so a recalled one cannot be wrong; it lives in the memory of the
process, like the names that the engine keeps read, and is never written anywhere.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

_WAIT_SECONDS = 0.25
"""Seconds to wait for whoever is working a value out; then it is worked out again."""


class LocalCache(Generic[V]):
    """Up to ``most`` values, the least recently used forgotten first."""

    def __init__(self, most: int) -> None:
        self._max_entries = most
        self._entries: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._in_progress: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def get_or_compute(self, key: Hashable, work: Callable[[], V], life: float) -> tuple[V, bool]:
        """Return the value of a key, and whether it was there or somebody else was at it.

        Nothing older than ``life`` seconds is returned. Raises what ``work`` raises, and keeps nothing then.
        """
        found, others = self._find_or_claim(key, life)
        if others is not None and others.wait(_WAIT_SECONDS):
            with self._lock:
                found = self._find_fresh(key, life)
        if found is not None:
            return found[0], True
        try:
            value = work()
            self._save(key, value)
        finally:
            if others is None:
                self._release(key)
        return value, False

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def _find_or_claim(self, key: Hashable, life: float) -> tuple[tuple[V] | None, threading.Event | None]:
        """Find the value, or who is at it; take the work when nobody is."""
        with self._lock:
            found = self._find_fresh(key, life)
            others = None if found else self._in_progress.get(key)
            if found is None and others is None:
                self._in_progress[key] = threading.Event()
        return found, others

    def _find_fresh(self, key: Hashable, life: float) -> tuple[V] | None:
        kept = self._entries.get(key)
        if kept is None or time.monotonic() - kept[0] >= life:
            return None
        self._entries.move_to_end(key)
        return (kept[1],)

    def _save(self, key: Hashable, value: V) -> None:
        with self._lock:
            self._entries[key] = (time.monotonic(), value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._max_entries:
                self._entries.popitem(last=False)

    def _release(self, key: Hashable) -> None:
        """Let those who wait look again."""
        with self._lock:
            done = self._in_progress.pop(key, None)
        if done:
            done.set()
