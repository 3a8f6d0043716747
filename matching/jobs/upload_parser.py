"""Parser of the form that uploads a file over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from accounts.api.parsers import BodyTooLargeError
from matching.jobs.upload_handler import UPLOAD_FIELD, ClosableHandler, EncryptedUploadHandler


class UploadParser(BaseParser):
    """Parses ``multipart/form-data``: fields as text, the file encrypted on disk."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the fields and the upload.

        Raises ``ParseError``, ``BodyTooLargeError``, ``ValidationError``, ``StorageFullError`` and
        ``UnavailableError``.
        """
        request = (parser_context or {})["request"]
        handler = EncryptedUploadHandler(request)
        fields, files = parse_form(request.META, stream, media_type, handler, "the file")
        return {**fields, **({UPLOAD_FIELD: files[UPLOAD_FIELD]} if UPLOAD_FIELD in files else {})}


def parse_form(
    meta: Mapping[str, Any], stream: Any, media_type: str | None, handler: ClosableHandler, described: str
) -> tuple[dict[str, Any], Any]:
    """Return the fields of a form and its files, which go to the handler; it is closed when that fails.

    ``meta`` is that of the request, ``described`` names the files in messages. Raises ``ParseError``,
    ``BodyTooLargeError`` and what the handler raises.
    """
    try:
        fields, files = _read_form({**meta, "CONTENT_TYPE": media_type or ""}, stream, handler, described)
    except BaseException:
        handler.close()
        raise
    return {name: fields[name] for name in fields}, files


def _read_form(
    meta: dict[str, Any], stream: Any, handler: ClosableHandler, described: str
) -> tuple[Any, Any]:
    try:
        return MultiPartParser(meta, stream, [handler]).parse()
    except MultiPartParserError as error:
        raise ParseError(f"The form cannot be read: {error}.") from None
    except RequestDataTooBig:
        raise BodyTooLargeError(f"The fields beside {described} are too large.") from None
    except SuspiciousOperation:
        raise ParseError("The form has too many fields.") from None
