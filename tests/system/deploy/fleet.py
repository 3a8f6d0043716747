"""An installation of processes: PostgreSQL, Valkey, two colours behind the gateway, worker, beat."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from config.local.embedded import EmbeddedServers
from config.local.ports import find_free_port
from tests.system.deploy.edge import Edge, running
from tests.system.deploy.installation import build_environment
from tests.system.serving import EMAIL, PASSWORD

PATIENCE_SECONDS = 600


class Fleet:
    """Two colours, the worker and beat, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = EmbeddedServers(folder / "servers", durable=False)
        self.ports = {"blue": find_free_port(), "green": find_free_port()}
        self.edge = Edge(folder / "edge", self.ports)

    def write(self) -> None:
        shared = build_environment(
            self.servers,
            JOBS_DIR=str(self.folder / "jobs"),
            MLFLOW_TRACKING_URI=f"sqlite:///{self.folder}/mlflow.db",
            MLFLOW_ARTIFACT_ROOT=str(self.folder / "mlflow"),
            DJANGO_SETTINGS_MODULE="config.settings",
            ADMIN_EMAIL=EMAIL,
            ADMIN_PASSWORD=PASSWORD,
            API_RATE="1000000/min",
            LOGIN_RATE="6000/min",
            WEB_WORKERS="1",
            OMP_NUM_THREADS="1",
        )
        self.tell("common", shared)
        self.tell("owner", {"DATABASE_OWNER_URL": self.servers.postgres.build_url()})
        for colour, port in self.ports.items():
            home = self.folder / colour
            write_static_files(home / "static", "both.css", f"{colour}.css")
            self.tell(colour, {"VAR_DIR": str(home), "PORT": str(port)})

    def tell(self, name: str, environment: dict[str, str]) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(environment))

    def do(self, action: str, colour: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "tests.system.deploy.processes", action, colour],
            cwd=settings.BASE_DIR,
            env=self.environment(),
            check=True,
        )

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "FLEET": str(self.folder),
            "COLOUR_COMMAND": f"{sys.executable} -m tests.system.deploy.processes",
            "HAPROXY_SOCKET": str(self.edge.socket),
            "LIVE_MAP": str(self.edge.map_file),
            "SWITCH_WATCH_SECONDS": "3",
            "SWITCH_READY_SECONDS": "300",
            "SWITCH_DRAIN_SECONDS": "120",
        }

    def switch(self, target: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run deploy/bin/switch as an operator does."""
        return subprocess.run(
            ["deploy/bin/switch", target],
            cwd=settings.BASE_DIR,
            env={**self.environment(), **changes},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def live(self) -> str:
        said = self.switch("status").stdout
        found = re.search(r"^(\w+) +live", said, re.MULTILINE)
        return found[1] if found else said

    def ask_database(self, question: str) -> int:
        with psycopg2.connect(self.servers.postgres.build_url()) as database, database.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone()
        assert row is not None
        return int(row[0] or 0)


def write_static_files(folder: Path, *names: str) -> None:
    """A few files, and the manifest of collectstatic, for the page that says that a file is missing."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"/* {name} */")
    paths = {path: path for finder in get_finders() for path, _ in finder.list([])}
    manifest = {"paths": paths, "version": "1.1", "hash": ""}
    (folder / "staticfiles.json").write_text(json.dumps(manifest))


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)


@contextmanager
def running_fleet(folder: Path) -> Iterator[Fleet]:
    """Blue answers, with worker and beat; green does not run."""
    fleet = Fleet(folder)
    fleet.servers.acquire()
    fleet.write()
    try:
        fleet.do("prepare", "blue")
        fleet.do("start", "blue")
        fleet.do("background", "blue")
        with running(fleet.edge):
            wait_until(lambda: fleet.edge.ask("GET", "/api/v1/me").status == 401)
            yield fleet
    finally:
        fleet.do("end", "blue")
        fleet.servers.release()
