"""A bulk job over two hosts that share PostgreSQL, Valkey and an object store, and nothing else.

Where it is measured, a host is a core: one host has one core of this machine, on which the stores work as
well; with the second host comes the second core, on which they may work, too. Twice as much is the most there
can be.

TWO_HOSTS_ROWS sets the size; TWO_HOSTS_PAGE names the page that gets the figures (`make prove-hosts`).
"""

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from config.local import postgres, valkey
from config.local.embedded import EmbeddedServers
from matching.benchmark.sections import replace_section
from matching.engine import EXECUTION
from tests.jobs import csv_file
from tests.object_store import connect, object_store
from tests.system.deploy.installation import build_environment
from tests.system.hosts.network import Host, connect_hosts
from tests.system.serving import EMAIL, PASSWORD, Web
from tests.system.template import begin_prepared

ROWS = int(os.environ.get("TWO_HOSTS_ROWS", "40000"))
PAGE = os.environ.get("TWO_HOSTS_PAGE", "")
PATIENCE_SECONDS = 900
CHUNK_SECONDS = 20
WORKER = ("celery", "--app=config", "worker", "--queues=default,jobs", "--concurrency=1", "--loglevel=INFO")
BEAT = ("celery", "--app=config", "beat", "--pidfile=")


class Installation:
    """Stores, web and beat on this side; workers on hosts."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.web = Web(folder, **environment)
        self.bearer: dict[str, str] = {}

    @contextmanager
    def program(self, name: str, command: tuple[str, ...], host: Host | None = None) -> Iterator[Path]:
        """A program with a folder of its own; yields its log."""
        home = self.folder / name
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        own = {**self.web.environment, "VAR_DIR": str(home), "TMPDIR": str(home / "tmp")}
        words = [sys.executable, "-m", *command]
        if host and PAGE:
            words = ["taskset", "--cpu-list", str(host.core), *words]
        with (home / "log").open("ab") as log:
            process = subprocess.Popen(
                host.enter(*words) if host else words,
                cwd=settings.BASE_DIR,
                env={**own, "PATH": os.environ["PATH"]},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield home / "log"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextmanager
    def working(self, hosts: list[Host]) -> Iterator[list[Path]]:
        with ExitStack() as stack:
            logs = [
                stack.enter_context(self.program(host.name, (*WORKER, f"--hostname={host.name}"), host))
                for host in hosts
            ]
            wait_for(lambda: all(b" ready." in log.read_bytes() for log in logs))
            yield logs

    def send(self, content: bytes) -> str:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="pairs.csv"\r\n\r\n'
            + content
            + b"\r\n--x--\r\n"
        )
        form = {"Content_Type": "multipart/form-data; boundary=x", **self.bearer}
        answer = self.web.ask("POST", "/api/v1/jobs", body, **form)
        assert answer.status == 201, answer
        return str(answer.body["id"])

    def ask(self, job: str) -> dict[str, Any]:
        answer = self.web.ask("GET", f"/api/v1/jobs/{job}", **self.bearer)
        if answer.status == 401:  # a long job outlives a token
            self.bearer = self.web.bearer()
            return self.ask(job)
        assert answer.status == 200, answer
        return dict(answer.body)

    def finish(self, job: str) -> bytes:
        wait_for(lambda: self.ask(job)["status"] not in {"queued", "running"})
        found = self.ask(job)
        assert (found["status"], found["rows_done"], found["rows_failed"]) == ("succeeded", ROWS, 0), found
        answer = self.web.ask("GET", f"/api/v1/jobs/{job}/result", **self.bearer)
        assert answer.status == 200
        return bytes(answer.body)

    def measure(self, job: str) -> float:
        """Rows per second between the first piece and the last."""
        found = self.ask(job)
        ended, began = (datetime.fromisoformat(found[name]) for name in ("finished_at", "started_at"))
        return float(ROWS / (ended - began).total_seconds())


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[str, list[Host]]]:
    with connect_hosts(2) as found:
        yield found


@pytest.fixture(scope="module")
def installation(
    network: tuple[str, list[Host]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder, (address, _) = tmp_path_factory.mktemp("hosts"), network
    with (
        servers_at(address, folder / "servers") as servers,
        object_store(folder / "store", address) as store,
    ):
        connect(store).create_bucket(Bucket="files")
        environment = build_environment(
            servers,
            **store,
            JOBS_DIR="s3://files/jobs",
            EVIDENCE_DIR="s3://files/evidence",
            MLFLOW_ARTIFACT_ROOT="s3://files/mlflow",
            MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db",
            JOB_CHUNK_SECONDS=str(CHUNK_SECONDS),
            API_RATE="1000000/min",
            HTTPS="false",
            NUM_PROXIES="0",
            WEB_WORKERS="1",
        )
        found = Installation(folder, environment)
        prepare(found, servers)
        found.web.start()
        try:
            with found.program("beat", BEAT):
                found.bearer = found.web.bearer()
                yield found
        finally:
            found.web.stop()


@contextmanager
def servers_at(address: str, folder: Path) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey that listen at an address other hosts reach."""
    begin_prepared(folder)
    servers = EmbeddedServers(folder, durable=False)
    with (servers.postgres.data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {address}/24 scram-sha-256\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "HOST", address)
        patch.setattr(valkey, "HOST", address)
        servers.postgres.start()
        servers.valkey.start()
        try:
            yield servers
        finally:
            servers.valkey.stop()
            servers.postgres.stop()


def prepare(found: Installation, servers: EmbeddedServers) -> None:
    owner = {"DATABASE_OWNER_URL": servers.postgres.build_url()}
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=settings.BASE_DIR,
        env={**found.web.environment, **owner, "ADMIN_EMAIL": EMAIL, "ADMIN_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def confine(hosts: list[Host]) -> None:
    """Let this process and all that it has started, stores and web, work on the cores of these hosts only."""
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        for thread in Path(f"/proc/{process.pid}/task").iterdir():
            with suppress(ProcessLookupError):  # it has just ended
                os.sched_setaffinity(int(thread.name), {host.core for host in hosts})


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)


def count_pieces(log: Path) -> int:
    """Return how many tasks of comparisons a worker ended."""
    lines = log.read_text().splitlines()
    return sum("succeeded" in line and "matching.tasks.compare" in line for line in lines)


def test_two_hosts_share_a_job_and_finish_it_when_the_cable_of_one_is_cut(
    installation: Installation, network: tuple[str, list[Host]]
) -> None:
    _, hosts = network
    pairs = [(f"Heron {at} Foods Company Ltd", f"Heron {at % 11} Fooods Co., Limited") for at in range(ROWS)]
    content = csv_file(pairs)

    if PAGE:
        confine(hosts[:1])
    with installation.working(hosts[:1]):
        alone = installation.send(content)
        expected = installation.finish(alone)
    rows = list(csv.DictReader(io.StringIO(expected.decode())))
    assert [row["id"] for row in rows] == [str(at + 1) for at in range(ROWS)]

    if PAGE:
        confine(hosts)
    with installation.working(hosts) as logs:
        before = [count_pieces(log) for log in logs]
        together = installation.send(content)
        assert installation.finish(together) == expected
        wait_for(lambda: all(count_pieces(log) > old for log, old in zip(logs, before, strict=True)))

        cut = installation.send(content)
        wait_for(lambda: installation.ask(cut)["rows_done"] >= ROWS // 4)
        hosts[1].cut_cable()
        assert installation.ask(cut)["status"] == "running"
        began = time.monotonic()
        assert installation.finish(cut) == expected
        seconds = time.monotonic() - began
    if PAGE:
        write_figures(installation.measure(alone), installation.measure(together), seconds)


def write_figures(alone: float, together: float, seconds: float) -> None:
    replace_section(
        Path(PAGE),
        "two-hosts",
        f"""## A bulk job over two hosts

Written by `make prove-hosts`. Two network namespaces of one machine with {os.cpu_count()} cores, each with an
address, a folder and a core of its own and one worker process; they share PostgreSQL, Valkey and an object
store (SeaweedFS), which work on the cores of the hosts: on one while one host works, on both while two do.
Twice one host is the most there can be; more is the noise of one run.
The {EXECUTION} engine, a file of {ROWS:,} rows.

| | |
|---|---|
| one host | {alone:,.0f} rows a second |
| two hosts | {together:,.0f} rows a second, {together / alone:.2f} times one host |
| cable of one host cut after a quarter of the rows: seconds until all were done | {seconds:.0f} |
| rows of the result that are missing, doubled or other than those of one host | 0 |
""",
    )
