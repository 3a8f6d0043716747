"""Configuration of gunicorn: `gunicorn --config python:config.process.gunicorn config.wsgi`."""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path

from gunicorn.workers.base import Worker

from config.local.embedded import get_home_folder
from config.logging import configure_logging
from config.metrics import folder
from config.process import shutdown

folder.prepare()
os.environ.setdefault("PROCESS_ROLE", "web")
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '5001'}"
workers = int(os.environ.get("WEB_WORKERS") or "2")
threads = int(os.environ.get("WEB_THREADS") or "4")
worker_class = "config.process.web_worker.BufferingWorker"
timeout = 30
graceful_timeout = 20
keepalive = 5
control_socket = str(get_home_folder() / "gunicorn.ctl")  # for gunicornc; mode 0600
limit_request_line = 4094
# Worker heartbeats in memory: a slow disk would delay them and gunicorn would kill the worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
logconfig_dict = configure_logging(os.environ.get("LOG_LEVEL") or "INFO")

# Allocations that trigger a collection of the youngest generation, and collections of one generation that
# trigger the next. With Python's defaults (700, 10, 10) the whole in-process cache is traversed about every
# thousand requests, and each full collection delays concurrent requests by tens of milliseconds.
_GC_THRESHOLDS = (2_000, 5, 100)

# Seconds a thread runs before another may take the interpreter lock. Python's default (0.005) is longer than
# a comparison, and each of the four replies that a request waits for could be delayed by as much again.
_SWITCH_INTERVAL_SECONDS = 0.001


def post_worker_init(worker: Worker) -> None:
    """Load the live models before the first request and keep them current; end without losing a request.

    The module is imported here because Django is not ready before.
    """
    import_module("config.process.model_refresh").start("web")
    import_module("config.metrics.processes").register_process("web")
    shutdown.install(worker)
    gc.set_threshold(*_GC_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)


def worker_exit(_server: object, _worker: Worker) -> None:
    """Remove this process from the list of serving processes."""
    import_module("config.process.model_refresh").end()
