"""Files that wait for their owner to choose columns and profile. Each function changes and returns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BufferedReader
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit import trail
from accounts.encryption.fields import DecryptionError
from accounts.models import User
from matching.jobs.encrypted_file import FRAME_BYTES, open_encrypted_file
from matching.jobs.formats.csv_files import build_numbered_header, read_first_rows
from matching.jobs.formats.registry import FORMATS, detect_format
from matching.jobs.formats.rows import FileError
from matching.jobs.job_folder import UPLOAD_FILE_NAME, delete_job_folder_on_commit, get_job_store
from matching.jobs.service import JobError, JobOptions, create
from matching.jobs.upload_handler import Upload
from matching.models import BatchJob, FileFormat, JobDraft

MAX_DRAFTS = 5
"""Most files of one user that wait; one more ends the oldest."""

SAMPLE_ROWS = 7
"""First rows that are read when a file arrives, and shown."""

KEPT = timedelta(days=1)
_PASTE_NAME = "pasted.csv"


class DraftFile(NamedTuple):
    """The file of a draft where a job expects it."""

    name: str
    key: str
    byte_count: int

    def open(self) -> BufferedReader:
        """Open the file. Raises ``OSError`` and ``DecryptionError``."""
        return open_encrypted_file(get_job_store(), self.name, self.key)


class DraftUpload:
    """A draft as the upload that a job is created from."""

    def __init__(self, draft: JobDraft) -> None:
        self.id: UUID = draft.pk
        self.name: str = draft.file_name
        self.signature = b""
        self.is_kept = False
        self.file = _get_file(draft)


def keep_upload(user: User, upload: Upload) -> JobDraft:
    """Keep a file until its owner starts it. Raises :class:`FileError` for a file that nobody can use."""
    format_ = detect_format(upload.name, upload.signature)
    with upload.file.open() as file:
        if not any(any(cells) for cells in FORMATS[format_].read_sample(file, SAMPLE_ROWS)):
            raise FileError(_("The file is empty."))
    draft = JobDraft(
        id=upload.id,
        user=user,
        format=format_,
        file_name=upload.name,
        file_bytes=upload.size,
        file_key=upload.file.key,
        line_count=upload.line_count,
    )
    _save_draft(draft)
    upload.is_kept = True
    return draft


def keep_text(user: User, text: str) -> JobDraft:
    """Keep two columns pasted from a spreadsheet. Raises :class:`FileError` and ``StorageFullError``."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    for number, line in enumerate(lines, 1):
        if "\t" not in line:
            raise FileError(_("Line %d holds no tab: copy the cells of two columns and paste them.") % number)
    if not lines:
        raise FileError(_("Nothing was pasted: copy the cells of two columns, or choose a file."))
    upload = Upload(_PASTE_NAME)
    try:
        upload.write(("\n".join(lines) + "\n").encode("utf-8", "replace"))
        upload.finish()
        return keep_upload(user, upload)
    finally:
        upload.close()


@contextmanager
def open_draft(draft: JobDraft) -> Iterator[BufferedReader]:
    """Open the file of a draft.

    Raises :class:`FileError` where it is gone, as after a restore, and ``StoreUnavailableError``.
    """
    try:
        file = _get_file(draft).open()
    except (FileNotFoundError, DecryptionError):
        raise FileError(_("The file is not there any more; please send it again.")) from None
    with file:
        yield file


def start_draft(draft: JobDraft, options: JobOptions, has_titles: bool) -> BatchJob:
    """Create the job of a draft, which ends with it.

    Without titles in the first row, the columns are named by their numbers in a copy of the file. Raises
    :class:`FileError`, :class:`JobError` and ``NoLiveModelError``; the draft stays then.
    """
    if has_titles:
        with transaction.atomic():
            job = create(draft.user, DraftUpload(draft), options)
            draft.delete()
        return job
    if draft.format != FileFormat.CSV:
        raise JobError(_("Only CSV files and pasted cells can be without titles: add a first row of titles."))
    copy = _copy_with_titles(draft)
    try:
        with transaction.atomic():
            job = create(draft.user, copy, options)
            delete_job_folder_on_commit(draft.pk)
            draft.delete()
    finally:
        copy.close()
    return job


@transaction.atomic
def discard_draft(draft: JobDraft) -> None:
    """Delete a draft with its file."""
    delete_job_folder_on_commit(draft.pk)
    draft.delete()


def delete_old_drafts(now: datetime) -> int:
    """Delete the drafts that nobody started within a day; return how many."""
    old = list(JobDraft.objects.filter(created_at__lt=now - KEPT))
    for draft in old:
        discard_draft(draft)
    return len(old)


def _get_file(draft: JobDraft) -> DraftFile:
    return DraftFile(f"{draft.pk}/{UPLOAD_FILE_NAME}", draft.file_key, draft.file_bytes)


@transaction.atomic
def _save_draft(draft: JobDraft) -> None:
    for old in JobDraft.objects.filter(user=draft.user)[MAX_DRAFTS - 1 :]:
        discard_draft(old)
    draft.save(force_insert=True)
    trail.record_event("job_draft.created", draft, draft.user, bytes=draft.file_bytes, format=draft.format)


def _copy_with_titles(draft: JobDraft) -> Upload:
    """Return a copy of a CSV file below a row with the numbers of its columns."""
    upload = Upload(draft.file_name)
    try:
        with open_draft(draft) as file:
            rows, delimiter = read_first_rows(file, 1)
        upload.write(build_numbered_header(rows[0], delimiter))
        with open_draft(draft) as file:
            first = file.read(FRAME_BYTES).removeprefix(b"\xef\xbb\xbf")
            while first:
                upload.write(first)
                first = file.read(FRAME_BYTES)
        upload.finish()
    except BaseException:
        upload.close()
        raise
    return upload
