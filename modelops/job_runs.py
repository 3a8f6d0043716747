"""Periodic work that happens once per window, however many schedulers ask for it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from modelops.models import JobRun, RunStatus

_LOCK_NAMESPACE = 0x6C6E63
"""First half of the advisory locks of periodic jobs; the name makes the other."""


def run_once(name: str, window: str, work: Callable[[], dict[str, Any]]) -> JobRun | None:
    """Run ``work`` unless this window was run or somebody is at it; return the row, or ``None``.

    Whoever works holds an advisory lock, which PostgreSQL takes back when the process dies; so a window that
    failed, or whose process was killed, is run again by the next who asks. The row keeps what ``work``
    returned. An exception marks the row failed and is raised on.
    """
    with _try_hold_lock(name) as mine:
        if not mine:
            return None
        run, _ = JobRun.objects.get_or_create(name=name, window=window)
        return None if run.status == RunStatus.SUCCEEDED else _execute_job(run, work)


def _execute_job(run: JobRun, work: Callable[[], dict[str, Any]]) -> JobRun:
    run.status, run.error, run.started_at = RunStatus.RUNNING, "", timezone.now()
    run.save(update_fields=["status", "error", "started_at"])
    try:
        run.result = work()
        run.status = RunStatus.SUCCEEDED
    except Exception as error:
        run.status, run.error = RunStatus.FAILED, type(error).__name__
        raise
    finally:
        run.finished_at = timezone.now()
        run.save(update_fields=["result", "status", "error", "finished_at"])
    return run


@contextmanager
def _try_hold_lock(name: str) -> Iterator[bool]:
    """Hold the lock of a job's name for a while, and say whether it was free."""
    key = zlib.crc32(name.encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_NAMESPACE, key])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_NAMESPACE, key])
