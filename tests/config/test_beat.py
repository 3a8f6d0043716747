"""Beat ends on a signal, while it begins and while it sleeps."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from threading import Timer
from typing import Any

import pytest
from celery.beat import Scheduler, Service

from config.celery import app


class BusyScheduler(Scheduler):
    """A scheduler that gets the signal while it is built, in code that swallows what a handler raises."""

    def setup_schedule(self) -> None:
        with suppress(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)

    def tick(self, *_: Any, **__: Any) -> float:
        raise AssertionError("beat goes on")


class IdleScheduler(Scheduler):
    """A scheduler with nothing to do for a minute, which gets the signal meanwhile."""

    def tick(self, *_: Any, **__: Any) -> float:
        Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return 60.0


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Give the process its handlers back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("scheduler", [BusyScheduler, IdleScheduler])
def test_a_signal_ends_the_loop(scheduler: type[Scheduler], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.signals.beat_init.receivers", [])
    service = Service(app, scheduler_cls=scheduler)
    app.Beat(app=app).install_sync_handler(service)
    closed: list[str] = []
    monkeypatch.setattr(scheduler, "close", lambda _: closed.append("once"))
    service.start()
    assert closed == ["once"]  # the schedule is saved
