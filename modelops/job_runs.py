"""Periodic jobs that run once per window, however many schedulers trigger them."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone

from modelops.models import JobRun, RunStatus

_LOCK_NAMESPACE = 0x6C6E63
"""First half of the advisory lock of a periodic job; the second is a checksum of its name."""


def run_once(name: str, window: str, work: Callable[[], dict[str, Any]]) -> JobRun | None:
    """Run ``work`` unless the window succeeded before or is running; return the row, or ``None``.

    The running process holds an advisory lock, which PostgreSQL releases when the process dies. A window that
    failed, or whose process was killed, is run again by the next call. The row stores what ``work`` returned.
    An exception marks the row as failed and is raised again.
    """
    with _try_hold_lock(name) as is_locked:
        if not is_locked:
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
    """Yield whether the lock of a job was free, and hold it meanwhile."""
    key = zlib.crc32(name.encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_NAMESPACE, key])
        is_locked = bool(cursor.fetchone()[0])
    try:
        yield is_locked
    finally:
        if is_locked:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_NAMESPACE, key])
