"""The files of a bulk job: its upload, its rows and its outputs, all encrypted, in a folder of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from uuid import UUID

from django.conf import settings
from django.db import transaction

from matching.jobs.encrypted_file import EncryptedWriter, create_encrypted_file, open_encrypted_file
from matching.models import BatchJob
from matching.storage.files import FileStore
from matching.storage.stores import get_store

UPLOAD_FILE_NAME = "upload"
"""The file as it was uploaded; deleted once it is split."""

ROWS_FILE_NAME = "rows"
"""All rows, read and checked; a chunk is a range of its bytes."""


def get_job_store() -> FileStore:
    """Return the place of the files of all jobs, which web processes and workers share."""
    return get_store(settings.JOBS_DIR)


def open_job_file(job: BatchJob, name: str) -> io.BufferedReader:
    """Open a file of a job. Raises ``OSError`` and ``DecryptionError``."""
    return open_encrypted_file(get_job_store(), f"{job.pk}/{name}", job.file_key)


def create_job_file(job: BatchJob, name: str) -> AbstractContextManager[EncryptedWriter]:
    """Write a file of a job, complete or not at all. Raises ``OSError``."""
    return create_encrypted_file(get_job_store(), f"{job.pk}/{name}", job.file_key)


def delete_job_file(job_id: UUID, name: str) -> None:
    """Delete a file of a job; without it nothing happens."""
    get_job_store().delete(f"{job_id}/{name}")


def list_job_files(job_id: UUID) -> Iterator[str]:
    """Yield the names of the complete files of a job."""
    for file in get_job_store().list_files(str(job_id)):
        yield file.name.removeprefix(f"{job_id}/")


def delete_job_folder(job_id: UUID) -> None:
    """Delete the files of a job; without files nothing happens."""
    get_job_store().delete_folder(str(job_id))


def delete_job_folder_on_commit(job_id: UUID) -> None:
    """Delete the files of a job when the running transaction commits.

    Where the place of files does not answer, the job is gone all the same and its files stay unreadable until
    they are deleted a day later.
    """
    transaction.on_commit(lambda: delete_job_folder(job_id), robust=True)
