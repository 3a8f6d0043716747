"""How gunicorn serves the project: `gunicorn --config python:config.process.gunicorn config.wsgi`."""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path

from gunicorn.workers.base import Worker
from prometheus_client import multiprocess

from config.logging import configure_logging

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '5001'}"
workers = int(os.environ.get("WEB_WORKERS") or "2")
threads = int(os.environ.get("WEB_THREADS") or "4")
worker_class = "gthread"
timeout = 30
graceful_timeout = 20
keepalive = 5
limit_request_line = 4094
# Heartbeats in memory: on a slow disk they would stall a worker and have it killed.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
logconfig_dict = configure_logging(os.environ.get("LOG_LEVEL") or "INFO")

# New objects until they are looked through, and how often that is done before older ones are, too. By
# Python's numbers (700, 10, 10) all that a process recalls is walked every thousand requests, and each walk
# stalls whoever asks just then for tens of milliseconds.
_GC_THRESHOLDS = (2_000, 5, 100)

# Seconds a thread computes before another one may go on. Python's number (0.005) is longer than a comparison
# takes, and each of the four answers a request waits for could cost that much again.
_SWITCH_INTERVAL_SECONDS = 0.001


def post_worker_init(_worker: Worker) -> None:
    """Load the live models before the first request, and keep them current. Only now is Django ready."""
    import_module("config.process.model_refresh").start("web")
    # What is loaded now lives as long as the process; collections that walked it would stall requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)


def worker_exit(_server: object, _worker: Worker) -> None:
    """Say that this process serves no more."""
    import_module("config.process.model_refresh").end()


def child_exit(_server: object, worker: Worker) -> None:
    """Keep the counters of a worker that ended, drop its gauges."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
