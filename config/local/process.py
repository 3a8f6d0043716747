"""Starting a server as a detached process, and waiting for it."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FREE_BYTES_NEEDED = 200 * 1024 * 1024
TIMEOUT_SECONDS = 60.0


class ServerError(RuntimeError):
    """A server could not be started or stopped; the message is one sentence for the operator."""


class ServerSilentError(ServerError):
    """A server lives and did not answer in time."""


def find_package(name: str, variable: str) -> Path:
    """Return the folder of an installed package.

    Raises ServerError, which names the variable that makes the package unnecessary.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"{variable} is not set and the package {name} (extra 'embedded') is not installed."
        )
    return Path(spec.origin).parent


def start_process(
    command: list[str], log: Path, identity: dict[str, Any], stdin: str = ""
) -> "subprocess.Popen[bytes]":
    """Start a process that Ctrl-C in the terminal does not reach, with its output appended to the log.

    `identity` holds the arguments of Popen that select the user. Only that user can read the files that the
    process makes. Raises ServerError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0o077,
                **identity,
            )
    except (subprocess.SubprocessError, PermissionError) as error:
        raise ServerError(f"{command[0]} cannot be run by this user: {error}") from None
    if process.stdin is not None:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return process


def require_space(folder: Path) -> None:
    """Create the folder. Raises ServerError if its disk has too little free space."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_NEEDED:
        raise ServerError(
            f"The disk of {folder} is full: {free // 2**20} MB free, {FREE_BYTES_NEEDED // 2**20} MB needed."
        )


def make_private(folder: Path) -> None:
    """Let only the owner read a folder and what is in it."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


def wait_until_ready(
    is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path, name: str
) -> None:
    """Wait until a server that was started here answers; terminate one that does not. Raises ServerError."""
    try:
        wait_until_answering(is_ready, process.pid, log, name)
    except ServerSilentError:
        process.terminate()
        raise


def wait_until_answering(is_answering: Callable[[], bool], pid: int, log: Path, name: str) -> None:
    """Wait until the server answers. Raises ServerError when it ends or does not answer in time."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if has_exited(pid):
            raise ServerError(f"{name} stopped while starting: {read_last_line(log)}")
        if is_answering():
            return
        time.sleep(0.05)
    raise ServerSilentError(f"{name} did not answer within {TIMEOUT_SECONDS:.0f} s; see {log}.")


def wait_until_stopped(is_stopped: Callable[[], bool], name: str) -> None:
    """Wait until the server has stopped. Raises ServerError when it does not in time."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_stopped():
        if time.monotonic() > deadline:
            raise ServerError(f"{name} did not stop within {TIMEOUT_SECONDS:.0f} s.")
        time.sleep(0.05)


def read_server_pid(pid_file: Path, mark: str) -> int | None:
    """Return the process id in the first line of a file, or None unless a server with this mark runs."""
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if not has_exited(pid) and is_server_process(pid, mark) else None


def has_exited(pid: int) -> bool:
    """Tell whether no process has this id any more."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # an ended child stays a zombie until its parent waits for it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Return whether a process has ended and its parent, another of our processes, has not waited for it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] == "Z"


def is_server_process(pid: int, mark: str) -> bool:
    """Tell whether the command line of the process holds a text, such as its data folder or address."""
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # macOS has no /proc, but always ps
        command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        return mark in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def read_last_line(log: Path) -> str:
    """Return the last line of a log file, or a reference to the file when it is empty or missing."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else f"see {log}"
