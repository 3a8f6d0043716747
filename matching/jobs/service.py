"""What can be done to a bulk job. Each function changes, audits and returns; files go after the commit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from matching.engine import RULES_VERSION
from matching.jobs.encrypted_file import open_encrypted_file
from matching.jobs.formats.registry import FORMATS, detect_format
from matching.jobs.formats.rows import FileError, FileLayout, NameColumns
from matching.jobs.upload_handler import Upload, get_job_folder
from matching.models import UNFINISHED_STATUSES, BatchJob
from matching.serving.live_models import get_model_loader
from modelops.models import RunStatus

MAX_UNFINISHED = 20
"""Jobs one person may have waiting and running."""


class JobError(ValueError):
    """The job cannot be had, or not this way; one sentence for people."""


@dataclass(frozen=True)
class JobOptions:
    """How a file is to be read: its columns, profile, kind, and its format when the name does not say."""

    columns: NameColumns
    profile: str = "general"
    kind: str = "auto"
    format: str = ""


def create(user: User, upload: Upload, order: JobOptions) -> BatchJob:
    """Check the file and keep it as a job of the person.

    Raises :class:`~matching.jobs.compare_file.FileError` for a file that cannot be used,
    :class:`JobError` for one job too many, ``NoLiveModelError`` before a model was made live.
    """
    format_id = detect_format(upload.name, upload.signature, order.format)
    with open_encrypted_file(upload.path, upload.key) as file:
        shape = FORMATS[format_id].read_layout(file, order.columns)
    fleet = get_model_loader().get_live_models()
    job = BatchJob(
        id=upload.id,
        user=user,
        model_id=fleet.get_champion(order.profile).id,
        generation=fleet.generation,
        rules_version=RULES_VERSION,
        profile=order.profile,
        kind=order.kind,
        format=format_id,
        file_name=upload.name,
        file_bytes=upload.byte_count,
        file_key=upload.key,
        shape=json.dumps(shape),
    )
    _save_job(job, upload)
    return job


@transaction.atomic
def _save_job(job: BatchJob, upload: Upload) -> None:
    if BatchJob.objects.for_user(job.user).unfinished().count() >= MAX_UNFINISHED:
        raise JobError(f"You have {MAX_UNFINISHED} unfinished jobs; wait for one or cancel it.")
    job.save(force_insert=True)
    trail.record_event("batch_job.created", job, job.user, profile=job.profile, bytes=job.file_bytes)
    upload.is_kept = True


def load_layout(job: BatchJob) -> FileLayout:
    """Return what the header of a job's file says."""
    shape: Mapping[str, Any] = json.loads(job.shape)
    return shape


@transaction.atomic
def cancel(job: BatchJob, actor: User) -> BatchJob:
    """Stop a job for good and delete its files; of a finished job nothing changes."""
    row = BatchJob.objects.select_for_update().get(pk=job.pk)
    if row.status in UNFINISHED_STATUSES:
        _close_job(row, RunStatus.CANCELLED)
        trail.record_event("batch_job.cancelled", row, actor, rows_done=row.rows_done)
    return row


@transaction.atomic
def fail(job: BatchJob, reason: str) -> BatchJob:
    """End a job that cannot be worked off. ``reason`` is a sentence for people and must hold no name."""
    row = BatchJob.objects.select_for_update().get(pk=job.pk)
    if row.status in UNFINISHED_STATUSES:
        row.error = reason
        _close_job(row, RunStatus.FAILED)
        trail.record_event("batch_job.failed", row, None, reason=reason)
    return row


@transaction.atomic
def delete(job: BatchJob, actor: User | None, why: str = "asked") -> None:
    """Delete a job, its files and the key that opens them; the audit trail keeps that it was."""
    counts = {"rows_total": job.rows_total, "rows_failed": job.rows_failed, "status": job.status}
    trail.record_event("batch_job.deleted", job, actor, why=why, **counts)
    folder = get_job_folder(job.pk)
    job.delete()
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


@transaction.atomic
def record_download(job: BatchJob, actor: User) -> None:
    """Record that somebody took the result, and with it the names."""
    trail.record_event("batch_job.downloaded", job, actor, owner=str(job.user_id), rows=job.rows_total)


def _close_job(job: BatchJob, status: RunStatus) -> None:
    """Close a job without a result; without its key every copy of its files is noise."""
    job.status, job.finished_at, job.file_key = status, timezone.now(), ""
    job.save(update_fields=["status", "finished_at", "file_key", "error"])
    folder = get_job_folder(job.pk)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


__all__ = [
    "FileError",
    "JobError",
    "JobOptions",
    "cancel",
    "create",
    "delete",
    "fail",
    "load_layout",
    "record_download",
]
