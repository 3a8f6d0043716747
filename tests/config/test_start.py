"""The entry points of a deployment: what they run, and the one sentence with which they refuse to start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import connection

from config import checks
from config.management.commands import prepare
from config.process import start

DEPLOYMENT = {
    "DATABASE_URL": "postgresql://app@127.0.0.1:1/app",
    "REDIS_URL": "redis://127.0.0.1:1",
    "ALLOWED_HOSTS": "names.example",
    "NUM_PROXIES": "1",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    **{name: f"{name} of this test only, 0123456789 abcdefghij" for name in checks.KEY_SETTINGS},
}


def run_start(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "config.process.start", *arguments]
    clean = {name: value for name, value in environment.items() if value}
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **clean},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "mysql://127.0.0.1/app", "DATABASE_URL must begin with postgresql://"),
        ("REDIS_URL", "", "REDIS_URL is not set"),
        ("REDIS_URL", "amqp://127.0.0.1", "REDIS_URL does not begin with redis:// or rediss://."),
        ("SECRET_KEY", "", "SECRET_KEY is not set"),
        ("AUDIT_KEY", "short", "AUDIT_KEY is shorter than 32 characters."),
        ("FIELD_ENCRYPTION_KEYS", "no key", "FIELD_ENCRYPTION_KEYS holds a value that is no key."),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is not set."),
        ("NUM_PROXIES", "", "NUM_PROXIES is not set."),
        ("NUM_PROXIES", "one", "NUM_PROXIES must be a whole number."),
        ("JOBS_DIR", "/dev/null/jobs", "JOBS_DIR /dev/null/jobs cannot be written by this process."),
        ("MLFLOW_TRACKING_URI", "ftp://registry.example", "MLFLOW_TRACKING_URI has an unknown scheme."),
        ("WORKER_PROCESSES", "-1", "WORKER_PROCESSES must be 0 or more."),
    ],
)
def test_a_missing_or_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    name: str, value: str, sentence: str, tmp_path: Path
) -> None:
    done = run_start("worker", **{"VAR_DIR": str(tmp_path), **DEPLOYMENT, name: value})
    assert done.returncode == start.WRONG_SETTING
    assert done.stderr.startswith(f"Cannot start worker: {sentence}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_an_unknown_program_is_answered_with_those_that_exist() -> None:
    done = run_start("server")
    assert done.returncode == start.WRONG_USAGE
    assert all(f"    {program} " in done.stderr for program in start.PROGRAMS)


def test_a_worker_takes_the_queues_it_is_given_and_all_without_any() -> None:
    assert "--queues=jobs,train" in start.build_command("worker", ["jobs", "train"])
    assert "--queues=default,jobs,monitor,train,notify,webhooks" in start.build_command("worker", [])


def test_a_queue_that_does_not_exist_is_refused() -> None:
    done = run_start("worker", "job", **DEPLOYMENT)
    assert done.stderr.startswith("Cannot start worker: there is no queue job; the queues are default, jobs")


def test_every_queue_that_tasks_are_sent_to_has_workers() -> None:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert set(start.QUEUES) == {*routed, settings.CELERY_TASK_DEFAULT_QUEUE}


def test_manage_runs_any_command_with_its_exit_code(tmp_path: Path) -> None:
    done = run_start("manage", "version", VAR_DIR=str(tmp_path), **DEPLOYMENT)
    assert (done.returncode, done.stdout[:2]) == (0, "5.")


def test_prepare_collects_the_static_files_that_web_processes_serve(tmp_path: Path) -> None:
    done = run_start("prepare", VAR_DIR=str(tmp_path), **DEPLOYMENT)
    assert done.stdout == "==> Static files\n"
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database does not answer: ")
    assert (tmp_path / "static" / "staticfiles.json").is_file()


@pytest.mark.django_db
def test_one_preparation_of_a_database_runs_at_a_time() -> None:
    with connection.cursor() as cursor:
        with prepare.hold_lock():
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [prepare._LOCK_ID])
            assert cursor.fetchone() == (False,)
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [prepare._LOCK_ID])
        assert cursor.fetchone() == (True,)
