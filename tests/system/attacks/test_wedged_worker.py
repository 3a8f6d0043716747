"""A job whose comparison never ends: its worker is freed, the job fails, and nobody waits for it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Role
from config.local.embedded import EmbeddedServers
from matching import tasks
from matching.jobs.worker import MAX_ATTEMPTS
from matching.models import BatchChunk, BatchJob
from modelops.models import Alert
from tests.jobs import PAIRS, csv_file, job_of
from tests.models import installed
from tests.people import person, signed_in
from tests.system.background import run_beside
from tests.system.test_job_faults import Workers, now, wait_for

pytestmark = pytest.mark.alone

LIMITS = {"soft_time_limit": 2, "time_limit": 3}
"""Seconds of a comparison in this test; a process that does not end by then is killed."""


@pytest.fixture
def workers(servers: EmbeddedServers, tmp_path: Path) -> Iterator[Workers]:
    servers.valkey.start()
    lease = {"JOB_CHUNK_SECONDS": str(LIMITS["soft_time_limit"])}
    workers = Workers(servers.valkey.build_url(), tmp_path / "workers.log", concurrency=1, **lease)
    yield workers
    workers.kill()


@contextmanager
def wedging(workers: Workers) -> Iterator[None]:
    """Stop every process of the worker that has taken a chunk: what it looks like when a match never ends."""

    def wedge(over: threading.Event) -> None:
        seen: set[tuple[int, int]] = set()
        while not over.wait(0.005):
            claimed = BatchChunk.objects.filter(
                leased_until__isnull=False, done_at=None, attempts__lte=MAX_ATTEMPTS
            )
            for attempt in set(claimed.values_list("pk", "attempts")) - seen:
                seen.add(attempt)
                for child in workers.children():
                    os.kill(child, signal.SIGSTOP)
        connection.close()

    with run_beside(wedge):
        yield


@pytest.mark.django_db(transaction=True)
def test_a_job_that_wedges_its_workers_fails_and_frees_them(workers: Workers) -> None:
    installed()
    owner = person(Role.CLIENT)
    rows = [(f"Heron {at} Foods Company Ltd", f"Heron {at % 11} Fooods Co., Limited") for at in range(2_000)]
    job, doomed = job_of(owner, csv_file(rows)), job_of(owner, csv_file(rows))
    workers.start()
    with wedging(workers):
        workers.ask(tasks.prepare_job, str(doomed.pk))
        workers.ask(tasks.compare_next_chunk, **LIMITS)
        wait_for(lambda: BatchChunk.objects.filter(leased_until__isnull=False).exists(), workers.log)
        started = time.monotonic()
        assert signed_in(owner).delete(f"/api/v1/jobs/{doomed.pk}").status_code == 204
        assert time.monotonic() - started < 1.0
        workers.ask(tasks.prepare_job, str(job.pk))

        def is_given_up() -> bool:
            workers.ask(tasks.compare_next_chunk, **LIMITS)  # as beat does every 15 seconds
            time.sleep(0.5)
            return now(job).status == "failed"

        wait_for(is_given_up, workers.log)
    assert now(job).error.startswith("Comparing rows 1 to 2000 failed three times")
    assert Alert.objects.firing().get().scope == str(job.pk)
    other = job_of(owner, csv_file(PAIRS))
    workers.ask(tasks.prepare_job, str(other.pk))
    wait_for(lambda: now(other).status == "succeeded", workers.log)
    assert BatchJob.objects.count() == 2
