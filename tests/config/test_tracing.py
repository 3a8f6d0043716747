"""Spans leave without names, and the id of a request crosses to its tasks."""

import json
import subprocess
import sys
from typing import Any

import pytest
import redis
import structlog
from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config import env
from config.metrics import tasks
from config.process.span_redaction import RedactingExporter

MARKER = "Zyxwvut Marker Ltd"


def test_a_span_keeps_words_of_the_program_and_loses_every_text() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(RedactingExporter(kept)))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("POST api/v1/compare") as span:
        span.set_attribute("http.route", "api/v1/compare")
        span.set_attribute("url.query", MARKER)
        span.add_event("read", {"text": MARKER})
        span.record_exception(ValueError(MARKER))
    with tracer.start_as_current_span(f"SELECT {MARKER}") as span:
        span.set_attribute("db.system", "postgresql")
        span.set_attribute("db.statement", f"SELECT '{MARKER}'")
        span.set_status(trace.StatusCode.ERROR, MARKER)
    first, second = kept.get_finished_spans()
    assert "Marker" not in first.to_json() + second.to_json()
    assert dict(first.attributes or {}) == {"http.route": "api/v1/compare"}
    assert [dict(event.attributes or {}) for event in first.events] == [{}, {"exception.type": "ValueError"}]
    assert (second.name, second.status.status_code) == ("SELECT", trace.StatusCode.ERROR)


def test_a_message_carries_the_request_that_caused_it_and_the_time() -> None:
    broker = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    broker.delete("train")
    with structlog.contextvars.bound_contextvars(request_id="request-0001"):
        current_app.send_task("made.up", queue="train")
    message: Any = broker.lpop("train")
    headers = json.loads(message)["headers"]
    assert headers["request_id"] == "request-0001"
    assert headers["sent_at"] > 1_700_000_000


def test_log_lines_of_a_task_have_its_request_and_later_ones_do_not() -> None:
    class Task:
        name = "made.up"

        class request:
            request_id = "request-0001"

    tasks.begin_task("an id", Task)
    bound = structlog.contextvars.get_contextvars()
    tasks.end_task("an id", Task, "SUCCESS")
    assert (bound["request_id"], bound["task"]) == ("request-0001", "made.up")
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_tracing_is_off_and_not_even_imported_by_default() -> None:
    code = "import config.wsgi, sys; print('config.process.tracing' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert (settings.TRACING, done.stdout.strip()) == (False, "False")


@pytest.mark.parametrize("share", ["2", "-1", "much", "nan"])
def test_a_share_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, share: str) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
    with pytest.raises(ImproperlyConfigured, match="from 0 to 1"):
        env.read_share("OTEL_TRACES_SAMPLER_ARG", 0.05)
