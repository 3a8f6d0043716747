"""Bulk jobs under real faults: killed workers, messages delivered twice, a full disk, a cancel half-way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Task
from django.conf import settings
from kombu import Connection

from accounts.models import Role
from config.local.embedded import EmbeddedServers
from matching import tasks
from matching.jobs.monitoring_sample import MAX_SAMPLE_SIZE
from matching.models import BatchChunk, BatchJob, BulkSample
from tests.jobs import PAIRS, csv_file, find_job_folder, job_of, result, worked_off
from tests.models import installed
from tests.people import person, signed_in
from tests.processes import environment

PATIENCE = 120.0
PAIRS_OF_A_RUN = [
    (f"Heron {at} Foods Company Ltd", f"Heron {at % 11} Fooods Co., Limited") for at in range(10_000)
]


class Workers:
    """Celery workers of their own, on a broker of their own."""

    def __init__(self, valkey: str, log: Path, concurrency: int = 2, **changes: str) -> None:
        self.concurrency = concurrency
        self.valkey = valkey
        self.changes = {"REDIS_URL": valkey, "JOBS_DIR": settings.JOBS_DIR, "OMP_NUM_THREADS": "1", **changes}
        self.log = log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "--app=config",
            "worker",
            "--queues=jobs",
            f"--concurrency={self.concurrency}",
        ]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*command, "--loglevel=INFO"],
                cwd=settings.BASE_DIR,
                env=environment(**self.changes),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)

    def children(self) -> list[int]:
        """Return the processes that do the work."""
        listings = [Path(f"/proc/{process.pid}/task/{process.pid}/children") for process in self.running]
        return [int(pid) for listing in listings for pid in listing.read_text().split()]

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        while self.running:
            process = self.running.pop()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def ask(self, task: Task[..., object], *arguments: str, **limits: float) -> None:
        with Connection(f"{self.valkey}/0") as connection:
            task.apply_async(arguments, connection=connection, **limits)  # type: ignore[arg-type, call-arg]


@pytest.fixture
def workers(servers: EmbeddedServers, tmp_path: Path) -> Iterator[Workers]:
    servers.valkey.start()
    workers = Workers(servers.valkey.build_url(), tmp_path / "workers.log")
    yield workers
    workers.kill()


def wait_for(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def now(job: BatchJob) -> BatchJob:
    return BatchJob.objects.get(pk=job.pk)


@pytest.mark.django_db(transaction=True)
def test_every_row_is_there_once_after_kill_nine_a_restart_and_messages_delivered_twice(
    workers: Workers,
) -> None:
    installed()
    content = csv_file(PAIRS_OF_A_RUN)
    undisturbed = result(worked_off(job_of(person(), content)))

    job = job_of(person(), content)
    workers.start()
    workers.ask(tasks.prepare_job, str(job.pk))
    wait_for(lambda: now(job).rows_done > 0, workers.log)
    workers.kill()
    assert 0 < now(job).rows_done < len(PAIRS_OF_A_RUN)
    BatchChunk.objects.update(leased_until=None)  # as when the leases of the killed workers have ended

    workers.start()
    for _ in range(5):
        workers.ask(tasks.prepare_job, str(job.pk))
    for _ in range(20):
        workers.ask(tasks.compare_next_chunk)
    wait_for(lambda: now(job).status == "succeeded", workers.log)
    assert result(now(job)) == undisturbed
    assert now(job).rows_done == len(PAIRS_OF_A_RUN)
    pieces = BatchChunk.objects.count()
    assert sum(len(left.snapshots) for left in BulkSample.objects.all()) == pieces * MAX_SAMPLE_SIZE == 1_000


@pytest.mark.django_db(transaction=True)
def test_a_job_cancelled_half_way_stops_and_leaves_no_file(workers: Workers) -> None:
    installed()
    owner = person(Role.CLIENT)
    job = job_of(owner, csv_file(PAIRS_OF_A_RUN))
    workers.start()
    workers.ask(tasks.prepare_job, str(job.pk))
    wait_for(lambda: now(job).rows_done > 0, workers.log)
    answer = signed_in(owner).post(f"/api/v1/jobs/{job.pk}/cancel").json()
    assert (answer["status"], answer["rows_done"] < len(PAIRS_OF_A_RUN)) == ("cancelled", True)
    done = now(job).rows_done
    workers.ask(tasks.compare_chunks)
    other = job_of(owner, csv_file(PAIRS))
    workers.ask(tasks.prepare_job, str(other.pk))
    wait_for(lambda: now(other).status == "succeeded", workers.log)
    wait_for(lambda: not any(find_job_folder(job.pk).glob("*")), workers.log)
    assert now(job).rows_done == done
