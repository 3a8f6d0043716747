"""Where the processor time of one `compare` goes: stages of the program as it is, timed in this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import getattr_static
from io import BytesIO
from statistics import median
from typing import Any
from unittest.mock import patch

from django.core.handlers.wsgi import WSGIHandler

Body = bytes

STAGES: Mapping[str, Sequence[str]] = {
    "sign-in: token, user and permissions in one query": (
        "accounts.auth.authentication.TokenAuthentication.authenticate",
    ),
    "throttles": ("rest_framework.views.APIView.check_throttles",),
    "body: read, parse, check": (
        "rest_framework.request.Request._load_data_and_files",
        "matching.api.serializers.CompareRequestSerializer.parse_in_matter",
    ),
    "comparison, or its look in the cache": ("matching.compare.service.compare_cached",),
    "draft of the row": ("matching.compare.service.draft_prediction",),
    "key of a precedent": ("matching.compare.precedents.compute_precedent_key",),
    "four texts encrypted": ("accounts.encryption.fields.encrypt_text",),
    "insert, unless a precedent answers": (
        "matching.compare.service.insert_unless_decided",
        "django.db.models.Model.save",
    ),
    "metrics": ("matching.compare.service.observe_comparison",),
    "answer: built and written": (
        "matching.api.views.serialize_prediction",
        "accounts.api.renderers.OrjsonRenderer.render",
    ),
}
"""What is timed, each without what it calls of the others."""

REST = "everything else: handler, middleware, routing, Django REST framework"


class _Clock:
    """Processor time of this thread by stage, each without the stages within it."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._open = [REST]
        self._since = time.thread_time()

    def _switch(self) -> None:
        now = time.thread_time()
        self.spent[self._open[-1]] += now - self._since
        self._since = now

    def enter(self, stage: str) -> None:
        self._switch()
        self._open.append(stage)

    def leave(self) -> None:
        self._switch()
        self._open.pop()

    def take(self) -> dict[str, float]:
        """Return what was spent since the last call."""
        self._switch()
        spent, self.spent = self.spent, defaultdict(float)
        return spent


@contextmanager
def _timed_stages(clock: _Clock) -> Iterator[None]:
    with ExitStack() as patches:
        for stage, names in STAGES.items():
            for name in names:
                patches.enter_context(_timed(clock, stage, name))
        yield


def _timed(clock: _Clock, stage: str, name: str) -> Any:
    """Return a patch of a function or method that counts its time."""
    patcher = patch(name)
    owner, attribute = patcher.getter(), name.rpartition(".")[2]
    kept = getattr_static(owner, attribute)
    timed = _wrap(clock, stage, getattr(kept, "__func__", kept))
    return patch.object(owner, attribute, classmethod(timed) if isinstance(kept, classmethod) else timed)


def _wrap(clock: _Clock, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        clock.enter(stage)
        try:
            return function(*arguments, **named)
        finally:
            clock.leave()

    return run


def measure(token: str, bodies: Sequence[Body], requests: int) -> dict[str, dict[str, float]]:
    """Return microseconds by contestant and stage, medians; contestants take turns, one request each."""
    application, clock = WSGIHandler(), _Clock()
    for body in bodies[:50]:
        _ask(application, "/yardstick", token, body)
        _ask(application, "/api/v1/compare", token, body)
    seen: dict[str, list[dict[str, float]]] = defaultdict(list)
    with _timed_stages(clock):
        for body in bodies[50 : 50 + requests]:
            for name, path in (
                ("yardstick", "/yardstick"),
                ("uncached", "/api/v1/compare"),
                ("cached", "/api/v1/compare"),
            ):
                clock.take()
                _ask(application, path, token, body)
                seen[name].append(clock.take())
    return {name: _find_medians(spent) for name, spent in seen.items()}


def _ask(application: WSGIHandler, path: str, token: str, body: Body) -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    statuses: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return bytes

    answer = application(environ, start)
    b"".join(answer)
    answer.close()
    if not statuses[0].startswith("201"):
        raise RuntimeError(f"{path} answered {statuses[0]}")


def _find_medians(spent: Sequence[Mapping[str, float]]) -> dict[str, float]:
    stages = [*STAGES, REST]
    medians = {stage: median(one.get(stage, 0.0) for one in spent) * 1e6 for stage in stages}
    return {**medians, "all": median(sum(one.values()) for one in spent) * 1e6}


def report(measured: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield the table: microseconds and shares, without what waits for PostgreSQL and Valkey."""
    names = ("yardstick", "uncached", "cached")
    yield "| processor time of one request in the web process, µs | yardstick | uncached | cached |"
    yield "|---|---|---|---|"
    for stage in (*STAGES, REST, "all"):
        cells = [f"{measured[name][stage]:,.0f}" for name in names]
        yield f"| {stage} | {' | '.join(cells)} |"
    shares = [f"{measured['yardstick']['all'] / measured[name]['all']:.0%}" for name in names]
    yield f"| rate by processor time, of the yardstick | {' | '.join(shares)} |"
