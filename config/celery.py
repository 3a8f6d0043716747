"""The Celery application; tasks live in each app's tasks.py."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_process_shutdown

from config.process.watchdog import HeartbeatCheckStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("legal_name_comparison")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(HeartbeatCheckStep)


@worker_process_init.connect
def start_refresher(**_: Any) -> None:
    """Load the live models in a worker process and keep them current.

    The module is imported here because Django is not ready before.
    """
    import_module("config.process.model_refresh").start("worker")


@worker_process_shutdown.connect
def stop_refresher(**_: Any) -> None:
    """Remove this process from the list of serving processes."""
    import_module("config.process.model_refresh").end()
