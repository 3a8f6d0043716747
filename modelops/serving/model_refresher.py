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

from modelops.models import ModelVersion, PromotionRequest, ServingProcess
from modelops.serving.loader import ArtefactVerificationError, ModelLoader, NoLiveModelError

REFRESH_INTERVAL_SECONDS: Final = 1.0
REPORT_INTERVAL_SECONDS: Final = 2.0
"""Seconds between two reports of a process with nothing new to say."""
MAX_PRELOADED_VERSIONS: Final = 3
"""Versions that are kept ready for an approval, the newest requests first."""

RETRY_SECONDS: Final = 3.0
"""Seconds until a process looks again after the database did not answer."""
MAX_JITTER_SECONDS: Final = 1.0
"""Seconds over which the processes of a machine take turns to build."""

_PROCESS_RETENTION = timedelta(hours=1)

log = structlog.get_logger(__name__)


class ModelRefresher:
    """Keeps one loader current from a thread of its own, and reports for its process."""

    def __init__(self, loader: ModelLoader[Any], kind: str) -> None:
        self._loader = loader
        self._row = ServingProcess(kind=kind, host=socket.gethostname()[:100], pid=os.getpid())
        self._stop = threading.Event()
        self._reported_state: tuple[Any, ...] = ()
        self._reported_at = -REPORT_INTERVAL_SECONDS

    def start(self) -> threading.Thread:
        """Begin; the thread ends with the process, or when :meth:`stop` is called."""
        thread = threading.Thread(target=self._run, name="model-attendant", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Ask the thread to end and to take its row away."""
        self._stop.set()

    def refresh_once(self) -> None:
        """Look once: take what is live, build what may go live, report."""
        if self._loader.current is None:
            self._loader.refresh()
        self._loader.swap_if_outdated()
        if (
            time.monotonic() - self._reported_at >= REPORT_INTERVAL_SECONDS
            or self._get_state() != self._reported_state
        ):
            self._preload_requested()
            self._save_report()

    def _preload_requested(self) -> None:
        """Build what may go live, not all processes of a machine at the same moment."""
        new = [
            version
            for version in list_requested_versions()
            if version.artefact_id not in self._loader.ready_digests
        ]
        if new and not self._stop.wait(random.uniform(0, MAX_JITTER_SECONDS)):  # noqa: S311 - turns, not secrets
            self._loader.preload(new)

    def _run(self) -> None:
        delete_stale_processes()
        while not self._stop.wait(REFRESH_INTERVAL_SECONDS if self._reported_state else 0):
            try:
                self.refresh_once()
            except (DatabaseError, NoLiveModelError, ArtefactVerificationError, ValueError) as error:
                log.warning("attendant_waits", error=type(error).__name__)
                connection.close()
                self._stop.wait(RETRY_SECONDS)
        ServingProcess.objects.filter(pk=self._row.pk).delete()
        connection.close()

    def _get_state(self) -> tuple[Any, ...]:
        fleet = self._loader.current
        return (
            fleet.generation if fleet else 0,
            tuple(self._loader.ready_digests),
            tuple(self._loader.failures_by_digest),
        )

    def _save_report(self) -> None:
        row, journal = self._row, self._loader.swap_statistics
        self._reported_state, self._reported_at = self._get_state(), time.monotonic()
        row.generation, ready, _ = self._reported_state
        row.ready, row.failed = list(ready), dict(self._loader.failures_by_digest)
        row.swaps, row.last_swap_at, row.last_swap_ms = (
            journal.swap_count,
            journal.last_swap_at,
            journal.last_swap_ms,
        )
        row.seen_at = timezone.now()
        row.save()


def list_requested_versions() -> list[ModelVersion]:
    """Versions that somebody asked to promote and nobody answered yet, the newest first."""
    asked = PromotionRequest.objects.filter(closed_at=None).select_related("model").order_by("-requested_at")
    return [request.model for request in asked[:MAX_PRELOADED_VERSIONS]]


def delete_stale_processes() -> None:
    """Drop the rows of processes that ended long ago without saying so."""
    ServingProcess.objects.filter(seen_at__lt=timezone.now() - _PROCESS_RETENTION).delete()


def describe_unready_processes(digest: str) -> str:
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
