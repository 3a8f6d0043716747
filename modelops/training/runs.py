"""Training runs: queued, running with heartbeats, ended. A run whose process died is marked as failed.

One run at a time holds an advisory lock, which PostgreSQL releases when the process dies. The heartbeat
separates a machine lost with its connection half open from a run that is only slow.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from modelops.models import RunStatus, TrainingRun

TRAINING_LOCK_ID = 0x6C6E63_03
"""Advisory lock of the one training run under way."""
HEARTBEAT_SECONDS = 10.0
"""Seconds between two heartbeats."""
HEARTBEAT_TIMEOUT = timedelta(minutes=2)
"""A run without a heartbeat for this long is dead, even if its lock is held."""

_MAX_LOG_LINES = 400
_TERMINATE_HOLDERS_SQL = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32) | objid::bigint = %s
"""


class TrainingBusyError(Exception):
    """Another training run is queued or running; there is one at a time."""


class RunEndedError(Exception):
    """The run was cancelled, or marked as dead, before it finished."""


@transaction.atomic
def queue_run(trigger: str, actor: User | None, parameters: Mapping[str, Any]) -> TrainingRun:
    """Queue a run for a worker. Raises :class:`TrainingBusyError` while one is queued or running."""
    _lock_queue()
    if TrainingRun.objects.unfinished().exists():
        raise TrainingBusyError(gettext("a training run is running or queued; see Training"))
    run = TrainingRun.objects.create(trigger=trigger, requested_by=actor, parameters=dict(parameters))
    trail.record_event("training.requested", run, actor, trigger=trigger)
    return run


@transaction.atomic
def cancel_run(run: TrainingRun, actor: User, reason: str) -> TrainingRun:
    """End a queued or running run; its process stops at the next step.

    Raises :class:`RunEndedError` if it has ended.
    """
    if not _end_run(run, RunStatus.CANCELLED, "cancelled"):
        raise RunEndedError(gettext("this run has ended already"))
    trail.record_event("training.cancelled", run, actor, reason=reason)
    run.refresh_from_db()
    return run


@contextmanager
def hold_training_lock() -> Iterator[None]:
    """Hold the training lock, and fail what a killed run left open. Raises :class:`TrainingBusyError`."""
    if not _try_lock():
        raise TrainingBusyError(gettext("a training run is under way"))
    try:
        TrainingRun.objects.running().update(**_build_end_fields(RunStatus.FAILED, "interrupted"))
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TRAINING_LOCK_ID])


@contextmanager
def track_run(run: TrainingRun, readable: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Mark the run as running and send heartbeats; an error fails it and is raised again.

    The message is stored only for ``readable`` errors, which quote no name; for others, the type.
    """
    now = timezone.now()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.RUNNING, started_at=now, heartbeat_at=now, error="", finished_at=None
    )
    run.refresh_from_db()
    stop = threading.Event()
    heartbeat = threading.Thread(
        target=_send_heartbeats, args=(run.pk, stop), name="training-heartbeat", daemon=True
    )
    heartbeat.start()
    try:
        yield
    except Exception as error:
        _end_run(run, RunStatus.FAILED, str(error) if isinstance(error, readable) else type(error).__name__)
        raise
    finally:
        stop.set()
        heartbeat.join()
        run.refresh_from_db()


def report_progress(run: TrainingRun, message: str, stage: str = "", progress: int | None = None) -> None:
    """Store the progress of a run. Raises :class:`RunEndedError` if it was ended meanwhile."""
    now = timezone.now()
    run.step, run.stage = message[:200], stage or run.stage
    run.progress = run.progress if progress is None else progress
    run.log = [*run.log, [now.isoformat(timespec="seconds"), message]][-_MAX_LOG_LINES:]
    changed = {"step": run.step, "stage": run.stage, "progress": run.progress, "log": run.log}
    if not TrainingRun.objects.running().filter(pk=run.pk).update(heartbeat_at=now, **changed):
        raise RunEndedError(gettext("the run was ended while it worked"))


def fail_dead_runs(now: datetime | None = None) -> int:
    """Fail runs whose process is gone; return their number. A live run is left alone."""
    moment = now or timezone.now()
    silent = TrainingRun.objects.running().filter(heartbeat_at__lt=moment - HEARTBEAT_TIMEOUT)
    if silent.exists():
        with connection.cursor() as cursor:
            cursor.execute(_TERMINATE_HOLDERS_SQL, [TRAINING_LOCK_ID])
        return silent.update(**_build_end_fields(RunStatus.FAILED, "no heartbeat: its machine was lost"))
    if not TrainingRun.objects.running().exists() or not _try_lock():
        return 0
    try:
        return TrainingRun.objects.running().update(**_build_end_fields(RunStatus.FAILED, "interrupted"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [TRAINING_LOCK_ID])


def _send_heartbeats(run_id: UUID, stop: threading.Event) -> None:
    """Update the heartbeat until stopped; the thread opens its own database connection."""
    try:
        while not stop.wait(HEARTBEAT_SECONDS):
            TrainingRun.objects.running().filter(pk=run_id).update(heartbeat_at=timezone.now())
    finally:
        connection.close()


def _end_run(run: TrainingRun, status: str, error: str) -> bool:
    return bool(TrainingRun.objects.unfinished().filter(pk=run.pk).update(**_build_end_fields(status, error)))


def _build_end_fields(status: str, error: str) -> dict[str, Any]:
    return {"status": status, "error": error, "finished_at": timezone.now()}


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [TRAINING_LOCK_ID])
        return bool(cursor.fetchone()[0])


def _lock_queue() -> None:
    """Serialise concurrent attempts to queue a run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TRAINING_LOCK_ID + 0x100])
