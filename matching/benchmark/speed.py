"""Timing of our tasks and of the peer: one process per run, runs interleaved, medians reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

PEER_SCRIPT = Path(__file__).with_name("peer_logic.py")
_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}

NamePairs = Sequence[tuple[str, str, str]]
"""Name A, name B and kind of each pair."""


class Timing(NamedTuple):
    """Median, least and greatest pairs per second over the runs."""

    median: float
    minimum: float
    maximum: float

    def __str__(self) -> str:
        """Return the cell of the report's table."""
        return f"{self.median:,.0f} ({self.minimum:,.0f} to {self.maximum:,.0f})"


def run_task(name: str, rows: NamePairs) -> dict[str, Any]:
    """Run one of our tasks in a fresh process."""
    return _run_process([sys.executable, "-m", "matching.benchmark.task", name], rows)


def run_peer(python: Path, rows: NamePairs) -> dict[str, Any]:
    """Run the peer in a fresh process of its own environment."""
    return _run_process([str(python), str(PEER_SCRIPT)], rows)


def _run_process(command: list[str], rows: NamePairs) -> dict[str, Any]:
    done = subprocess.run(
        command, input=json.dumps(list(rows)), capture_output=True, text=True, check=True, env=_ENVIRONMENT
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def time_contestants(
    rows: NamePairs, names: Sequence[str], peer: Path | None, runs: int
) -> tuple[dict[str, Timing], dict[str, Any]]:
    """Return pairs per second of each task and of the peer, and the last raw result of each.

    Contestants take turns within each round, so that a busy machine slows all of them alike.
    """
    seconds: dict[str, list[float]] = {}
    last: dict[str, Any] = {}
    for _ in range(runs):
        for name in names:
            last[name] = run_task(name, rows)
            seconds.setdefault(name, []).append(last[name]["seconds"])
        if peer:
            last["logic-v2"] = run_peer(peer, rows)
            seconds.setdefault("logic-v2", []).append(last["logic-v2"]["seconds"])
    return {name: _summarise_timing(taken, len(rows)) for name, taken in seconds.items()}, last


def _summarise_timing(seconds: list[float], pairs: int) -> Timing:
    rates = [pairs / taken for taken in seconds]
    return Timing(median(rates), min(rates), max(rates))
