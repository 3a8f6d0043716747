"""Bulk jobs whose files are not where their rows say, as after a restore from a backup."""

from __future__ import annotations

from collections.abc import Iterator

from accounts.encryption.fields import DecryptionError
from matching.jobs import service
from matching.jobs.formats.sentences import FileSentence
from matching.jobs.job_folder import ROWS_FILE_NAME, UPLOAD_FILE_NAME, open_job_file
from matching.models import UNFINISHED_STATUSES, BatchJob
from modelops.models import RunStatus


def end_jobs_without_files() -> tuple[int, int]:
    """Fail unfinished jobs and delete finished ones whose files are missing or damaged.

    Returns how many jobs have their files and how many were ended. A job without a result needs none.
    """
    complete = ended = 0
    for job in BatchJob.objects.filter(status__in=(*UNFINISHED_STATUSES, RunStatus.SUCCEEDED)).iterator():
        if has_files(job):
            complete += 1
            continue
        ended += 1
        if job.status in UNFINISHED_STATUSES:
            service.fail(job, FileSentence.FILES_LOST.value)
        else:
            service.delete(job, None, "files lost")
    return complete, ended


def has_files(job: BatchJob) -> bool:
    """Say whether every file that a job still needs is there and opens with the key of the job.

    Raises ``OSError`` where that cannot be told, because the place of files does not answer.
    """
    try:
        for name in _list_needed_files(job):
            with open_job_file(job, name) as file:
                file.read(1)
    except (FileNotFoundError, DecryptionError):
        return False
    return True


def _list_needed_files(job: BatchJob) -> Iterator[str]:
    if job.status == RunStatus.QUEUED:
        yield UPLOAD_FILE_NAME
    elif job.status == RunStatus.RUNNING:
        yield ROWS_FILE_NAME
    yield from job.chunks.exclude(output="").values_list("output", flat=True)
