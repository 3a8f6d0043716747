"""Periodic work that happens once per window, however many schedulers ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from modelops.models import JobRun, RunStatus


def run_once(name: str, window: str, work: Callable[[], dict[str, Any]]) -> JobRun | None:
    """Run ``work`` unless this window was run or is running; return the row, or ``None`` if somebody else has
    it.

    The row keeps what ``work`` returned. An exception marks the row failed and is raised on.
    """
    try:
        with transaction.atomic():
            run = JobRun.objects.create(name=name, window=window)
    except IntegrityError:
        return None
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
