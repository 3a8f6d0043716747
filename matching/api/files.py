"""Responses that are files: their description in OpenAPI, their negotiation and their headers."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.renderers import BaseRenderer

from accounts.api.renderers import OrjsonRenderer
from matching.jobs.formats.registry import FORMATS

FILE_RESPONSES = {
    (200, file_format.content_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, "The file.")
    for file_format in FORMATS.values()
}
"""OpenAPI description of a response that is a file in one of the formats."""


class FileRenderer(BaseRenderer):
    """A renderer that accepts any media type, so that a client may ask for that of the file."""

    media_type = "*/*"
    format = "file"

    def render(self, data: object, *_: object, **__: object) -> bytes:
        """Return a problem as JSON; files are streamed without a renderer."""
        return OrjsonRenderer().render(data)


def stream_file(content: Iterable[bytes], format_id: str, file_name: str) -> StreamingHttpResponse:
    """Return a download that is written piece by piece and that no cache keeps."""
    response = StreamingHttpResponse(content, content_type=FORMATS[format_id].content_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name) or ""
    response.headers["Cache-Control"] = "no-store"
    return response
