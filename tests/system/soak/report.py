"""The section of docs/benchmarks.md about the soak."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

from tests.system.soak.clients import CLIENTS, JOB_ROWS, Answer, Load
from tests.system.soak.faults import KINDS, Kill
from tests.system.soak.verification import Findings


@dataclass(frozen=True)
class Soak:
    """What was done and seen; ``capacity`` in answers a second."""

    seconds: float
    capacity: float
    found: Findings
    load: Load
    kills: Sequence[Kill]
    due: set[str]
    fired: set[str]


def write_section(soak: Soak) -> str:
    """Return the section."""
    found, failures = soak.found, soak.load.failures
    interval = f"{soak.seconds / len(soak.kills):.0f}"
    load = f"{os.getloadavg()[2]:.0f}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""## A soak with kill -9 of every process

Written by `make soak` on {datetime.now(UTC):%Y-%m-%d}; do not edit. {machine}.
The embedded installation as `make run` starts it; {CLIENTS} clients at half of what they got when they asked
without pause, bulk jobs of {JOB_ROWS:,} rows one after the other, and about every {interval} seconds
kill -9 of one process, all on the same cores. Every request is repeated under its key until it is
acknowledged. Meanwhile two promotions and a rollback, the sealing of the audit trail switched off past the
pages, and in a run of more than twenty minutes beat stopped until somebody is told.

| | |
|---|---|
| seconds | {soak.seconds:,.0f} |
| answers a second without pause, before the faults | {soak.capacity:.0f} |
| processes killed | {len(soak.kills)} |
| comparisons acknowledged | {found.answers:,} |
| of them lost or with another verdict afterwards | {found.lost} |
| of them not what the engine answers with the model that they name | {found.wrong} |
| stored without having been acknowledged | {found.doubled} |
| connections that broke, and were tried again | {sum(not failure.status for failure in failures):,} |
| answers 503 with the time to try again | {sum(failure.is_clean for failure in failures):,} |
| other server errors | {found.unclean} |
| bulk jobs acknowledged, and rows of their results | {found.jobs}, {found.job_rows:,} |
| of the jobs not finished | {found.jobs_unfinished} |
| of the rows missing or not the engine's | {found.job_rows_wrong} |
| alerts that were due, and fired | {len(soak.due)}, {len(soak.due & soak.fired)} |

Due were {_list(soak.due)}; {_list(soak.fired - soak.due) or "no other"} fired besides.
Afterwards `manage.py audit verify` found the trail intact. At the end the machine had a load of {load}.

| killed | times | longest pause in answers after it, median | at most |
|---|---|---|---|
{chr(10).join(_list_pauses(soak))}
"""


def _list(rules: set[str]) -> str:
    return ", ".join(f"`{rule}`" for rule in sorted(rules))


def _list_pauses(soak: Soak) -> list[str]:
    """Return a row for each kind of process: how long nobody was answered until the next kill."""
    ends = [*(kill.at for kill in soak.kills[1:]), float("inf")]
    pauses: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kill, end in zip(soak.kills, ends, strict=True):
        pauses[kill.kind].append(_find_longest_pause(soak.load.answers, kill.at, end))
    return [
        f"| {kind} | {len(seconds)} | {median(seconds):.1f} s | {max(seconds):.1f} s |"
        for kind, seconds in pauses.items()
    ]


def _find_longest_pause(answers: Sequence[Answer], start: float, end: float) -> float:
    times = [start, *sorted(answer.at for answer in answers if start < answer.at < end)]
    return max((later - earlier for earlier, later in pairwise(times)), default=0.0)
