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

_PATIENCE = 0.25
"""Seconds to wait for whoever is working a value out; then it is worked out again."""


class Recall(Generic[V]):
    """Up to ``most`` values, the least recently used forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()
        self._at_work: dict[Hashable, threading.Event] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, work: Callable[[], V], life: float) -> tuple[V, bool]:
        """Return the value of a key, and whether it was there or somebody else was at it.

        Nothing older than ``life`` seconds is returned. Raises what ``work`` raises, and keeps nothing then.
        """
        found, others = self._look(key, life)
        if others is not None and others.wait(_PATIENCE):
            with self._lock:
                found = self._fresh(key, life)
        if found is not None:
            return found[0], True
        try:
            value = work()
            self._keep(key, value)
        finally:
            if others is None:
                self._land(key)
        return value, False

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _look(self, key: Hashable, life: float) -> tuple[tuple[V] | None, threading.Event | None]:
        """Find the value, or who is at it; take the work when nobody is."""
        with self._lock:
            found = self._fresh(key, life)
            others = None if found else self._at_work.get(key)
            if found is None and others is None:
                self._at_work[key] = threading.Event()
        return found, others

    def _fresh(self, key: Hashable, life: float) -> tuple[V] | None:
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept[0] >= life:
            return None
        self._kept.move_to_end(key)
        return (kept[1],)

    def _keep(self, key: Hashable, value: V) -> None:
        with self._lock:
            self._kept[key] = (time.monotonic(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def _land(self, key: Hashable) -> None:
        """Let those who wait look again."""
        with self._lock:
            done = self._at_work.pop(key, None)
        if done:
            done.set()
