"""The folder of a bulk job: its upload, its rows and its outputs, all encrypted."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

UPLOAD_FILE_NAME = "upload"
"""The file as it was uploaded; deleted once it is split."""

ROWS_FILE_NAME = "rows"
"""All rows, read and checked; a chunk is a range of its bytes."""


def get_job_folder(job_id: UUID) -> Path:
    """Return the folder of a job, whether it exists or not."""
    return Path(settings.JOBS_DIR) / str(job_id)


def delete_job_folder(job_id: UUID) -> None:
    """Delete the files of a job; without files nothing happens."""
    shutil.rmtree(get_job_folder(job_id), ignore_errors=True)


def delete_job_folder_on_commit(job_id: UUID) -> None:
    """Delete the files of a job when the running transaction commits."""
    transaction.on_commit(partial(delete_job_folder, job_id))
