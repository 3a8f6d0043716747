"""Operations on bulk jobs. Each function changes, audits and returns; files are deleted after the commit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from matching.engine import RULES_VERSION
from matching.jobs.announcements import announce_end
from matching.jobs.formats.registry import FORMATS, detect_format
from matching.jobs.formats.rows import FileLayout, NameColumns
from matching.jobs.job_folder import delete_job_folder_on_commit
from matching.models import UNFINISHED_STATUSES, BatchJob
from matching.serving.live_models import get_model_loader
from matters.models import Matter
from modelops.alerting.alerts import raise_alert
from modelops.models import RunStatus

MAX_UNFINISHED = 20
"""Most waiting and running jobs of one user."""


class JobError(ValueError):
    """The operation is refused; the message is one sentence for users."""


class StoredFile(Protocol):
    """A file of pairs that lies encrypted in its place."""

    @property
    def key(self) -> str:
        """What decrypts it."""

    @property
    def byte_count(self) -> int:
        """Its length before encryption."""

    def open(self) -> BufferedReader:
        """Open it for reading what was sent. Raises ``OSError``."""


class PairUpload(Protocol):
    """A file of pairs as it arrived; a job that is created from it sets ``is_kept``."""

    id: UUID
    name: str
    signature: bytes
    is_kept: bool

    @property
    def file(self) -> StoredFile:
        """The file in its place."""


@dataclass(frozen=True)
class JobOptions:
    """How a file is read and compared; ``format`` is empty where the file name determines it."""

    columns: NameColumns
    profile: str = "general"
    kind: str = "auto"
    format: str = ""
    matter: Matter | None = None


def create(user: User, upload: PairUpload, options: JobOptions) -> BatchJob:
    """Check the header of the file and store it as a job of the user.

    Raises :class:`~matching.jobs.formats.rows.FileError` for a file that cannot be used,
    :class:`JobError` for one job too many, ``NoLiveModelError`` before the first promotion of a model.
    """
    format_id = detect_format(upload.name, upload.signature, options.format)
    with upload.file.open() as file:
        layout = FORMATS[format_id].read_layout(file, options.columns)
    live_models = get_model_loader().get_live_models()
    job = BatchJob(
        id=upload.id,
        user=user,
        model_id=live_models.get_champion(options.profile).id,
        generation=live_models.generation,
        rules_version=RULES_VERSION,
        profile=options.profile,
        kind=options.kind,
        format=format_id,
        file_name=upload.name,
        file_bytes=upload.file.byte_count,
        file_key=upload.file.key,
        shape=json.dumps(layout),
        matter=options.matter,
    )
    _save_job(job, upload)
    return job


@transaction.atomic
def _save_job(job: BatchJob, upload: PairUpload) -> None:
    if BatchJob.objects.filter(user=job.user).unfinished().count() >= MAX_UNFINISHED:
        raise JobError(
            gettext("You have {max_unfinished} unfinished jobs; wait for one or cancel it.").format(
                max_unfinished=MAX_UNFINISHED
            )
        )
    job.save(force_insert=True)
    trail.record_event("batch_job.created", job, job.user, profile=job.profile, bytes=job.file_bytes)
    upload.is_kept = True


def load_layout(job: BatchJob) -> FileLayout:
    """Return the layout of a job's file: what its header said."""
    layout: Mapping[str, Any] = json.loads(job.shape)
    return layout


@transaction.atomic
def cancel(job: BatchJob, actor: User) -> BatchJob:
    """Cancel an unfinished job and delete its files; a finished job does not change."""
    row = BatchJob.objects.select_for_update().get(pk=job.pk)
    if row.status in UNFINISHED_STATUSES:
        _close_job(row, RunStatus.CANCELLED)
        trail.record_event("batch_job.cancelled", row, actor, rows_done=row.rows_done)
    return row


@transaction.atomic
def fail(job: BatchJob, reason: str) -> BatchJob:
    """Fail an unfinished job and delete its files; ``reason`` is a sentence for users without any name."""
    row = BatchJob.objects.select_for_update().get(pk=job.pk)
    if row.status in UNFINISHED_STATUSES:
        row.error = reason
        _close_job(row, RunStatus.FAILED)
        announce_end(row)
        trail.record_event("batch_job.failed", row, None, reason=reason)
    return row


@transaction.atomic
def give_up(job: BatchJob, reason: str) -> None:
    """Fail a job that failed again and again, and raise an alert; ``reason`` as for :func:`fail`."""
    fail(job, reason)
    raise_alert("bulk_job_failed", str(job.pk), reason)


@transaction.atomic
def delete(job: BatchJob, actor: User | None, why: str = "requested") -> None:
    """Delete a job with its files and its key; the audit trail keeps its counts."""
    # Locked first: who splits the file stores all chunks before they are looked for, or finds no job anymore.
    BatchJob.objects.select_for_update().filter(pk=job.pk).first()
    counts = {"rows_total": job.rows_total, "rows_failed": job.rows_failed, "status": job.status}
    trail.record_event("batch_job.deleted", job, actor, why=why, **counts)
    delete_job_folder_on_commit(job.pk)
    job.delete()


@transaction.atomic
def record_download(job: BatchJob, actor: User) -> None:
    """Record who downloaded the result, which contains the names."""
    trail.record_event("batch_job.downloaded", job, actor, owner=str(job.user_id), rows=job.rows_total)


def _close_job(job: BatchJob, status: RunStatus) -> None:
    """End a job without a result; erasing its key makes every copy of its files unreadable."""
    job.status, job.finished_at, job.file_key = status, timezone.now(), ""
    job.save(update_fields=["status", "finished_at", "file_key", "error"])
    delete_job_folder_on_commit(job.pk)
