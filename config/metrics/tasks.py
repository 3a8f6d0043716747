"""What every Celery message carries beside its task, and what is counted of every task.

A message carries the request that caused it, so the log lines of both have one id, and the time it was sent,
from which the age of a queue is read.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun
from prometheus_client import Counter, Summary

TASKS = Counter("lnc_tasks_total", "Tasks done, by how they ended.", ["task", "state"])
TASK_SECONDS = Summary("lnc_task_seconds", "Time a task took.", ["task"])

_started: dict[str, float] = {}
"""Start of the tasks that this process executes, by id, on the clock of ``time.perf_counter``."""


@before_task_publish.connect
def add_headers(headers: dict[str, Any], **_: Any) -> None:
    """Add the id of the current request, if there is one, and the time."""
    headers["sent_at"] = time.time()
    headers["request_id"] = structlog.contextvars.get_contextvars().get("request_id")


@task_prerun.connect
def begin_task(task_id: str, task: Any, **_: Any) -> None:
    """Bind the ids of task and request to every log line of the task."""
    _started[task_id] = time.perf_counter()
    request_id = getattr(task.request, "request_id", None) or task_id
    structlog.contextvars.bind_contextvars(request_id=request_id, task_id=task_id, task=task.name)


@task_postrun.connect
def end_task(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    """Count the task; forget its ids."""
    structlog.contextvars.unbind_contextvars("request_id", "task_id", "task", "trace_id")
    TASKS.labels(task.name, state or "UNKNOWN").inc()
    TASK_SECONDS.labels(task.name).observe(time.perf_counter() - _started.pop(task_id, time.perf_counter()))
