"""Beside the work of every serving process: keep its models current, and say which it has.

An idle process would notice nothing, because nobody asks it anything. So each has a thread that looks every
second and writes one row. The rows are what a promotion waits for (every process has the version ready) and
what a drill measures.
"""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from datetime import timedelta
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection
from django.utils import timezone

from modelops.models import ModelVersion, PromotionRequest
from modelops.serving.loader import ArtefactError, Loader, NoLiveModelError
from modelops.serving_models import ServingProcess

LOOK_EVERY: Final = 1.0
REPORT_EVERY: Final = 2.0
"""Seconds between two reports of a process with nothing new to say."""
STAGED: Final = 3
"""Versions that are kept ready for an approval, the newest requests first."""

PAUSE: Final = 3.0
"""Seconds until a process looks again after the database did not answer."""
SPREAD: Final = 1.0
"""Seconds over which the processes of a machine take turns to build."""

_KEEP = timedelta(hours=1)

log = structlog.get_logger(__name__)


class Attendant:
    """Keeps one loader current from a thread of its own, and reports for its process."""

    def __init__(self, loader: Loader[Any], kind: str) -> None:
        self._loader = loader
        self._row = ServingProcess(kind=kind, host=socket.gethostname()[:100], pid=os.getpid())
        self._stop = threading.Event()
        self._told: tuple[Any, ...] = ()
        self._told_at = -REPORT_EVERY

    def start(self) -> threading.Thread:
        """Begin; the thread ends with the process, or when :meth:`stop` is called."""
        thread = threading.Thread(target=self._run, name="model-attendant", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Ask the thread to end and to take its row away."""
        self._stop.set()

    def attend(self) -> None:
        """Look once: take what is live, build what may go live, report."""
        if self._loader.current is None:
            self._loader.refresh()
        self._loader.look()
        if time.monotonic() - self._told_at >= REPORT_EVERY or self._state() != self._told:
            self._stage()
            self._report()

    def _stage(self) -> None:
        """Build what may go live, not all processes of a machine at the same moment."""
        new = [version for version in staged() if version.artefact_id not in self._loader.ready]
        if new and not self._stop.wait(random.uniform(0, SPREAD)):  # noqa: S311 - turns, not secrets
            self._loader.stage(new)

    def _run(self) -> None:
        forget()
        while not self._stop.wait(LOOK_EVERY if self._told else 0):
            try:
                self.attend()
            except (DatabaseError, NoLiveModelError, ArtefactError, ValueError) as error:
                log.warning("attendant_waits", error=type(error).__name__)
                connection.close()
                self._stop.wait(PAUSE)
        ServingProcess.objects.filter(pk=self._row.pk).delete()
        connection.close()

    def _state(self) -> tuple[Any, ...]:
        fleet = self._loader.current
        return (fleet.generation if fleet else 0, tuple(self._loader.ready), tuple(self._loader.failures))

    def _report(self) -> None:
        row, journal = self._row, self._loader.journal
        self._told, self._told_at = self._state(), time.monotonic()
        row.generation, ready, _ = self._told
        row.ready, row.failed = list(ready), dict(self._loader.failures)
        row.swaps, row.last_swap_at, row.last_swap_ms = journal.swaps, journal.swapped_at, journal.swap_ms
        row.seen_at = timezone.now()
        row.save()


def staged() -> list[ModelVersion]:
    """Versions that somebody asked to promote and nobody answered yet, the newest first."""
    asked = PromotionRequest.objects.filter(closed_at=None).select_related("model").order_by("-requested_at")
    return [request.model for request in asked[:STAGED]]


def forget() -> None:
    """Drop the rows of processes that ended long ago without saying so."""
    ServingProcess.objects.filter(seen_at__lt=timezone.now() - _KEEP).delete()


def unready(digest: str) -> str:
    """Say which processes could not go live with an artefact now, or nothing. None attending, none waits."""
    rows = list(ServingProcess.objects.alive())
    failed = [row for row in rows if digest in row.failed]
    if failed:
        why = failed[0].failed[digest]
        return f"{len(failed)} of {len(rows)} processes could not load it: {why}"
    waiting = [row for row in rows if digest not in row.ready]
    if waiting:
        return (
            f"{len(rows) - len(waiting)} of {len(rows)} processes have it ready; try again in a few seconds"
        )
    return ""
