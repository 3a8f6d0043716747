"""The health checks of containers: a program that is alive says so, one that is stuck is found."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.signals import after_task_publish

from config import celery
from config.process import health
from config.process.watchdog import LifeStep


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_a_program_is_alive_until_it_has_been_silent_for_its_limit(program: str, home: Path) -> None:
    assert health.check_life(program, time.time()) == f"{program} has not given a sign of life yet."
    health.record_life(program)
    now = (home / f"{program}.alive").stat().st_mtime
    limit = health.SILENCE_SECONDS[program]
    assert health.check_life(program, now + limit) == ""
    assert health.main([program]) == 0
    assert health.check_life(program, now + limit + 1).endswith(f"no sign of life for {limit + 1} s.")
    os.utime(home / f"{program}.alive", (0, 0))
    assert health.main([program]) == 1


def test_a_program_that_does_not_exist_is_not_alive(capsys: pytest.CaptureFixture[str]) -> None:
    assert health.main(["database"]) == 1
    assert "name web, worker or beat" in capsys.readouterr().err


def test_a_web_program_that_does_not_answer_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    assert health.main(["web"]) == 1
    assert health.check_answer().startswith("web does not answer on port 1")


def test_a_full_disk_does_not_end_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "/dev/null")
    health.record_life("worker")
    assert health.check_life("worker", time.time()) != ""


class Timer:
    """What a worker calls back every few seconds."""

    def call_repeatedly(self, seconds: float, function: Any, arguments: tuple[Any, ...]) -> "Timer":
        assert seconds < health.SILENCE_SECONDS["worker"]
        function(*arguments)
        return self

    def cancel(self) -> None:
        self.is_cancelled = True


def test_the_loop_of_a_worker_shows_that_it_turns() -> None:
    assert LifeStep in celery.app.steps["worker"]
    worker = SimpleNamespace(timer=Timer())
    step = LifeStep(worker)
    step.start(worker)
    assert health.main(["worker"]) == 0
    step.stop(worker)
    assert worker.timer.is_cancelled


def test_every_message_of_beat_shows_that_it_is_alive(home: Path) -> None:
    celery.start_beat()
    try:
        os.utime(home / "beat.alive", (0, 0))
        after_task_publish.send(sender="accounts.tasks.seal_audit_trail")
        assert health.main(["beat"]) == 0
    finally:
        after_task_publish.disconnect(celery._record_beat)
