"""The supervisor reports in one sentence why it cannot start, restarts programs, and stops them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.local import run


def supervisor(**environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {"PATH": os.environ["PATH"], **environment}
    command = [sys.executable, "-m", "config.local.run"]
    return subprocess.run(
        command, cwd=run.ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False
    )


def wait_until_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def sleeper(tmp_path: Path) -> run.Program:
    return run.Program(
        "sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "sleeper.log"
    )


def test_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = supervisor(VAR_DIR=str(tmp_path), PORT=str(port))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"port {port} is in use by another program" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr


@pytest.mark.parametrize("port", ["web", "0", "70000"])
def test_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = supervisor(VAR_DIR=str(tmp_path), PORT=port)
    assert done.returncode == 1
    assert f"PORT must be a number from 1 to 65535, not {port}." in done.stderr


def test_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = supervisor(VAR_DIR=str(tmp_path / "file"))
    assert done.returncode == 1
    assert done.stderr.startswith("Cannot start: File exists")
    assert "Traceback" not in done.stderr


def test_second_supervisor_of_a_folder_is_refused(tmp_path: Path) -> None:
    with (
        run._hold_run_lock(tmp_path),
        pytest.raises(run.RunError, match="already running"),
        run._hold_run_lock(tmp_path),
    ):
        raise AssertionError("two supervisors at once")


def test_stopped_program_is_gone(sleeper: run.Program) -> None:
    sleeper.start()
    assert sleeper.process is not None
    assert not sleeper.has_ended()
    run._terminate_programs([sleeper])
    assert wait_until_gone(sleeper.process.pid)


def test_program_that_will_not_end_is_ended_by_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "GRACE_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    code += "; time.sleep(60)"
    deaf = run.Program("deaf", [sys.executable, "-c", code], tmp_path / "deaf.log")
    deaf.start()
    assert deaf.process is not None
    while not deaf.log.read_text():
        time.sleep(0.05)
    run._terminate_programs([deaf])
    assert deaf.process.returncode == -signal.SIGKILL


def test_killed_program_is_started_again(sleeper: run.Program) -> None:
    sleeper.start()
    assert sleeper.process is not None
    first = sleeper.process.pid
    os.kill(first, signal.SIGKILL)
    sleeper.process.wait()
    run._restart_programs([sleeper], now=sleeper.started_at + 1)
    assert sleeper.process.pid == first
    run._restart_programs([sleeper], now=sleeper.started_at + 3)
    assert sleeper.process.pid != first
    run._terminate_programs([sleeper])


def test_no_program_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from config.local import run\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "program = run.Program('sleeper', command, Path(sys.argv[1]))\n"
        "program.start(); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=run.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(re.findall(r"process (\d+)", parent.stdout.readline())[0])
        parent.kill()
    assert wait_until_gone(child)
