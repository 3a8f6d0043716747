"""Receive documents: encrypted while they arrive, written straight to their place, within their limits."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser

from accounts.api.parsers import BodyTooLargeError
from accounts.ids import uuid7
from feedback.models import MAX_DOCUMENT_BYTES
from feedback.requests.document_files import build_file_name, delete_document_file
from matching.jobs.upload_handler import ClosableHandler, UploadFile
from matching.jobs.upload_parser import parse_form

DOCUMENTS_FIELD = "files"
MAX_FILES = 5
"""Most documents of one request."""

_MAX_NAME_LENGTH = 150
_MAX_MEGABYTES = MAX_DOCUMENT_BYTES // 2**20


class DocumentUpload:
    """A document that has arrived. :meth:`close` deletes it unless ``is_kept`` is true."""

    def __init__(self, name: str, stated_type: str) -> None:
        self.id = uuid7()
        self.name = clean_file_name(name)
        self.stated_type = stated_type
        self.is_kept = False
        refusal = gettext("A document is larger than {size} MB.").format(size=_MAX_MEGABYTES)
        self.file = UploadFile(build_file_name(self.id), MAX_DOCUMENT_BYTES, refusal)

    def __str__(self) -> str:
        """Return the SHA-256 of the content, by which idempotency compares request bodies."""
        return str(self.file)

    def read(self) -> bytes:
        """Return the whole content."""
        with self.file.open() as file:
            return file.read()

    def close(self) -> None:
        """Close the file and delete it unless it is kept; a day later where its place does not answer."""
        self.file.close()
        if not self.is_kept:
            with contextlib.suppress(OSError):
                delete_document_file(self.id)


class DocumentUploadHandler(ClosableHandler):
    """Passes the files of a form to one :class:`DocumentUpload` each, without holding them in memory."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.uploads: list[DocumentUpload] = []

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *_: Any, **__: Any) -> None:
        """Refuse a request whose declared length is too large before any of it is read."""
        if content_length > MAX_FILES * MAX_DOCUMENT_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLargeError(_describe_limits())

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Start an upload. Raises ``ValidationError`` for one too many and for another field."""
        super().new_file(*args, **kwargs)
        if self.field_name != DOCUMENTS_FIELD:
            text = gettext("Send files in the field {field}.").format(field=DOCUMENTS_FIELD)
            raise ValidationError({str(self.field_name): [text]})
        if len(self.uploads) == MAX_FILES:
            raise ValidationError({DOCUMENTS_FIELD: [_describe_limits()]})
        self.uploads.append(DocumentUpload(self.file_name or "", self.content_type or ""))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Append a chunk to the upload."""
        self.uploads[-1].file.write(raw_data)

    def file_complete(self, file_size: int) -> DocumentUpload:  # type: ignore[override]
        """Finish the upload and return it."""
        self.uploads[-1].file.finish()
        return self.uploads[-1]

    def close(self) -> None:
        """Close the uploads, which deletes those that are not kept."""
        for upload in self.uploads:
            upload.close()


class DocumentParser(BaseParser):
    """Parses ``multipart/form-data``: fields as text, the files encrypted on disk."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the fields and the list of uploads.

        Raises ``ParseError``, ``BodyTooLargeError``, ``ValidationError``, ``StorageFullError`` and
        ``UnavailableError``.
        """
        request = (parser_context or {})["request"]
        handler = DocumentUploadHandler(request)
        fields, _ = parse_form(request.META, stream, media_type, handler, "the files")
        return {**fields, DOCUMENTS_FIELD: handler.uploads}


def clean_file_name(name: str) -> str:
    """Return a file name without control, invisible and direction characters, shortened before its ending."""
    shown = "".join(each for each in name if unicodedata.category(each)[0] != "C")
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending) > len("jpeg"):
        return shown[:_MAX_NAME_LENGTH] or "document"
    return f"{stem[: _MAX_NAME_LENGTH - len(ending)] or 'document'}.{ending}"


def _describe_limits() -> str:
    text = gettext("Send up to {count} files of up to {size} MB each at once.")
    return text.format(count=MAX_FILES, size=_MAX_MEGABYTES)
