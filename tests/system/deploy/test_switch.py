"""Blue and green under load: two switches and one failed deploy, and nobody notices.

nginx, HAProxy, PostgreSQL and Valkey are real; each colour is gunicorn, the worker and beat move with it.
"""

import http.client
import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.system.deploy.edge import Answer, Edge, send
from tests.system.deploy.fleet import Fleet, wait_until
from tests.system.serving import EMAIL, PASSWORD

REQUESTS = 5_000
CLIENTS = 8
ROWS = 6_000
PREDICTIONS = "SELECT count(*) FROM predictions"


class Load:
    """Clients that compare, read and fetch files through the gateway until told to stop."""

    def __init__(self, edge: Edge, bearer: dict[str, str]) -> None:
        self.edge, self.bearer = edge, bearer
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.failures: list[Answer] = []
        self._lock, self._stop = threading.Lock(), threading.Event()

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @contextmanager
    def running(self) -> Iterator["Load"]:
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(self._ask, number) for number in range(CLIENTS)]
            try:
                yield self
            finally:
                self._stop.set()
        for client in clients:
            client.result()

    def reaches(self, total: int) -> None:
        wait_until(lambda: self.total >= total)

    def _ask(self, number: int) -> None:
        """One client at an address of its own, on a connection that is kept."""
        connection = self.edge.connect(f"127.0.1.{number + 1}")
        turn = 0
        while not self._stop.is_set():
            turn += 1
            kind, answer = self._ask_once(connection, f"Heron {number} {turn}", turn)
            with self._lock:
                self.statuses[kind, answer.status] += 1
                if answer.status not in {200, 201}:
                    self.failures.append(answer)
        connection.close()

    def _ask_once(self, connection: http.client.HTTPSConnection, name: str, turn: int) -> tuple[str, Answer]:
        if turn % 4 == 0:
            return "file", send(connection, "GET", "/static/both.css")
        if turn % 4 == 2:
            return "read", send(connection, "GET", "/api/v1/me", None, self.bearer)
        pair = {"name1": f"{name} Ltd", "name2": f"{name} Limited"}
        return "compare", send(connection, "POST", "/api/v1/compare", pair, self.bearer)


class SlowUpload:
    """A bulk file that is sent piece by piece until told to finish."""

    BOUNDARY = "a-boundary"

    def __init__(self, edge: Edge, bearer: dict[str, str]) -> None:
        self.connection, self.bearer = edge.connect("127.0.2.1"), bearer
        rows = "".join(f"Crane {number} Ltd,Crane {number} Limited\n" for number in range(ROWS))
        disposition = 'Content-Disposition: form-data; name="file"; filename="pairs.csv"'
        head = f"--{self.BOUNDARY}\r\n{disposition}\r\n\r\n"
        self.body = f"{head}name1,name2\n{rows}\r\n--{self.BOUNDARY}--\r\n".encode()
        self.finish = threading.Event()
        self.answer = Answer(0, {}, b"never sent")

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._send)
        thread.start()
        return thread

    def _send(self) -> None:
        connection = self.connection
        connection.putrequest("POST", "/api/v1/jobs")
        media = f"multipart/form-data; boundary={self.BOUNDARY}"
        named = {"Content-Type": media, "Content-Length": str(len(self.body)), **self.bearer}
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        sent = 0
        while not self.finish.is_set() and sent < len(self.body) // 2:
            connection.send(self.body[sent : sent + 500])
            sent += 500
            self.finish.wait(1)
        connection.send(self.body[sent:])
        response = connection.getresponse()
        self.answer = Answer(response.status, {}, response.read())


def test_two_switches_and_a_failed_deploy_under_load_and_nobody_notices(fleet: Fleet) -> None:
    bearer = fleet.edge.sign_in(EMAIL, PASSWORD)
    before = fleet.ask_database(PREDICTIONS)
    upload, load = SlowUpload(fleet.edge, bearer), Load(fleet.edge, bearer)
    with load.running():
        load.reaches(300)
        failed = deploy_with_a_wrong_key(fleet)
        assert re.search("green was not ready within 15 s; blue answers", failed.stderr), failed
        load.reaches(load.total + 300)
        first = switch_during(fleet, upload)
        load.reaches(load.total + 300)
        second = fleet.switch("back")
        load.reaches(REQUESTS)
    tell(load, failed, first, second)

    assert (failed.returncode, first.returncode, second.returncode) == (1, 0, 0)
    assert load.failures == []
    assert fleet.live() == "blue"
    # No comparison was made twice: nothing sent is sent again.
    assert fleet.ask_database(PREDICTIONS) - before == load.statuses["compare", 201]


def test_a_piece_of_a_job_in_hand_is_finished_by_the_worker_that_is_stopped(fleet: Fleet) -> None:
    newest = "FROM batch_jobs ORDER BY created_at DESC LIMIT 1"
    wait_until(lambda: fleet.ask_database(f"SELECT (status = 'succeeded')::int {newest}") == 1)
    assert fleet.ask_database(f"SELECT rows_done {newest}") == ROWS
    assert fleet.ask_database(f"SELECT rows_failed {newest}") == 0
    chunks = f"FROM batch_chunks WHERE job_id = (SELECT id {newest})"
    assert fleet.ask_database(f"SELECT count(*) {chunks}") >= 2
    assert fleet.ask_database(f"SELECT max(attempts) {chunks}") == 1


def test_a_restart_of_the_balancer_keeps_the_colour(fleet: Fleet) -> None:
    assert fleet.switch("green").returncode == 0
    fleet.edge.restart_balancer()
    assert fleet.live() == "green"
    wait_until(lambda: fleet.edge.ask("GET", "/api/v1/me").status == 401)
    assert fleet.switch("green").stderr == "deploy/bin/switch: green is live already\n"


def test_one_beat_runs_and_only_the_live_colour(fleet: Fleet) -> None:
    running_now = sorted(path.stem for path in fleet.folder.glob("*.pid"))
    assert running_now == ["beat", "web-green", "worker"]
    beats = [line for line in list_processes() if "beat" in line and str(fleet.folder) in line]
    assert len(beats) == 1


def deploy_with_a_wrong_key(fleet: Fleet) -> "subprocess.CompletedProcess[str]":
    """A green that starts and never gets ready: its key does not verify the champion."""
    right = json.loads((fleet.folder / "green.json").read_text())
    fleet.tell("green", {**right, "ARTEFACT_KEY": "a key of another installation, long enough to be one"})
    failed = fleet.switch("green", SWITCH_READY_SECONDS="15")
    fleet.tell("green", right)
    return failed


def switch_during(fleet: Fleet, upload: SlowUpload) -> "subprocess.CompletedProcess[str]":
    """Switch to green while blue has an upload in hand, which then is finished."""
    sending = upload.start()
    with ThreadPoolExecutor(1) as pool:
        switching = pool.submit(fleet.switch, "green")
        try:
            wait_until(lambda: fleet.live() == "green" or switching.done())
            files = [fleet.edge.ask("GET", f"/static/{name}.css").status for name in ("blue", "green")]
            in_hand = not upload.answer.status and not switching.done()
        finally:
            upload.finish.set()
            sending.join()
    done = switching.result()
    assert files == [200, 200], done  # each colour has the files of its own pages
    assert in_hand, done  # blue is not stopped before it has answered
    assert upload.answer.status == 201, upload.answer
    return done


def list_processes() -> list[str]:
    """Command line and environment of every process that this user may see."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            texts = [(folder / name).read_bytes() for name in ("cmdline", "environ")]
        except OSError:
            continue
        found.append(b" ".join(texts).replace(b"\0", b" ").decode(errors="replace"))
    return found


def tell(load: Load, *switches: "subprocess.CompletedProcess[str]") -> None:
    """The figures, for whoever runs this with -s."""
    counts = ", ".join(f"{kind} {status}: {count}" for (kind, status), count in load.statuses.items())
    said = "".join(done.stdout + done.stderr for done in switches)
    sys.stdout.write(f"\n{load.total} requests, {len(load.failures)} failed ({counts})\n{said}")
