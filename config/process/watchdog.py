"""A timer in every worker that checks the heartbeats of the other components; it needs no scheduler."""

from __future__ import annotations

import threading
from typing import Any

from celery import bootsteps
from django.db import connection

CHECK_INTERVAL_SECONDS = 60.0


class HeartbeatCheckStep(bootsteps.StartStopStep):
    """Runs ``report_silent_components`` every minute in a thread of the worker's main process."""

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


def check_in_thread(app: Any) -> threading.Thread:
    """Run the check in a thread, so that an unresponsive database does not block the worker."""
    thread = threading.Thread(target=_run_check, args=(app,), name="dead-man", daemon=True)
    thread.start()
    return thread


def _run_check(app: Any) -> None:
    try:
        app.tasks["modelops.tasks.report_silent_components"].apply()
    finally:
        connection.close()
