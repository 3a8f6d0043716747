"""A timer in every worker that asks whether the machinery is at work; it needs no scheduler."""

from __future__ import annotations

import threading
from typing import Any

from celery import bootsteps
from django.db import connection

EVERY = 60.0


class DeadMan(bootsteps.StartStopStep):
    """Runs ``check_machinery`` every minute in a thread of the worker's main process."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker: Any, **_: Any) -> None:
        self._entry: Any = None
        super().__init__(worker)

    def start(self, worker: Any) -> None:
        """Begin to ask."""
        self._entry = worker.timer.call_repeatedly(EVERY, ask_aside, (worker.app,))

    def stop(self, _worker: Any) -> None:
        """Stop asking."""
        if self._entry is not None:
            self._entry.cancel()


def ask_aside(app: Any) -> threading.Thread:
    """Ask in a thread: a database that does not answer must not hold up the worker."""
    thread = threading.Thread(target=_ask, args=(app,), name="dead-man", daemon=True)
    thread.start()
    return thread


def _ask(app: Any) -> None:
    try:
        app.tasks["modelops.tasks.report_silent_components"].apply()
    finally:
        connection.close()
