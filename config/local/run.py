"""`python -m config.local.run`: run the whole system in one terminal, for evaluation and development.

Starts the embedded servers, prepares the database, runs web server, worker and beat, prints one comparison
made through the API, and on Ctrl-C stops every process it started.

With `--reload`, web server and worker start again whenever a source file changes, and pages show errors with
their traceback.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config.local.embedded import EmbeddedServers, get_home_folder, hold_servers, secure_home_folder
from config.local.process import ServerError, read_last_line
from config.process import start

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXAMPLE_REQUEST = {"name1": "Acme, Inc.", "name2": "ACME Incorporated"}
GRACE_SECONDS = 20.0
MAX_LOG_BYTES = 20 * 2**20
PR_SET_PDEATHSIG = 1
SOURCES = (
    "accounts",
    "analytics",
    "config",
    "experiments",
    "feedback",
    "matching",
    "modelops",
    "notifications",
    "webhooks",
)
ROOT = Path(__file__).resolve().parents[2]

_libc = ctypes.CDLL(None)


class RunError(RuntimeError):
    """The system could not be started; the message is one sentence for the operator."""


@dataclass
class Program:
    """One process that the supervisor keeps running; `started_at` is the monotonic time of its last start."""

    name: str
    command: list[str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches only the supervisor.

        A log above `MAX_LOG_BYTES` is moved aside first.
        """
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has no threads
            )
        self.started_at = time.monotonic()
        _print_step(f"Started {self.name} (process {self.process.pid}, log {self.log})")

    def has_ended(self) -> bool:
        """Tell whether the process was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def terminate(self) -> None:
        """Send SIGTERM, on which the process finishes its current work and ends."""
        if self.process is not None and not self.has_ended():
            self.process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until the process has ended; kill it after the deadline (monotonic seconds)."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C and return the exit code."""
    reload = "--reload" in arguments
    for number in STOP_SIGNALS:  # SIGINT too: a shell ignores it for background processes
        signal.signal(number, _raise_interrupt)
    os.umask(0o077)  # logs, metrics and whatever else the programs write
    home = get_home_folder()
    try:
        with _hold_run_lock(home):
            _run_system(home, _read_port(), reload)
    except (RunError, ServerError, ImproperlyConfigured) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Cannot start: {error.strerror or error} ({error.filename or home}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    _print_step("Stopped")
    return 0


def _run_system(home: Path, port: int, reload: bool) -> None:
    _require_free_port(port)
    if reload:
        os.environ.setdefault("DEBUG", "true")
    _set_environment(home, port)
    _print_step("Starting PostgreSQL and Valkey")
    with hold_servers(["run"], home) as servers:
        token = _prepare_database()
        programs = _build_programs(home, reload)
        try:
            _start_programs(programs, port)
            _print_addresses(port)
            _print_example(port, token)
            _watch(programs, servers)
        finally:
            _stop_programs(programs)


def _set_environment(home: Path, port: int) -> None:
    """Set the environment variables and folders that the programs inherit."""
    metrics = home / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # counters of processes of an earlier run
    metrics.mkdir(parents=True)
    (home / "log").mkdir(exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["PORT"] = str(port)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    os.environ["OMP_NUM_THREADS"] = (
        "1"  # OpenMP threads compete for the cores and raise the slowest response times
    )


def _prepare_database() -> str | None:
    """Run `manage.py prepare`; return the short-lived API token it writes, if there is an administrator."""
    reader, writer = os.pipe()
    command = [sys.executable, "manage.py", "prepare", f"--token-fd={writer}"]
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader, encoding="ascii") as pipe:
        answer = pipe.read()
    if process.wait() != 0:
        raise RunError("the database could not be prepared; the lines above say why.")
    token: str | None = json.loads(answer)["token"] if answer else None
    return token


def _build_programs(home: Path, reload: bool) -> list[Program]:
    worker = start.build_command("worker", [])
    commands = {
        "web": start.build_command("web", ["--reload"] if reload else []),
        "worker": [sys.executable, "-m", "watchfiles", "--filter=python", shlex.join(worker), *SOURCES]
        if reload
        else worker,
        "beat": start.build_command("beat", []),
    }
    return [Program(name, command, home / "log" / f"{name}.log") for name, command in commands.items()]


def _start_programs(programs: list[Program], port: int) -> None:
    for program in programs:
        program.start()
    deadline = time.monotonic() + 60
    while not _is_healthy(port):
        for program in programs:
            if program.has_ended():
                raise RunError(f"{program.name} stopped: {read_last_line(program.log)}")
        if time.monotonic() > deadline:
            raise RunError(f"the web server did not answer within 60 s; see {programs[0].log}.")
        time.sleep(0.1)


def _stop_programs(programs: list[Program]) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the shutdown
    _print_step("Stopping")
    _terminate_programs(programs)


def _terminate_programs(programs: list[Program]) -> None:
    for program in programs:
        program.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for program in programs:
        program.wait_or_kill(deadline)


def _watch(programs: list[Program], servers: EmbeddedServers | None) -> None:
    while True:
        _restart_programs(programs, time.monotonic())
        if servers is not None:
            _restart_servers(servers)
        time.sleep(0.5)


def _restart_servers(servers: EmbeddedServers) -> None:
    """Start every embedded server that has ended; after a failure the next round tries again."""
    try:
        for name in servers.restart_ended():
            _print_step(f"{name} ended unexpectedly and was started again")
    except ServerError as error:
        _print_step(f"A server ended and does not start yet: {error}")


def _restart_programs(programs: list[Program], now: float) -> None:
    """Restart every program that has ended, at most once in two seconds each."""
    for program in programs:
        if program.has_ended() and now - program.started_at > 2:
            _print_step(f"{program.name} ended unexpectedly: {read_last_line(program.log)}")
            program.start()


def _print_addresses(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    print("\nLegal Name Comparison is running.")
    for name, path in {"Pages": "/", "Admin": "/admin/", "API": "/api/docs"}.items():
        print(f"  {name:<6} {base}{path}")
    print()


def _print_example(port: int, token: str | None) -> None:
    if token is None:
        _print_step("No active administrator: the example comparison is left out")
        return
    answer = _post_json(port, "/api/v1/compare", EXAMPLE_REQUEST, token)
    print(f"POST /api/v1/compare {json.dumps(EXAMPLE_REQUEST)}")
    shown = ("verdict", "prediction", "confidence", "leaning", "reason", "model")
    print(json.dumps({key: answer[key] for key in shown if key in answer}, indent=2, ensure_ascii=False))
    print("\nStop with Ctrl-C.", flush=True)


def _post_json(port: int, path: str, body: dict[str, str], token: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        reason = error.read(500).decode(errors="replace")
        raise RunError(f"the example comparison was answered with {error.code}: {reason}") from None
    except urllib.error.URLError as error:
        raise RunError(f"the example comparison failed: {error}.") from None
    return answer


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _read_port() -> int:
    value = os.environ.get("PORT") or "5001"
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise RunError(f"PORT must be a number from 1 to 65535, not {value}.")
    return int(value)


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            hint = f"choose another, for example make run PORT={port + 1}"
            raise RunError(f"port {port} is in use by another program; {hint}.") from None


@contextmanager
def _hold_run_lock(home: Path) -> Iterator[None]:
    secure_home_folder(home)
    with (home / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError("it is already running from this folder.") from None
        yield


def _die_with_parent() -> None:
    # When the supervisor is killed, no child may keep the port. Only Linux has the call.
    with contextlib.suppress(AttributeError):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _print_step(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed; the shutdown continues
        print(f"==> {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
