"""Bulk jobs on a full disk: the upload is refused, and a job under way waits and loses nothing."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import Role
from matching.jobs import service, worker
from matching.models import BatchJob
from tests.jobs import PAIRS, csv_file, job_of, result, rows_of, sent, worked_off
from tests.people import person, signed_in

LARGE_FILE = csv_file(
    (f"Heron {at} Foods Company Ltd", f"Heron {at % 11} Fooods Co., Limited") for at in range(10_000)
)


def now(job: BatchJob) -> BatchJob:
    return BatchJob.objects.get(pk=job.pk)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: the kernel refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.django_db
@pytest.mark.usefixtures("champion")
def test_a_full_disk_refuses_the_upload_keeps_nothing_of_it_and_loses_no_job() -> None:
    owner = person(Role.CLIENT)
    client, kept = signed_in(owner), job_of(owner, csv_file(PAIRS))
    with room_for(300_000):
        answer = sent(client, LARGE_FILE)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert int(answer["Retry-After"]) > 0
    assert [path.name for path in Path(settings.JOBS_DIR).iterdir()] == [str(kept.pk)]
    assert sent(client, LARGE_FILE).status_code == 201
    assert worked_off(kept).status == "succeeded"


@pytest.mark.django_db
@pytest.mark.usefixtures("champion")
def test_a_disk_that_is_full_for_a_while_costs_a_job_time_and_no_row() -> None:
    job = job_of(person(), csv_file(PAIRS * 500))
    with room_for(50_000), pytest.raises(OSError, match="too large"):
        worker.split_job_file(job.pk)
    assert now(job).status == "queued"
    BatchJob.objects.update(leased_until=None)
    worker.split_job_file(job.pk)
    for _ in range(worker.MAX_ATTEMPTS + 2):
        with room_for(1_000), pytest.raises(OSError, match="too large"):
            worker.compare_next_chunk()
    job = worked_off(job)
    assert (job.status, job.rows_failed) == ("succeeded", 0)
    assert len(rows_of(result(job))) == len(PAIRS) * 500
    assert service.load_layout(job)["header"] == ["id", "name1", "name2"]
