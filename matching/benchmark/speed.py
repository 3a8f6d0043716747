"""Timing of our tasks and of the peer: each in a process of its own, taking turns, medians reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import IO, Any, NamedTuple, cast

from matching.engine import MAX_NAME_LENGTH, Kind, compare
from matching.serving.engine_lists import load_engine_lists

PEER = "logic-v2"
PEER_SCRIPT = Path(__file__).with_name("peer_logic.py")
_ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
_TURN = 250
"""Pairs of one turn: short, so that what slows a shared machine slows all contestants alike."""
_WARM_UP = 500
"""Pairs before the first turn, of both kinds; the peer loads its data in the first comparison."""
_SINGLE = 500
_LETTERS = "abc"
"""Letters of the longest pairs, in turn, so that no turn finds what an earlier one has cached."""

NamePairs = Sequence[tuple[str, str, str]]
"""Name A, name B and kind of each pair."""


class Contestant:
    """A process that answers lines of pairs with what it measured; ``start`` is what it said first."""

    def __init__(self, command: Sequence[str], **variables: str) -> None:
        environment = {**_ENVIRONMENT, **variables}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.start = self._read_answer()

    def __enter__(self) -> Contestant:
        """Return itself: it ends with the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """End the process."""
        self._process.communicate()

    def work(self, rows: NamePairs) -> dict[str, Any]:
        """Return what the process measured on some pairs: ``seconds``, the peer also ``scores``."""
        cast("IO[str]", self._process.stdin).write(json.dumps(list(rows)) + "\n")
        cast("IO[str]", self._process.stdin).flush()
        return self._read_answer()

    def _read_answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(cast("IO[str]", self._process.stdout).readline())
        return answer


def start_task(name: str) -> Contestant:
    """Start one of our tasks; ``NAME, interpreted`` is the same by the source of a compiled engine."""
    task, _, engine = name.partition(", ")
    command = [sys.executable, "-m", "matching.benchmark.task", task]
    return Contestant(command, LEGAL_NAMES_ENGINE=engine) if engine else Contestant(command)


def start_peer(python: Path) -> Contestant:
    """Start the peer with the Python of its own environment."""
    return Contestant([str(python), str(PEER_SCRIPT)])


def score_with_peer(python: Path, rows: NamePairs) -> list[float]:
    """Return the peer's scores of some pairs."""
    with start_peer(python) as peer:
        scores: list[float] = peer.work(rows)["scores"]
        return scores


class Timing(NamedTuple):
    """Median, least and greatest pairs per second of processor time over the runs."""

    median: float
    minimum: float
    maximum: float

    def __str__(self) -> str:
        """Return the cell of the report's table."""
        return f"{self.median:,.0f} ({self.minimum:,.0f} to {self.maximum:,.0f})"


def time_contestants(
    rows: NamePairs, names: Sequence[str], peer: Path | None, runs: int
) -> tuple[dict[str, Timing], dict[str, Any]]:
    """Return pairs per second of processor time of each task and of the peer, and what each said first.

    In every run each is a new process, warmed up by pairs that are not timed; then all take turns, in another
    order each time.
    """
    seconds: dict[str, list[float]] = {}
    starts: dict[str, Any] = {}
    for _ in range(runs):
        with ExitStack() as stack:
            running = {name: stack.enter_context(start_task(name)) for name in names}
            if peer:
                running[PEER] = stack.enter_context(start_peer(peer))
            for name, taken in _take_turns(rows, running).items():
                seconds.setdefault(name, []).append(taken)
                starts[name] = running[name].start
    timed = len(rows) - _WARM_UP
    return {name: _summarise_timing(taken, timed) for name, taken in seconds.items()}, starts


def _take_turns(rows: NamePairs, running: Mapping[str, Contestant]) -> dict[str, float]:
    """Return the processor time of each contestant over all pairs behind those of the warm-up."""
    for contestant in running.values():
        contestant.work(rows[:_WARM_UP])
    order, totals = list(running), dict.fromkeys(running, 0.0)
    for at in range(_WARM_UP, len(rows), _TURN):
        for name in order:
            totals[name] += running[name].work(rows[at : at + _TURN])["seconds"]
        order.append(order.pop(0))
    return totals


def time_single_comparisons(rows: NamePairs) -> dict[str, float]:
    """Return the seconds of one explained comparison: with names that are new, and of the same ones again."""
    with start_task("explained") as task:
        task.work(rows[:_WARM_UP])
        new = rows[_WARM_UP : _WARM_UP + _SINGLE]
        return {name: task.work(new)["seconds"] / len(new) for name in ("cold", "warm")}


def time_slowest_pair() -> float:
    """Return the seconds of the pair within the limits that takes longest, explained, with new names.

    The kinds of pairs are those that a directed search found to take longest (``tests/system/attacks``).
    """
    load_engine_lists()
    pairs = zip(*[_build_longest_pairs(letter) for letter in _LETTERS], strict=True)
    return max([min([_time_pair(*pair) for pair in turns]) for turns in pairs])


def _build_longest_pairs(letter: str) -> list[tuple[str, str, Kind]]:
    initials = f"{letter}." * (MAX_NAME_LENGTH // 2)
    return [
        (initials, f"and & ph & ltd & {initials}"[:MAX_NAME_LENGTH], Kind.INDIVIDUAL),
        (initials, "ﷺ " * (MAX_NAME_LENGTH // 2), Kind.INDIVIDUAL),
        (f"{letter} & " * (MAX_NAME_LENGTH // 4), f"中{letter}" * (MAX_NAME_LENGTH // 2), Kind.ORGANISATION),
    ]


def _time_pair(left: str, right: str, kind: Kind) -> float:
    started = time.process_time()
    compare(left, right, kind=kind).to_dict()
    return time.process_time() - started


def _summarise_timing(seconds: list[float], pairs: int) -> Timing:
    rates = [pairs / taken for taken in seconds]
    return Timing(median(rates), min(rates), max(rates))
