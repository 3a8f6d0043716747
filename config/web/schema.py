"""The OpenAPI document as it is served: made once in a process, by one thread."""

from __future__ import annotations

from threading import Lock
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request

_lock = Lock()
_documents: list[dict[str, Any]] = []


class SharedSchemaGenerator:
    """Gives every request the same document: it depends on the program alone, not on who asks.

    drf-spectacular keeps what it is working on in attributes of serializers and views, so two threads that
    generate at once fail.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options

    def get_schema(self, request: Request | None = None, public: bool = False) -> dict[str, Any]:
        """Return the document; the first caller makes it, and those who come meanwhile wait."""
        with _lock:
            if not _documents:
                generator = SchemaGenerator(**self._options)  # type: ignore[no-untyped-call]
                _documents.append(generator.get_schema(request, public))  # type: ignore[no-untyped-call]
            return _documents[0]
