"""The whole product on a port of its own, people in it, and a Chromium to look at it with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.local.ports import find_free_port
from tests.system.deploy.debian import install_packages
from tests.system.template import begin_prepared

ROOT = Path(__file__).resolve().parents[3]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ADMINISTRATOR = "admin@example.com"
PATIENCE = 300.0


class ProductDownError(RuntimeError):
    """There is nothing to look at; the message is one sentence for people."""


@dataclass(frozen=True)
class Product:
    """A running product: where it is, where it keeps its things, the password of everybody in it."""

    base: str
    home: Path
    password: str
    log: Path

    def python(self, code: str) -> Any:
        """Run code inside the product, on its database; return what it prints, as JSON."""
        command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", code]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout.strip().splitlines()[-1])

    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        own = {"VAR_DIR": str(self.home), "DJANGO_SETTINGS_MODULE": "config.settings"}
        return {**os.environ, **own, "PORT": self.base.rpartition(":")[2]}

    def kill(self, program: str) -> None:
        """End a program and all its processes as a crash would; the supervisor starts it again."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        started = [line for line in lines if line.startswith(f"==> Started {program} (process ")]
        os.killpg(int(started[-1].split("(process ")[1].split(",")[0]), signal.SIGKILL)


@contextmanager
def product(password: str, **environment: str) -> Iterator[Product]:
    """Run the whole system in a folder of its own, with these variables."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        running = Product(f"http://127.0.0.1:{find_free_port()}", home / "var", password, home / "run.log")
        begin_prepared(running.home)
        people = {"ADMIN_EMAIL": ADMINISTRATOR, "ADMIN_PASSWORD": password, "LOGIN_RATE": "6000/min"}
        command = [sys.executable, "-u", "-m", "config.local.run"]
        with running.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**running.environment(), **people, **environment},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(f"{running.base}/ready", process, running.log)
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the address answers. Raises ProductDownError when the product ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise ProductDownError(f"The product did not start: {log.read_text(encoding='utf-8')[-500:]}")


def chromium() -> str | None:
    """Return the program of a Chromium: installed, else installed now by the system's packages (as root).

    ``None`` means Playwright's own, downloaded here. Raises ProductDownError when there is none to be had.
    """
    if path := _installed():
        return path
    install_packages("chromium")
    if path := _installed():
        return path
    if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode:
        raise ProductDownError("No browser: install Chromium, for example apt-get install chromium.")
    return None


def _installed() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
