"""Checks of the machine: disks, server errors, tasks that do not end, scheduled tasks that keep failing.

A timer in every worker's main process runs the first three each minute, so they need no free worker process.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from accounts.dates import format_moment
from accounts.redis_client import RedisUnavailableError
from modelops.alerting.alerts import record_observation
from modelops.alerting.answer_counts import read_counts

MIN_FREE_SHARE = 0.10
MIN_FREE_BYTES = 20 * 2**30
"""A disk is nearly full when less is free than this share of it and than this many bytes."""

ERROR_WINDOW_MINUTES = 5
MIN_ERRORS = 5
MAX_ERROR_SHARE = 0.05
"""Server errors are too many from this number and this share of the answers of the last minutes."""

MAX_TASK_DURATION = timedelta(hours=1)
MAX_TRAINING_DURATION = timedelta(hours=6)
_TRAINING_TASKS = ("feedback.tasks.retrain", "modelops.tasks.train")


@dataclass(frozen=True, slots=True)
class RunningTask:
    """A task that a worker process is executing."""

    name: str
    started_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        """Say whether it has run for longer than any task of its kind should."""
        limit = MAX_TRAINING_DURATION if self.name.startswith(_TRAINING_TASKS) else MAX_TASK_DURATION
        return now - self.started_at > limit


def check_disks() -> bool:
    """Observe the disks that files are written to; return whether one is nearly full."""
    nearly_full = []
    for name in ("VAR_DIR", "JOBS_DIR", "EVIDENCE_DIR"):
        if "://" in str(getattr(settings, name)):  # a bucket has no disk of this host
            continue
        folder = _find_existing(Path(getattr(settings, name)))
        usage = shutil.disk_usage(folder)
        failing = usage.free < min(MIN_FREE_SHARE * usage.total, MIN_FREE_BYTES)
        what = f"{usage.free / 2**30:.1f} GiB of {usage.total / 2**30:.1f} GiB are free."
        record_observation("disk_nearly_full", name, failing, what)
        nearly_full += [name] if failing else []
    return bool(nearly_full)


def check_error_rate(now: datetime) -> bool:
    """Observe the share of server errors; return whether it is too high. Without Redis do nothing."""
    try:
        total, failed = read_counts(now, ERROR_WINDOW_MINUTES)
    except RedisUnavailableError:
        return False
    failing = failed >= MIN_ERRORS and failed >= MAX_ERROR_SHARE * total
    what = f"{failed} of {total} answers in {ERROR_WINDOW_MINUTES} minutes were server errors."
    record_observation("error_rate_high", "", failing, what)
    return failing


def check_running_tasks(worker: str, tasks: Iterable[RunningTask], now: datetime) -> bool:
    """Observe the tasks of one worker; return whether one has run for too long."""
    overdue = [task for task in tasks if task.is_overdue(now)]
    what = ", ".join(f"{task.name} since {format_moment(task.started_at)}" for task in overdue)
    record_observation("worker_blocked", worker[:120], bool(overdue), what)
    return bool(overdue)


def record_task_outcome(name: str, error: Exception | None) -> None:
    """Observe whether a scheduled task succeeded; only the kind of its error is kept."""
    what = f"The last error: {type(error).__name__}." if error else ""
    record_observation("task_failing", name, error is not None, what)


def _find_existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists: it is made when first written to."""
    return next(place for place in (folder, *folder.parents) if place.exists())
