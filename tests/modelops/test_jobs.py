"""A periodic job runs once per window."""

import pytest

from modelops.jobs import run_once
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
