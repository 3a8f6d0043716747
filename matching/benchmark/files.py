"""How the time of a file grows with its rows, falls with a second process, and how soon one row is done."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from matching.benchmark.speed import NamePairs
from matching.benchmark.targets import Measurements
from matching.engine import Kind
from matching.jobs.compare_file import compare_file, prepare_process
from matching.jobs.offline.scores import FileCompareOptions

ROWS = 3_000
"""Rows of the smallest file; the others repeat them, with another word in each turn."""
_FILES = ((1, 1), (10, 1), (100, 1), (100, 2), (1_000, 2))
"""Times the rows, and processes."""
_STARTS = 3


def report_files(
    rows: NamePairs, peer_rate: float, say: Callable[[str], None], marks: Measurements
) -> Iterator[str]:
    """Yield the lines on files of the rows, and add what the targets ask for to ``marks``.

    ``peer_rate`` is how many of the same rows the peer scores in a second on one core, 0.0 if unknown.
    """
    yield "## Files: growth and cores (`compare_file`)\n"
    yield "| rows | processes | seconds | rows per second | largest process so far, MiB |"
    yield "|---|---|---|---|---|"
    seconds: dict[tuple[int, int], float] = {}
    prepare_process()  # as the command does
    with TemporaryDirectory() as folder:
        start, elapsed = _time_start(Path(folder))
        for times, processes in _FILES:
            total = len(rows) * times
            say(f"… {total:,} rows on {processes}")
            taken = seconds[times, processes] = _time_file(rows, times, processes, Path(folder))
            rate, peak = total / taken, _measure_peak_mib()
            yield f"| {total:,} | {processes} | {taken:.1f} | {rate:,.0f} | {peak:,.0f} |"
    marks |= {
        "file start": start,
        "two processes": seconds[100, 1] / seconds[100, 2],
        "growth": seconds[1_000, 2] / seconds[100, 2],
        "file rate": (rate := len(rows) * 1_000 / seconds[1_000, 2]),
    }
    marks |= {"file times peer": rate / peer_rate} if peer_rate else {}
    yield f"\nA file of one row, program started and ended: {start:.2f} s of the processor,"
    yield f"{elapsed:.2f} s by the clock, medians of {_STARTS}.\n"


def _time_start(folder: Path) -> tuple[float, float]:
    """Return the seconds of the processor and by the clock of ``manage.py compare_file`` for one row."""
    source, target = folder / "one.csv", folder / "one.out.csv"
    source.write_text('name_a,name_b\n"Acme, Inc.",ACME Incorporated\n', encoding="utf-8")
    # As in a shell: the settings that this process has read are none of the command's.
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    used, taken = [], []
    for _ in range(_STARTS):
        target.unlink(missing_ok=True)
        before, started = _measure_children(), time.perf_counter()
        command = [sys.executable, "manage.py", "compare_file", str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True, env=environment)
        taken.append(time.perf_counter() - started)
        used.append(_measure_children() - before)
    return median(used), median(taken)


def _measure_children() -> float:
    """Return the seconds of the processor that ended child processes have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _time_file(rows: NamePairs, times: int, processes: int, folder: Path) -> float:
    source, target = folder / "in.csv", folder / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        file.write("name_a,name_b\n")
        for turn in range(times):
            for left, right, kind in rows:
                # Another word in every turn, so that no cache of an earlier turn helps.
                extra = f" {turn}" if turn and kind == Kind.ORGANISATION else ""
                file.write(f'"{_escape_csv(left)}{extra}","{_escape_csv(right)}{extra}"\n')
    started = time.perf_counter()
    compare_file(source, target, FileCompareOptions(("name_a", "name_b")), processes, lambda _: None)
    return time.perf_counter() - started


def _escape_csv(name: str) -> str:
    return name.replace('"', '""').replace("\n", " ")


def _measure_peak_mib() -> float:
    """Return the most memory that this process or one that it has ended ever had."""
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(peaks) / 1024
