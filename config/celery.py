"""The Celery application; tasks live in each app's tasks.py."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_init,
    task_failure,
    task_success,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)
from django.conf import settings

from config.metrics import folder
from config.process import health
from config.process.beat import Beat
from config.process.watchdog import HeartbeatCheckStep, LifeStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if "celery" in Path(sys.argv[0]).parts[-2:]:  # the program celery, or python -m celery
    os.environ.setdefault("PROCESS_ROLE", "beat" if "beat" in sys.argv else "worker")
    folder.prepare()

app = Celery("legal_name_comparison")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].update((HeartbeatCheckStep, LifeStep))
app.Beat = app.subclass_with_self(Beat)  # type: ignore[misc]  # a cached property, not a read-only one
import_module("config.metrics.tasks")  # its metrics, after the folder of metrics is known


@worker_init.connect
@beat_init.connect
def show_metrics(**_: Any) -> None:
    """Serve the metrics of this program, before it forks, on ``METRICS_PORT``."""
    import_module("config.metrics.processes").register_process(os.environ["PROCESS_ROLE"])
    import_module("config.metrics.server").start_server()


@worker_process_init.connect
def start_refresher(**_: Any) -> None:
    """Load the live models in a worker process and keep them current.

    The module is imported here because Django is not ready before.
    """
    _start_tracing()
    import_module("config.metrics.processes").register_process("worker")
    import_module("config.process.model_refresh").start("worker")


@beat_init.connect
def start_beat(**_: Any) -> None:
    """Trace the messages that beat sends, and show by each that it is alive."""
    _start_tracing()
    health.record_life("beat")
    after_task_publish.connect(_record_beat, weak=False)


@worker_process_shutdown.connect
def stop_refresher(**_: Any) -> None:
    """Remove this process from the list of serving processes."""
    import_module("config.process.model_refresh").end()


@task_success.connect
def record_success(sender: Any, **_: Any) -> None:
    """Note that a scheduled task succeeded."""
    _record_outcome(sender.name, None)


@task_failure.connect
def record_failure(sender: Any, exception: Exception, **_: Any) -> None:
    """Note that a scheduled task failed; an alert is raised when it keeps failing."""
    _record_outcome(sender.name, exception)


def _record_beat(**_: Any) -> None:
    health.record_life("beat")


def _start_tracing() -> None:
    if settings.TRACING:
        import_module("config.process.tracing").start(os.environ["PROCESS_ROLE"])


def _record_outcome(name: str, error: Exception | None) -> None:
    if any(entry["task"] == name for entry in app.conf.beat_schedule.values()):
        import_module("modelops.alerting.machine_checks").record_task_outcome(name, error)
