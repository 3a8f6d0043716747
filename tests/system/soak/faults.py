"""Faults of the soak: every process of an installation is killed in turn, in random order, with kill -9."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.system.background import run_beside
from tests.system.supervisor import System


class Kill(NamedTuple):
    """One killed process; ``at`` in monotonic seconds."""

    at: float
    kind: str


class Killer:
    """Kills a process about every so many seconds until told to stop."""

    def __init__(self, system: System, mean_seconds: float, seed: int) -> None:
        self.kills: list[Kill] = []
        self.spared: set[str] = set()
        self._system, self._mean, self._draw = system, mean_seconds, random.Random(seed)
        self._lock = threading.Lock()

    @contextmanager
    def killing(self) -> Iterator[None]:
        """Kill while the block runs, and until each kind had its turn."""
        with run_beside(self._kill_in_turn):
            yield

    @contextmanager
    def sparing(self, *kinds: str) -> Iterator[None]:
        """Kill none of these while the block runs."""
        with self._lock:
            self.spared |= set(kinds)
        yield
        with self._lock:
            self.spared -= set(kinds)

    def count(self) -> Counter[str]:
        """Return how often each kind of process was killed."""
        return Counter(kill.kind for kill in self.kills)

    def _kill_in_turn(self, over: threading.Event) -> None:
        while True:
            for kind in self._draw.sample(list(KINDS), len(KINDS)):
                time.sleep(self._mean * self._draw.uniform(0.3, 1.7))
                if over.is_set() and set(self.count()) == set(KINDS):
                    return
                with self._lock:
                    self._kill(kind)

    def _kill(self, kind: str) -> None:
        pids = [] if kind in self.spared else list_processes(self._system, kind)
        if not pids:
            return  # just killed or starting: its turn comes again
        self.kills.append(Kill(time.monotonic(), kind))
        os.kill(self._draw.choice(pids), signal.SIGKILL)
        if kind == "supervisor":
            self._system.process.wait()
            self._system.start_again()


def list_processes(system: System, kind: str) -> list[int]:
    """Return the processes of a kind that live and belong to this installation."""
    try:
        return [pid for pid in KINDS[kind](system) if _belongs_to(pid, system.home)]
    except (OSError, IndexError):  # ended while we looked
        return []


def _belongs_to(pid: int, home: Path) -> bool:
    """Say whether a process was started for this folder: ids are given again."""
    place = Path(f"/proc/{pid}")
    traces = (os.fsencode(place.joinpath("cwd").readlink()), place.joinpath("environ").read_bytes())
    return any(os.fsencode(home) in trace for trace in traces)


def _list_children(pid: int, word: bytes = b"") -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listing.split() if word in Path(f"/proc/{child}/cmdline").read_bytes()]


KINDS: dict[str, Callable[[System], list[int]]] = {
    "web master": lambda system: system.processes("web")[-1:],
    "web worker": lambda system: system.workers(),
    "Celery master": lambda system: system.processes("worker")[-1:],
    "Celery process": lambda system: _list_children(system.processes("worker")[-1]),
    "beat": lambda system: system.processes("beat")[-1:],
    "PostgreSQL": lambda system: [system.pid("postgres/postmaster.pid")],
    "PostgreSQL connection": lambda system: _list_children(
        system.pid("postgres/postmaster.pid"), b"legal_names_app"
    ),
    "Valkey": lambda system: [system.pid("valkey/valkey.pid")],
    "supervisor": lambda system: [system.process.pid],
}
"""Every kind of process, and where its ids are."""
