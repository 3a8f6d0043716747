"""What leaves with a span: only attributes of a list, never the text of a statement, an address or an error.

Libraries put SQL, paths, queries and messages of exceptions into spans, and all of these can quote a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

ALLOWED = frozenset(
    {
        "celery.action",
        "celery.state",
        "celery.task_name",
        "db.system",
        "db.system.name",
        "exception.type",
        "http.method",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "http.status_code",
        "messaging.destination",
        "messaging.operation",
    }
)
"""Attributes whose values are words of the program."""


class RedactingExporter(SpanExporter):
    """Passes spans on with what :data:`ALLOWED` lets through."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans, redacted."""
        return self._exporter.export([redact_span(span) for span in spans])

    def shutdown(self) -> None:
        """End the exporter behind it."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Let the exporter behind it send what it holds."""
        return self._exporter.force_flush(timeout_millis)


def redact_span(span: ReadableSpan) -> ReadableSpan:
    """Return the span without any value that could hold a name; times and relations stay."""
    return ReadableSpan(
        name=_redact_name(span),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_select_attributes(span.attributes),
        events=[_redact_event(event) for event in span.events],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _redact_event(event: Event) -> Event:
    return Event(event.name, _select_attributes(event.attributes), event.timestamp)


def _redact_name(span: ReadableSpan) -> str:
    """Return the name; of a statement only its first word."""
    attributes = span.attributes or {}
    is_statement = "db.system" in attributes or "db.system.name" in attributes
    return span.name.split(maxsplit=1)[0] if is_statement and span.name else span.name


def _select_attributes(attributes: Attributes) -> dict[str, str | bool | int | float]:
    return {
        name: value
        for name, value in (attributes or {}).items()
        if name in ALLOWED and isinstance(value, str | bool | int | float)
    }
