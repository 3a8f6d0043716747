"""A periodic job runs once per window."""

import threading
import time

import pytest
from django.db import connection

from modelops.job_runs import run_once
from modelops.models import JobRun

pytestmark = pytest.mark.django_db


def test_a_window_is_run_once() -> None:
    first = run_once("seal", "2026-03-01T02", lambda: {"sealed": 3})
    assert first is not None
    assert (first.status, first.result) == ("succeeded", {"sealed": 3})
    assert run_once("seal", "2026-03-01T02", lambda: {"sealed": 9}) is None
    assert run_once("seal", "2026-03-01T03", lambda: {}) is not None


def test_a_job_that_fails_says_so_and_raises() -> None:
    def fail() -> dict[str, int]:
        raise RuntimeError("Acme Ltd must not be kept")

    with pytest.raises(RuntimeError):
        run_once("seal", "2026-03-01T02", fail)
    row = JobRun.objects.get()
    assert (row.status, row.error) == ("failed", "RuntimeError")
    assert row.finished_at is not None


def test_a_window_that_failed_is_run_again_by_the_next_who_asks() -> None:
    with pytest.raises(ZeroDivisionError):
        run_once("count", "1", lambda: {"n": 1 // 0})
    again = run_once("count", "1", lambda: {"n": 1})
    assert again is not None
    assert (again.status, again.error, again.result) == ("succeeded", "", {"n": 1})


def test_a_window_left_running_by_a_killed_process_is_run_again() -> None:
    JobRun.objects.create(name="count", window="1")
    assert run_once("count", "1", lambda: {"n": 1}) is not None


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_do_nothing_twice() -> None:
    done: list[int] = []
    together = threading.Barrier(2)

    def work() -> dict[str, int]:
        done.append(1)
        time.sleep(0.2)
        return {}

    def scheduler() -> None:
        together.wait()
        run_once("count", "1", work)
        connection.close()

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]
    assert JobRun.objects.get().status == "succeeded"
