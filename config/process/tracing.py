"""Traces by OpenTelemetry, sent over OTLP: off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set.

Imported by the programs when it is, because its packages are an extra. One trace runs from a request through
PostgreSQL and Redis to the tasks that it sends and to MLflow; its id is in the log lines of all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import structlog
from celery.signals import task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from config.process.span_redaction import RedactingExporter

_PROBES = "/health$,/ready$,/heartbeats$,/metrics$"
_OUTER_MIDDLEWARE = "config.web.middleware.RequestContextMiddleware"
"""Binds the ids of a request and forgets them at its end; the trace begins inside of it."""


def start(role: str) -> None:
    """Trace this process, ``web``, ``worker`` or ``beat``. In a forked one: the sender is a thread.

    Whether a trace is kept follows from its id, so every process decides alike and a client cannot decide it.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"legal-names-{role}"}),
        sampler=TraceIdRatioBased(settings.TRACING_SHARE),
    )
    provider.add_span_processor(BatchSpanProcessor(RedactingExporter(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    Psycopg2Instrumentor().instrument(skip_dep_check=True)
    RedisInstrumentor().instrument()
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    if role == "web":
        _instrument_web()
    else:
        task_prerun.connect(_bind_task, weak=False)
        _instrument_mlflow()


def _instrument_web() -> None:
    DjangoInstrumentor().instrument(
        middleware_position=settings.MIDDLEWARE.index(_OUTER_MIDDLEWARE) + 1,
        excluded_urls=_PROBES,
        request_hook=_bind_request,
        response_hook=_add_header,
    )


def _instrument_mlflow() -> None:
    """Trace MLflow's store or server; images of web servers hold neither of these packages."""
    instrumentor = import_module("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor()
    instrumentor.instrument(
        skip_dep_check=True
    )  # its range ends before our version; the system test sees its spans
    import_module("opentelemetry.instrumentation.requests").RequestsInstrumentor().instrument()


def _bind_request(span: trace.Span, _request: HttpRequest) -> None:
    structlog.contextvars.bind_contextvars(trace_id=_format_id(span))


def _bind_task(**_: Any) -> None:
    """Bind the trace of the task that begins to its log lines; connected after the one that starts it."""
    structlog.contextvars.bind_contextvars(trace_id=_format_id(trace.get_current_span()))


def _add_header(span: trace.Span, _request: HttpRequest, response: HttpResponse) -> None:
    context = span.get_span_context()
    span_id = trace.format_span_id(context.span_id)
    response["traceparent"] = f"00-{_format_id(span)}-{span_id}-{context.trace_flags:02x}"


def _format_id(span: trace.Span) -> str:
    return trace.format_trace_id(span.get_span_context().trace_id)
