"""A thread of every serving process that keeps its models current and reports which it has loaded.

Without it an idle process, which receives no request, would never notice a promotion. The thread checks every
second and writes one row per process. A promotion waits until the rows say that every process has the version
ready, and a drill measures when they follow.
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
from prometheus_client import Gauge

from modelops.models import ModelVersion, PromotionRequest, ServingProcess
from modelops.serving.loader import ArtefactVerificationError, ModelLoader, NoLiveModelError

REFRESH_INTERVAL_SECONDS: Final = 1.0
REPORT_INTERVAL_SECONDS: Final = 2.0
"""Seconds between two reports of a process whose state is unchanged."""
MAX_PRELOADED_VERSIONS: Final = 3
"""Versions with an open promotion request that are kept ready, newest requests first."""

RETRY_SECONDS: Final = 3.0
"""Seconds until the next check after an error."""
MAX_JITTER_SECONDS: Final = 1.0
"""Largest random delay in seconds before a build, so that processes do not all build at once."""

_PROCESS_RETENTION = timedelta(hours=1)

log = structlog.get_logger(__name__)

PROCESS_GENERATION = Gauge(
    "lnc_process_generation",
    "Generation of the models that a process serves.",
    ["role"],
    multiprocess_mode="liveall",
)


class ModelRefresher:
    """Keeps one loader current from its own thread, and reports the state of the process."""

    def __init__(self, loader: ModelLoader[Any], kind: str) -> None:
        self._loader = loader
        self._row = ServingProcess(kind=kind, host=socket.gethostname()[:100], pid=os.getpid())
        self._stop = threading.Event()
        self._reported_state: tuple[Any, ...] = ()
        self._reported_at = -REPORT_INTERVAL_SECONDS

    def start(self) -> threading.Thread:
        """Start the thread; it ends with the process or after :meth:`stop`."""
        thread = threading.Thread(target=self._run, name="model-refresher", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Signal the thread to end and to delete its row."""
        self._stop.set()

    def refresh_once(self) -> None:
        """Load what is live, preload requested versions and report, once."""
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
        """Build requested versions after a random delay."""
        new = [
            version
            for version in list_requested_versions()
            if version.artefact_id not in self._loader.ready_digests
        ]
        if new and not self._stop.wait(random.uniform(0, MAX_JITTER_SECONDS)):  # noqa: S311 - a delay, not a secret
            self._loader.preload(new)

    def _run(self) -> None:
        delete_stale_processes()
        while not self._stop.wait(REFRESH_INTERVAL_SECONDS if self._reported_state else 0):
            try:
                self.refresh_once()
            except (DatabaseError, NoLiveModelError, ArtefactVerificationError, ValueError) as error:
                log.warning("refresher_waits", error=type(error).__name__)
                connection.close()
                self._stop.wait(RETRY_SECONDS)
        ServingProcess.objects.filter(pk=self._row.pk).delete()
        connection.close()

    def _get_state(self) -> tuple[Any, ...]:
        live_models = self._loader.current
        return (
            live_models.generation if live_models else 0,
            tuple(self._loader.ready_digests),
            tuple(self._loader.failures_by_digest),
        )

    def _save_report(self) -> None:
        row, statistics = self._row, self._loader.swap_statistics
        self._reported_state, self._reported_at = self._get_state(), time.monotonic()
        row.generation, ready, _ = self._reported_state
        PROCESS_GENERATION.labels(row.kind).set(row.generation)
        row.ready, row.failed = list(ready), dict(self._loader.failures_by_digest)
        row.swaps, row.last_swap_at, row.last_swap_ms = (
            statistics.swap_count,
            statistics.last_swap_at,
            statistics.last_swap_ms,
        )
        row.seen_at = timezone.now()
        row.save()


def list_requested_versions() -> list[ModelVersion]:
    """Return the versions of open promotion requests, newest first."""
    requests = PromotionRequest.objects.filter(closed_at=None).select_related("model")
    newest = requests.order_by("-requested_at")
    return [request.model for request in newest[:MAX_PRELOADED_VERSIONS]]


def delete_stale_processes() -> None:
    """Delete the rows of processes that ended without deleting them."""
    ServingProcess.objects.filter(seen_at__lt=timezone.now() - _PROCESS_RETENTION).delete()


def describe_unready_processes(digest: str) -> str:
    """Say why processes cannot serve an artefact yet; ``""`` when all can, or none reports itself."""
    rows = list(ServingProcess.objects.alive())
    failed = [row for row in rows if digest in row.failed]
    if failed:
        error = failed[0].failed[digest]
        return f"{len(failed)} of {len(rows)} processes could not load it: {error}"
    waiting = [row for row in rows if digest not in row.ready]
    if waiting:
        return (
            f"{len(rows) - len(waiting)} of {len(rows)} processes have it ready; try again in a few seconds"
        )
    return ""
