"""Work on many items in processes, with the results in order and only a few items in memory."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import TypeVar

from matching.jobs.formats.rows import FileError

T = TypeVar("T")
R = TypeVar("R")

_ITEMS_PER_PROCESS = 4
"""Items that wait or are worked on, so that no process waits for the one that deals them out."""


def map_in_order(
    function: Callable[[T], R], items: Iterable[T], processes: int, prepare: Callable[[], None]
) -> Iterator[tuple[T, R]]:
    """Yield each item with its result. A single item is worked on here, which takes less than a process.

    ``prepare`` runs once in every further process. Raises what ``function`` raises, and :class:`FileError`
    when a process was ended from outside.
    """
    rest = iter(items)
    first = list(islice(rest, 2))
    if processes == 1 or len(first) < 2:
        yield from ((item, function(item)) for item in chain(first, rest))
        return
    with ProcessPoolExecutor(processes, initializer=_begin_process, initargs=(prepare,)) as pool:
        try:
            yield from _collect(pool, function, chain(first, rest), processes * _ITEMS_PER_PROCESS)
        except BrokenProcessPool as error:
            raise FileError(
                "A process that compared rows was ended from outside, perhaps for want of memory; "
                "continue with --resume, and with fewer --processes if that was the reason."
            ) from error


def _collect(
    pool: ProcessPoolExecutor, function: Callable[[T], R], items: Iterable[T], most: int
) -> Iterator[tuple[T, R]]:
    waiting: deque[tuple[T, Future[R]]] = deque()
    for item in items:
        waiting.append((item, pool.submit(function, item)))
        if len(waiting) >= most:
            oldest, future = waiting.popleft()
            yield oldest, future.result()
    for oldest, future in waiting:
        yield oldest, future.result()


def _begin_process(prepare: Callable[[], None]) -> None:
    """Leave Ctrl-C to the parent, and end with it, also when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
