"""Clients of the soak: comparisons at a steady rate and bulk jobs, each repeated until acknowledged."""

import csv
import http.client
import io
import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from tests.system.background import run_beside

CLIENTS = 8
JOB_ROWS = 4_000
JOB_PAUSE_SECONDS = 10.0
RETRY_SECONDS = 0.2
PROBE_SECONDS = 15.0
FINAL_STATES = ("succeeded", "failed", "cancelled")

Pair = tuple[str, str]


class Answer(NamedTuple):
    """An acknowledged comparison; ``at`` in monotonic seconds, ``pair`` the number of the pair."""

    at: float
    id: str
    pair: int
    verdict: str
    prediction: bool
    confidence: float | None
    version: str


class Failure(NamedTuple):
    """A request that was not answered as asked; status 0: the connection broke."""

    at: float
    status: int
    is_clean: bool


class JobRow(NamedTuple):
    """One row of a result."""

    id: str
    verdict: str
    version: str


@dataclass
class Job:
    """An acknowledged bulk job of the pairs from ``first``; ``rows`` hold what counts of its result."""

    id: str
    first: int
    expected_rows: int = JOB_ROWS
    status: str = ""
    rows: list[JobRow] = field(default_factory=list)


class Connection:
    """One client's connection, opened again after it broke."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Api-Key {key}"}

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, bytes]:
        """Return status, content type and body; status 0 when the connection broke."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(method, path, body, {**self._headers, **named})
            response = self._connection.getresponse()
            return response.status, response.headers.get("Content-Type", ""), response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, "", b""


class Load:
    """Comparisons by several clients; everything that was acknowledged, and every failure on the way."""

    def __init__(self, port: int, key: str, pairs: Sequence[Pair]) -> None:
        self.port, self.key, self.pairs = port, key, pairs
        self.answers: list[Answer] = []
        self.failures: list[Failure] = []
        self._numbers = itertools.count()

    @contextmanager
    def asking(self, rate: float | None = None) -> Iterator[None]:
        """Ask at this rate a second, without one as fast as answers come; finish what is under way."""
        interval = CLIENTS / rate if rate else 0.0
        with run_beside(partial(self._ask, interval), CLIENTS):
            yield

    def _ask(self, interval: float, over: threading.Event) -> None:
        connection, due = Connection(self.port, self.key), time.monotonic()
        while not over.wait(max(0.0, due - time.monotonic())):
            self._finish(connection, next(self._numbers) % len(self.pairs))
            due = max(due + interval, time.monotonic())  # what an outage kept back is not made up for

    def _finish(self, connection: Connection, number: int) -> None:
        """Ask for one pair until it is answered, under one key."""
        key, pair = uuid.uuid4().hex, self.pairs[number]
        body = json.dumps({"name1": pair[0], "name2": pair[1]}).encode()
        while True:
            status, kind, content = connection.ask(
                "POST", "/api/v1/compare", body, Content_Type="application/json", Idempotency_Key=key
            )
            if status == 201:
                self.answers.append(_read_answer(json.loads(content), number))
                return
            is_clean = status == 503 and kind.startswith("application/problem+json")
            self.failures.append(Failure(time.monotonic(), status, is_clean))
            if not _is_worth_repeating(status):
                return
            time.sleep(RETRY_SECONDS)


def _is_worth_repeating(status: int) -> bool:
    """Say whether the answer may be another one later: after a fault, or after the request under way."""
    return status in (0, 409) or status >= 500


def _read_answer(body: dict[str, Any], number: int) -> Answer:
    verdict, version = body["verdict"], body["model"]["version"]
    return Answer(
        time.monotonic(), body["id"], number, verdict, body["prediction"], body["confidence"], version
    )


class Jobs:
    """Bulk jobs one after the other; an acknowledged one is followed to its end."""

    def __init__(self, port: int, key: str, pairs: Sequence[Pair]) -> None:
        self.connection, self.pairs = Connection(port, key), pairs
        self.done: list[Job] = []

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send jobs; at the end wait for the one that is under way."""
        with run_beside(self._send):
            yield

    def _send(self, over: threading.Event) -> None:
        starts = itertools.cycle(range(0, len(self.pairs) - JOB_ROWS, JOB_ROWS))
        while not over.wait(JOB_PAUSE_SECONDS):
            job = Job("", next(starts))
            self.done.append(job)
            self._run(job)

    def _run(self, job: Job) -> None:
        key, body = uuid.uuid4().hex, _build_form(self.pairs[job.first : job.first + JOB_ROWS])
        kind = "multipart/form-data; boundary=soak"
        answer = self._insist("POST", "/api/v1/jobs", body, Content_Type=kind, Idempotency_Key=key)
        job.id = json.loads(answer)["id"]
        while job.status not in FINAL_STATES:
            time.sleep(1)
            job.status = json.loads(self._insist("GET", f"/api/v1/jobs/{job.id}"))["status"]
        if job.status == "succeeded":
            content = self._insist("GET", f"/api/v1/jobs/{job.id}/result").decode()
            rows = csv.DictReader(io.StringIO(content, newline=""))
            job.rows = [JobRow(row["id"], row["verdict"], row["model_version"]) for row in rows]

    def _insist(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """Ask until there is a good answer. Raises ``ValueError`` for a refusal."""
        while True:
            status, _, content = self.connection.ask(method, path, body, **headers)
            if status in (200, 201):
                return content
            if not _is_worth_repeating(status):
                raise ValueError(f"{method} {path} was answered with {status}: {content!r}")
            time.sleep(RETRY_SECONDS)


@contextmanager
def probing(port: int) -> Iterator[None]:
    """Ask for the heartbeats as a monitoring outside does: that raises the alert on what is silent."""
    connection = Connection(port, "")

    def probe(over: threading.Event) -> None:
        while not over.wait(PROBE_SECONDS):
            connection.ask("GET", "/heartbeats")

    with run_beside(probe):
        yield


def _build_form(pairs: Sequence[Pair]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("id", "name1", "name2"), *((at, *pair) for at, pair in enumerate(pairs))])
    head = '--soak\r\nContent-Disposition: form-data; name="file"; filename="pairs.csv"\r\n\r\n'
    return f"{head}{out.getvalue()}\r\n--soak--\r\n".encode()


def list_stored(port: int, key: str) -> dict[str, str]:
    """Return the verdict of every stored prediction of the client by its id, as the API lists them."""
    connection, stored = Connection(port, key), {}
    query: str | None = "limit=200"
    while query is not None:
        status, _, content = connection.ask("GET", f"/api/v1/predictions?{query}")
        assert status == 200, (status, content)
        page = json.loads(content)
        stored.update({str(row["id"]): str(row["verdict"]) for row in page["results"]})
        query = f"limit=200&cursor={page['next']}" if page["next"] else None
    return stored
