"""A timer in every worker that checks components, machine and jobs, without scheduler and free process."""

from __future__ import annotations

import threading
from socket import gethostname
from typing import Any

from celery import bootsteps
from celery.worker import state
from django.db import connection

from config.process import health

CHECK_INTERVAL_SECONDS = 60.0


class HeartbeatCheckStep(bootsteps.StartStopStep):
    """Runs the checks every minute in a thread of the worker's main process."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **_: Any) -> None:
        self._entry: Any = None
        super().__init__(worker)

    def start(self, worker: Any) -> None:
        """Start the timer."""
        self._entry = worker.timer.call_repeatedly(CHECK_INTERVAL_SECONDS, check_in_thread, (worker.app,))

    def stop(self, _worker: Any) -> None:
        """Cancel the timer."""
        if self._entry is not None:
            self._entry.cancel()


class LifeStep(bootsteps.StartStopStep):
    """Shows every few seconds that the loop of the worker turns, for the health check of its container."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **_: Any) -> None:
        self._entry: Any = None
        super().__init__(worker)

    def start(self, worker: Any) -> None:
        """Start the timer."""
        seconds = health.BEAT_INTERVAL_SECONDS
        self._entry = worker.timer.call_repeatedly(seconds, health.record_life, ("worker",))

    def stop(self, _worker: Any) -> None:
        """Cancel the timer."""
        if self._entry is not None:
            self._entry.cancel()


def list_running_tasks() -> list[tuple[str, float]]:
    """Return name and start (seconds since 1970) of the tasks that the processes of this worker execute."""
    return [
        (request.name, request.time_start) for request in list(state.active_requests) if request.time_start
    ]


def check_in_thread(app: Any) -> threading.Thread:
    """Run the check in a thread, so that an unresponsive database does not block the worker."""
    thread = threading.Thread(target=_run_check, args=(app,), name="dead-man", daemon=True)
    thread.start()
    return thread


def _run_check(app: Any) -> None:
    """Run the tasks here, one after another; one that fails is logged and does not stop the others."""
    try:
        app.tasks["modelops.tasks.report_silent_components"].apply()
        app.tasks["modelops.tasks.check_machine"].apply((gethostname(), list_running_tasks()))
        app.tasks["matching.tasks.report_stalled_jobs"].apply()
    finally:
        connection.close()
