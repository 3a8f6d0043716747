"""The encrypted files of documents, beside those of bulk jobs; each has a key of its own, in its row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.encryption.fields import DecryptionError
from feedback.models import ReviewDocument
from matching.jobs.encrypted_file import FRAME_BYTES, open_encrypted_file
from matching.jobs.job_folder import get_job_store

_FOLDER = "documents"
"""Beside the jobs; no folder of a job, whose name is the id of the job."""

_LEFT_OVER_AFTER = timedelta(days=1)
"""Age of a file without a row from which it counts as the rest of an interrupted upload."""


class DocumentLostError(Exception):
    """The file of a document is gone, damaged, or another one; nothing of it was sent."""


def build_file_name(document_id: UUID) -> str:
    """Return the name of the file of a document in the place of jobs, whether it exists or not."""
    return f"{_FOLDER}/{document_id}"


def stream_document(document: ReviewDocument) -> Iterator[bytes]:
    """Return the content piece by piece; the first piece is read at once.

    Raises ``DocumentLostError``, and ``StoreUnavailableError`` where the place of files does not answer.
    """
    try:
        file = open_encrypted_file(get_job_store(), build_file_name(document.pk), document.file_key)
        first = file.read(FRAME_BYTES)
    except (FileNotFoundError, DecryptionError, ValueError) as error:
        raise DocumentLostError from error

    def read_pieces() -> Iterator[bytes]:
        with file:
            yield first
            while piece := file.read(FRAME_BYTES):
                yield piece

    return read_pieces()


def delete_document_file(document_id: UUID) -> None:
    """Delete the file of a document; without one nothing happens."""
    get_job_store().delete(build_file_name(document_id))


def delete_document_file_on_commit(document_id: UUID) -> None:
    """Delete the file of a document when the running transaction commits; a day later where that fails."""
    transaction.on_commit(lambda: delete_document_file(document_id), robust=True)


def delete_leftover_files() -> int:
    """Delete files without a row that are older than a day; return how many."""
    store, since = get_job_store(), timezone.now() - _LEFT_OVER_AFTER
    old = [file.name for file in store.list_files(_FOLDER) if file.changed_at < since]
    kept = set(map(build_file_name, ReviewDocument.objects.values_list("pk", flat=True))) if old else set()
    leftover = [name for name in old if name not in kept]
    for name in leftover:
        store.delete(name)
    return len(leftover)
