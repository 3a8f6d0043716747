"""Parser of the form that uploads a file over the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from accounts.api.parsers import BodyTooLargeError
from matching.jobs.upload_handler import UPLOAD_FIELD, EncryptedUploadHandler


class UploadParser(BaseParser):
    """Parses ``multipart/form-data``: fields as text, the file encrypted on disk."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the fields and the upload.

        Raises ``ParseError``, ``BodyTooLargeError``, ``ValidationError`` and ``StorageFullError``.
        """
        request = (parser_context or {})["request"]
        handler = EncryptedUploadHandler(request)
        try:
            fields, files = self._parse_form(request, stream, handler, media_type or "")
        except BaseException:
            handler.close()
            raise
        return {
            **{name: fields[name] for name in fields},
            **({UPLOAD_FIELD: files[UPLOAD_FIELD]} if UPLOAD_FIELD in files else {}),
        }

    def _parse_form(
        self, request: Any, stream: Any, handler: EncryptedUploadHandler, media_type: str
    ) -> tuple[Any, Any]:
        try:
            return MultiPartParser({**request.META, "CONTENT_TYPE": media_type}, stream, [handler]).parse()
        except MultiPartParserError as error:
            raise ParseError(f"The form cannot be read: {error}.") from None
        except RequestDataTooBig:
            raise BodyTooLargeError("The fields beside the file are too large.") from None
        except SuspiciousOperation:
            raise ParseError("The form has too many fields.") from None
