"""The whole system from an empty folder: it answers, survives what is killed, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config.local.embedded import EmbeddedServers

PATIENCE_SECONDS = 120


class System:
    """One supervisor in a folder of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = home
        self.output = home.parent / "output"

    def start(self) -> None:
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(self.home), "PORT": str(self.port)}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.local.run"],
                cwd=settings.BASE_DIR,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: "Stop with Ctrl-C" in self.said() or self.process.poll() is not None)

    def said(self) -> str:
        return self.output.read_text()

    def answer(self) -> dict[str, object]:
        """The example's answer as it was shown."""
        said = self.said()
        shown: dict[str, object] = json.loads(said[said.index("\n{") : said.index("\n}") + 2])
        return shown

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def processes(self, name: str) -> list[int]:
        """Process ids that a program has had since the start."""
        return [int(pid) for pid in re.findall(rf"Started {name} \(process (\d+)", self.said())]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path / "var")
    yield system
    if system.process.poll() is None:
        system.stop(signal.SIGKILL)
    for server in (EmbeddedServers(system.home).postgres, EmbeddedServers(system.home).valkey):
        server.stop()


def test_it_answers_survives_kill_nine_and_stops_what_it_started(system: System) -> None:
    system.start()
    assert system.answer()["verdict"] == "immaterial"
    assert "Password (shown once" in system.said()

    os.kill(system.processes("worker")[0], signal.SIGKILL)
    wait_for(lambda: len(system.processes("worker")) == 2)

    system.stop(signal.SIGKILL)
    wait_for(lambda: not system.ready())
    system.start()
    assert system.answer()["verdict"] == "immaterial"
    assert "An administrator exists already" in system.said()

    assert system.stop(signal.SIGINT) == 0
    assert not system.ready()
    assert EmbeddedServers(system.home).get_status() == {"PostgreSQL": False, "Valkey": False}
