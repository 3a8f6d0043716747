"""`make run` in a folder of its own: the supervisor with everything that it starts."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from config.local.ports import find_free_port

PATIENCE_SECONDS = 300


class System:
    """One supervisor in a folder of its own; ``environment`` holds settings of the product."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.port = find_free_port()
        self.home = home
        self.output = home.parent / "output"
        self.environment = {
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(home),
            "PORT": str(self.port),
            **environment,
        }

    def start(self) -> None:
        self._launch()
        wait_for(lambda: "Stop with Ctrl-C" in self.said() or self.process.poll() is not None)

    def start_again(self) -> None:
        """Start until it runs: what a killed supervisor left behind may still hold the port."""
        while True:
            self.start()
            if self.process.poll() is None:
                return
            time.sleep(1)

    def _launch(self) -> None:
        self._began = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.local.run"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """What it has printed since it was last started."""
        return self.output.read_bytes()[self._began :].decode()

    def answer(self) -> dict[str, object]:
        """The example's answer as it was shown."""
        output = self.said()
        shown: dict[str, object] = json.loads(output[output.index("\n{") : output.index("\n}") + 2])
        return shown

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as response:
                return bool(response.status == 200)
        except (OSError, http.client.HTTPException):
            return False

    def processes(self, name: str) -> list[int]:
        """Process ids that a program has had since the start."""
        return [int(pid) for pid in re.findall(rf"Started {name} \(process (\d+)", self.said())]

    def workers(self) -> list[int]:
        """Process ids of the web workers."""
        master = self.processes("web")[-1]
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)

    def pid(self, file: str) -> int:
        """Process id that a server has written into a file of its folder; 0 without one."""
        path = self.home / file
        return int(path.read_text().split()[0]) if path.exists() and path.read_text().strip() else 0

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def ask(self) -> str:
        """What a new client gets: ``200``, ``refused``, or how else its request ended."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=15) as response:
                return str(response.status)
        except OSError as error:
            reason = getattr(error, "reason", error)
            return "refused" if isinstance(reason, ConnectionRefusedError) else repr(reason)

    def ask_until(self, answer: str) -> set[str]:
        """Ask one after another until a client gets this answer; return all answers."""
        answers = set()
        wait_for(lambda: answers.add(self.ask()) or answer in answers)  # type: ignore[func-returns-value]
        return answers


def wait_for(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)
