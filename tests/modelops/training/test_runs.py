"""Training runs: one at a time, heartbeats, and failure of runs whose process is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent, Role
from config.settings_test import TEST_SERVERS
from modelops.models import TrainingRun
from modelops.training import runs
from modelops.training.runs import RunEndedError, TrainingBusyError
from tests.people import person

pytestmark = pytest.mark.django_db

# A trainer that says it works and then goes on for ever, in a process of its own.
_TRAINER = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from modelops.training import runs
from modelops.models import TrainingRun
with runs.hold_training_lock():
    run = TrainingRun.objects.create(trigger="to be killed")
    with runs.track_run(run):
        runs.report_progress(run, "learning", "training", 40)
        print("working", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def trainer() -> Iterator["subprocess.Popen[str]"]:
    """A process that is training."""
    owner = {"DATABASE_URL": "", "DATABASE_OWNER_URL": TEST_SERVERS.postgres.build_url()}
    environment = {**os.environ, **owner, "VAR_DIR": str(settings.VAR_DIR)}
    database = str(connection.settings_dict["NAME"])
    command = [sys.executable, "-c", _TRAINER, database]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        yield process
        process.kill()


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_killed_is_ended_and_a_live_one_is_left_alone(
    trainer: "subprocess.Popen[str]",
) -> None:
    assert runs.fail_dead_runs() == 0
    with pytest.raises(TrainingBusyError), runs.hold_training_lock():
        raise AssertionError("two at once")
    trainer.send_signal(signal.SIGKILL)
    trainer.wait()
    deadline = time.monotonic() + 60
    while not runs.fail_dead_runs() and time.monotonic() < deadline:
        time.sleep(0.05)
    run = TrainingRun.objects.get()
    assert (run.status, run.error, run.progress, run.stage) == ("failed", "interrupted", 40, "training")
    assert run.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_machine_is_lost_gives_up_the_lock(trainer: "subprocess.Popen[str]") -> None:
    trainer.send_signal(signal.SIGSTOP)
    assert runs.fail_dead_runs(timezone.now() + timedelta(hours=1)) == 1
    trainer.send_signal(signal.SIGCONT)
    assert "no heartbeat" in TrainingRun.objects.get().error
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with runs.hold_training_lock():
                return
        except TrainingBusyError:
            time.sleep(0.05)
    pytest.fail("the lock is still held")


def test_what_a_run_says_is_kept_with_its_progress() -> None:
    run = TrainingRun.objects.create(trigger="test")
    with runs.track_run(run):
        runs.report_progress(run, "10 pairs read", "reading", 5)
        runs.report_progress(run, "20 pairs read")
    assert (run.stage, run.progress, run.step) == ("reading", 5, "20 pairs read")
    assert [message for _, message in run.log] == ["10 pairs read", "20 pairs read"]


def test_an_error_is_kept_by_kind_unless_it_can_be_read_by_all() -> None:
    for readable, kept in (((), "ValueError"), ((ValueError,), "Acme is missing")):
        run = TrainingRun.objects.create(trigger="test")
        with pytest.raises(ValueError, match="Acme"), runs.track_run(run, readable):
            raise ValueError("Acme is missing")
        assert (run.status, run.error) == ("failed", kept)


def test_a_cancelled_run_stops_at_its_next_step() -> None:
    engineer, run = person(Role.MODEL_ENGINEER), TrainingRun.objects.create(trigger="test")

    def work() -> None:
        with runs.track_run(run):
            runs.cancel_run(TrainingRun.objects.get(), engineer, "wrong labels")
            runs.report_progress(run, "learning on")

    with pytest.raises(RunEndedError):
        work()
    assert run.status == "cancelled"
    assert AuditEvent.objects.get(action="training.cancelled").actor == engineer
    with pytest.raises(RunEndedError):
        runs.cancel_run(run, engineer, "again")


def test_one_run_waits_at_a_time() -> None:
    engineer = person(Role.MODEL_ENGINEER)
    runs.queue_run("first", engineer, {})
    with pytest.raises(TrainingBusyError):
        runs.queue_run("second", engineer, {})
    assert TrainingRun.objects.get().requested_by == engineer
