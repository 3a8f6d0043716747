"""The encrypted files of documents, beside those of bulk jobs; each has a key of its own, in its row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.encryption.fields import DecryptionError
from feedback.models import ReviewDocument
from matching.jobs.encrypted_file import FRAME_BYTES, open_encrypted_file

_FOLDER = "documents"
"""Below ``JOBS_DIR``; no folder of a job, whose name is the id of the job."""

_LEFT_OVER_AFTER_SECONDS = 24 * 60 * 60
"""Age of a file without a row from which it counts as the rest of an interrupted upload."""


class DocumentLostError(Exception):
    """The file of a document is gone, damaged, or another one; nothing of it was sent."""


def get_document_path(document_id: UUID) -> Path:
    """Return the path of the file of a document, whether it exists or not."""
    return Path(settings.JOBS_DIR) / _FOLDER / str(document_id)


def stream_document(document: ReviewDocument) -> Iterator[bytes]:
    """Return the content piece by piece; the first piece is read at once. Raises ``DocumentLostError``."""
    try:
        file = open_encrypted_file(get_document_path(document.pk), document.file_key)
        first = file.read(FRAME_BYTES)
    except (OSError, DecryptionError, ValueError) as error:
        raise DocumentLostError from error

    def read_pieces() -> Iterator[bytes]:
        with file:
            yield first
            while piece := file.read(FRAME_BYTES):
                yield piece

    return read_pieces()


def delete_document_file(document_id: UUID) -> None:
    """Delete the file of a document; without one nothing happens."""
    get_document_path(document_id).unlink(missing_ok=True)


def delete_document_file_on_commit(document_id: UUID) -> None:
    """Delete the file of a document when the running transaction commits."""
    transaction.on_commit(partial(delete_document_file, document_id))


def delete_leftover_files() -> int:
    """Delete files without a row that are older than a day; return how many."""
    folder = get_document_path(UUID(int=0)).parent
    paths = list(folder.iterdir()) if folder.is_dir() else []
    old = [path for path in paths if time.time() - path.stat().st_mtime > _LEFT_OVER_AFTER_SECONDS]
    kept = {str(pk) for pk in ReviewDocument.objects.values_list("pk", flat=True)} if old else set()
    leftover = [path for path in old if path.name not in kept]
    for path in leftover:
        path.unlink(missing_ok=True)
    return len(leftover)
