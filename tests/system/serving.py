"""The real web server on real servers of its own, and clients that keep asking while things break."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from config.local.embedded import EmbeddedServers
from config.local.ports import find_free_port
from tests.system.template import begin_prepared

EMAIL, PASSWORD = "boss@example.com", "correct horse battery staple"
NOBODY_LISTENS = "http://127.0.0.1:1"
PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Reply:
    """What came back, or that nothing did (status 0)."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def is_a_clean_refusal(self) -> bool:
        """Say whether it is a problem that tells when to try again, and nothing of the fault."""
        document = self.body if isinstance(self.body, dict) else {}
        kind, wait = self.headers.get("content-type", ""), self.headers.get("retry-after", "")
        return (
            self.status == 503
            and kind.startswith("application/problem+json")
            and wait.isdigit()
            and int(wait) > 0
            and set(document) <= {"type", "title", "status", "code", "detail", "request_id"}
        )


class Web:
    """gunicorn with the product, on a port of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.port = find_free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(home),
            "PORT": str(self.port),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self.log = home / f"web-{self.port}.log"

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config=python:config.process.gunicorn", "config.wsgi"]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=self.environment, stdout=output, stderr=output
            )
        wait_for(lambda: self.ask("GET", "/health").status == 200)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)

    def workers(self) -> list[int]:
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listing.split()]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Send bytes or JSON on a connection of its own; a broken connection is the reply 0."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if body is None or isinstance(body, bytes) else json.dumps(body)
        try:
            connection.request(method, path, text, {"Content-Type": "application/json", **named})
            answer = connection.getresponse()
            raw = answer.read()
            found = {name.lower(): value for name, value in answer.getheaders()}
            is_json = "json" in found.get("content-type", "")
            return Reply(answer.status, found, json.loads(raw) if is_json else raw)
        except (OSError, http.client.HTTPException):
            return Reply(0, {}, None)
        finally:
            connection.close()

    def sign_in(self) -> Reply:
        return self.ask("POST", "/api/v1/token", {"email": EMAIL, "password": PASSWORD})

    def bearer(self) -> dict[str, str]:
        answer = self.sign_in()
        assert answer.status == 200, answer
        return {"Authorization": f"Bearer {answer.body['access']}"}


class Crowd:
    """Clients that ask for comparisons until told to stop, and repeat each by its key until it is done.

    ``replies`` holds every reply; ``done`` the id that each finished request was answered with.
    """

    def __init__(self, web: Web, bearer: dict[str, str], size: int = 4) -> None:
        self.web, self.bearer = web, bearer
        self.replies: list[Reply] = []
        self.done: list[str] = []
        self._stop, self._give_up = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(size)]

    @contextmanager
    def asking(self) -> Iterator["Crowd"]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        except BaseException:
            self._give_up.set()
            raise
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def finishes_more(self, number: int = 4) -> None:
        """Wait until so many further requests are done."""
        goal = len(self.done) + number
        wait_for(lambda: len(self.done) >= goal)

    def _ask(self, number: int) -> None:
        for turn in range(10_000):
            if self._stop.is_set():
                return
            self._finish({"name1": f"Acme {number} {turn}, Inc.", "name2": "ACME Incorporated"})

    def _finish(self, pair: dict[str, str]) -> None:
        key = uuid.uuid4().hex
        while not self._give_up.is_set():
            reply = self.web.ask("POST", "/api/v1/compare", pair, Idempotency_Key=key, **self.bearer)
            self.replies.append(reply)
            if reply.status == 201:
                self.done.append(reply.body["id"])
                return
            time.sleep(0.2)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)


def prepared(home: Path) -> EmbeddedServers:
    """Servers that lose nothing, with the product's tables, model and one administrator."""
    begin_prepared(home)
    servers = EmbeddedServers(home)
    servers.acquire()
    web = Web(home, ADMIN_EMAIL=EMAIL, ADMIN_PASSWORD=PASSWORD)
    subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=settings.BASE_DIR,
        env=web.environment,
        check=True,
        capture_output=True,
    )
    return servers


def crash(servers: EmbeddedServers) -> None:
    """Stop PostgreSQL as a power cut would: at once, nothing finished."""
    pid = int((servers.postgres.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGQUIT)
    wait_for(lambda: not servers.postgres.is_running())
