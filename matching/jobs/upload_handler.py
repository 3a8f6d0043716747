"""Receive an upload: encrypted while it arrives, written straight to its place, within its limits."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.exceptions import APIException, ValidationError

from accounts.api.parsers import BodyTooLargeError
from accounts.api.problems import UnavailableError
from accounts.ids import uuid7
from matching.jobs.encrypted_file import EncryptedWriter, generate_key, open_encrypted_file
from matching.jobs.job_folder import UPLOAD_FILE_NAME, delete_job_folder, get_job_store

UPLOAD_FIELD = "file"
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SIGNATURE_BYTES = 4
_MIN_PACKED_ROW_BYTES = 20
"""Least number of bytes of one row in a compressed workbook."""


class StorageFullError(APIException):
    """There is no room for the upload."""

    status_code = HTTPStatus.INSUFFICIENT_STORAGE
    default_detail = "There is no room for the file at the moment. Nothing was kept; please try again later."
    default_code = "storage_full"
    wait = 600


class UploadFile:
    """A file on its way to its place: bounded, digested and encrypted as it arrives.

    The name is one that nothing had before: a folder and a file in it.
    """

    def __init__(self, name: str, max_bytes: int, refusal: str) -> None:
        self._store, self._name = get_job_store(), name
        self.key = generate_key()
        self.byte_count = 0
        self._max_bytes, self._refusal = max_bytes, refusal
        self._digest = hashlib.sha256()
        try:
            self._store.create_folder(name.partition("/")[0])
            self._draft = self._store.create(name)
            self._writer = EncryptedWriter(self._draft, self.key, name)
        except OSError as error:
            raise _describe_failure(error) from error

    def __str__(self) -> str:
        """Return the SHA-256 of the content, by which idempotency compares request bodies."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes. Raises ``BodyTooLargeError``, :class:`StorageFullError`, ``UnavailableError``."""
        self.byte_count += len(data)
        if self.byte_count > self._max_bytes:
            raise BodyTooLargeError(self._refusal)
        self._digest.update(data)
        try:
            self._writer.write(data)
        except OSError as error:
            raise _describe_failure(error) from error

    def finish(self) -> None:
        """Have the whole file kept. Raises :class:`StorageFullError` and ``UnavailableError``."""
        try:
            self._writer.finish()
            self._draft.complete()
        except OSError as error:
            raise _describe_failure(error) from error

    def open(self) -> io.BufferedReader:
        """Open the file after :meth:`finish`. Raises ``OSError``."""
        return open_encrypted_file(self._store, self._name, self.key)

    def close(self) -> None:
        """Delete what has arrived unless it is the whole file."""
        self._draft.discard()


class Upload:
    """An uploaded file of pairs. :meth:`close` deletes it unless ``is_kept`` is true."""

    def __init__(self, name: str) -> None:
        self.id = uuid7()
        self.name = name[:255]
        self.line_count = 0
        self.signature = b""
        self.is_kept = False
        name = f"{self.id}/{UPLOAD_FILE_NAME}"
        self.file = UploadFile(name, settings.JOB_MAX_BYTES, _describe_limit())

    def __str__(self) -> str:
        """Return the SHA-256 of the content, by which idempotency compares request bodies."""
        return str(self.file)

    @property
    def size(self) -> int:
        """Number of bytes, under the name that Django forms read."""
        return self.file.byte_count

    @property
    def row_estimate(self) -> int:
        """Upper estimate of rows: the lines of a text, or what fits into the bytes of a workbook."""
        return self.size // _MIN_PACKED_ROW_BYTES if self.signature.startswith(b"PK") else self.line_count

    def write(self, data: bytes) -> None:
        """Append bytes. Raises ``BodyTooLargeError``, :class:`StorageFullError`, ``UnavailableError``."""
        self.line_count += data.count(b"\n")
        self.signature = self.signature or data[:_SIGNATURE_BYTES]
        self.file.write(data)

    def finish(self) -> None:
        """Have the whole file kept. Raises :class:`StorageFullError` and ``UnavailableError``."""
        self.file.finish()

    def close(self) -> None:
        """Close the file and delete it unless a job keeps it; a day later where its place does not answer."""
        self.file.close()
        if not self.is_kept:
            with contextlib.suppress(OSError):
                delete_job_folder(self.id)


class ClosableHandler(FileUploadHandler):
    """A handler of files that must be told when the request is over."""

    def close(self) -> None:
        """Close what has arrived, and delete what nobody keeps."""
        raise NotImplementedError


class EncryptedUploadHandler(ClosableHandler):
    """Passes the one file of a form to an :class:`Upload` without holding it in memory."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.upload: Upload | None = None

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any, **__: Any) -> None:
        """Refuse a request whose declared length is too large before any of it is read."""
        if content_length > settings.JOB_MAX_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLargeError(_describe_limit())

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Start the upload. Raises ``ValidationError`` for a second file or another field."""
        super().new_file(*args, **kwargs)
        if self.field_name != UPLOAD_FIELD or self.upload is not None:
            raise ValidationError({str(self.field_name): [f"Send one file, in the field {UPLOAD_FIELD}."]})
        self.upload = Upload(self.file_name or "")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Append a chunk to the upload."""
        if self.upload:
            self.upload.write(raw_data)

    def file_complete(self, file_size: int) -> Upload | None:  # type: ignore[override]
        """Finish the upload and return it."""
        if self.upload:
            self.upload.finish()
        return self.upload

    def close(self) -> None:
        """Close the upload, which deletes it unless a job keeps it."""
        if self.upload:
            self.upload.close()


def _describe_failure(error: OSError) -> APIException:
    """Return what the sender is told: there is no room, or the place of files does not answer."""
    return StorageFullError() if error.errno in _NO_ROOM else UnavailableError()


def _describe_limit() -> str:
    return f"The file is larger than {settings.JOB_MAX_BYTES} bytes."
