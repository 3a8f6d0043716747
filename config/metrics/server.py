"""``/metrics`` of programs without a web server: worker and beat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.exposition import ThreadingWSGIServer

from config.metrics.exposition import is_allowed, render_metrics

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class QuietHandler(WSGIRequestHandler):
    """Answers without a line on standard error for each request."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


def start_server() -> ThreadingWSGIServer | None:
    """Serve the metrics of this program on ``METRICS_PORT`` in a thread; ``None`` where it is not set."""
    if not settings.METRICS_PORT:
        return None
    server = make_server(
        settings.METRICS_HOST,
        settings.METRICS_PORT,
        answer,
        ThreadingWSGIServer,
        handler_class=QuietHandler,
    )
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request for ``/metrics``, and nothing else."""
    if environ["PATH_INFO"] != "/metrics":
        start_response("404 Not Found", [])
        return []
    if not is_allowed(environ.get("HTTP_AUTHORIZATION", "")):
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"A bearer token is needed: METRICS_TOKEN.\n"]
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
    return [render_metrics(with_installation=False)]
