"""`manage.py compare_file` as a program: killed in the middle, in a pipe, and how it reports."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

ROWS = 30_000


def write_pairs(path: Path, rows: int) -> Path:
    names = "".join(f'{at},"Acme\n{at % 5}, Ltd",ACME {at % 3} Limited\n' for at in range(rows))
    path.write_text(f"id,name_a,name_b\n{names}", encoding="utf-8")
    return path


def start(*arguments: str | Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "compare_file", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=pipe, stdout=pipe, stderr=pipe)


def finish(run: "subprocess.Popen[bytes]", given: bytes = b"") -> tuple[int, bytes, str]:
    """Return the exit code, the output and what was reported."""
    output, shown = run.communicate(given, timeout=600)
    return run.returncode, output, shown.decode()


def test_a_run_killed_with_its_rows_in_the_air_goes_on_and_leaves_no_process(tmp_path: Path) -> None:
    source, target = write_pairs(tmp_path / "in.csv", ROWS), tmp_path / "out.csv"
    state = tmp_path / ".out.csv.state"
    with start(source, target) as run:
        _wait_until(lambda: state.exists() or run.poll() is not None)
        children = _list_children(run.pid)
        run.send_signal(signal.SIGKILL)
        run.wait(60)
    assert children
    _wait_until(lambda: not any(map(_runs, children)))
    assert not target.exists()
    code, _, shown = finish(start(source, target, "--resume"))
    assert code == 0, shown
    assert "of them by an earlier run" in shown
    whole = tmp_path / "whole.csv"
    assert finish(start(source, whole))[0] == 0
    assert target.read_bytes() == whole.read_bytes()


def test_a_pipe_gives_what_a_file_gives(tmp_path: Path) -> None:
    source, target = write_pairs(tmp_path / "in.csv", 1_000), tmp_path / "out.csv"
    assert finish(start(source, target))[0] == 0
    code, output, shown = finish(start("-", "-"), source.read_bytes())
    assert code == 0, shown
    assert output == target.read_bytes()
    assert "Written to standard output." in shown
    assert "\r" not in shown


def test_a_reader_that_goes_away_is_one_clear_sentence(tmp_path: Path) -> None:
    with start(write_pairs(tmp_path / "in.csv", 5_000), "-") as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith(b"id,name_a,name_b,prediction")
        run.stdout.close()
        assert run.stderr is not None
        shown = run.stderr.read().decode()
    assert "Standard output was closed before all rows were written." in shown
    assert "Traceback" not in shown


def _list_children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until(holds: Callable[[], bool], seconds: float = 300) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)
