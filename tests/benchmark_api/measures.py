"""What is measured, each against something in the same run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from accounts.models import User
from matching.engine import compare, load_default_scorer, score_many
from matching.jobs import service
from matching.jobs.compare_file import compare_file, prepare_process
from matching.jobs.offline.scores import FileCompareOptions
from matching.jobs.upload_handler import Upload
from matching.models import BatchJob, Prediction
from matching.tasks import prepare_job
from matching.training.synthetic.generator import generate_pairs
from tests.benchmark_api import cpu_table
from tests.benchmark_api.load import Load, in_turn, paced, request, saturated
from tests.benchmark_api.system import fill, memory, session_of, token_of, workers

Pairs = Sequence[tuple[str, str]]
Bodies = Sequence[dict[str, str]]
_CONNECTIONS = 8
_BATCH = 1_000
_TURNS = 4
"""Parts of a round: a machine that others use, too, changes its speed from one second to the next."""


class Scale(NamedTuple):
    """How much is measured: seconds of a load, rounds, rows of the job, rows of the long list."""

    seconds: float
    rounds: int
    job_rows: int
    list_rows: int


def pairs(number: int) -> Pairs:
    """Return distinct constructed pairs."""
    unique = dict.fromkeys((pair.left, pair.right) for pair in generate_pairs(11, int(number * 1.3)))
    return list(unique)[:number]


def _json_requests(path: str, user: User, bodies: Sequence[object]) -> list[bytes]:
    headers = {"Authorization": f"Bearer {token_of(user)}", "Content-Type": "application/json"}
    return [request("POST", path, headers, json.dumps(body).encode()) for body in bodies]


def _fresh(given: Pairs, part: int, parts: int) -> list[dict[str, str]]:
    """A part of the pairs that nobody has asked about yet."""
    return [{"name1": left, "name2": right} for left, right in given[part::parts]]


def single(port: int, user: User, given: Pairs, scale: Scale) -> Iterator[str]:
    """`compare`, uncached and cached, beside the yardstick: in short turns, so that all meet one machine."""
    number = scale.rounds * _TURNS + 1
    known = _fresh(given, number - 1, number)[:50]
    turns = [dict(_asked(user, known, _fresh(given, turn, number))) for turn in range(number)]
    for requests in turns.pop().values():  # before anything counts every process is awake and knows the known
        saturated(port, requests, 2 * _CONNECTIONS, 4)
    empty_tables()
    met = [dict(_turns(port, turn, at, scale)) for at, turn in enumerate(turns)]
    yield "| one request, one row | requests/s, median (least to greatest) | of the yardstick | target |"
    yield "|---|---|---|---|"
    for name, target in (("yardstick", "-"), ("uncached", "≥ 70 %"), ("cached", "≥ 80 %")):
        rates = [turn[name].rate for turn in met]
        share = median(turn[name].rate / turn["yardstick"].rate for turn in met)
        title = "authenticated DRF view, one insert" if name == "yardstick" else f"`compare`, {name}"
        spread = f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
        yield f"| {title} | {spread} | {share:.0%} | {target} |"
    yield "\n| at half of its saturation | p50 ms | p99 ms | p99 / p50 (least to greatest) | target |"
    yield "|---|---|---|---|---|"
    for name in ("yardstick", "uncached", "cached"):
        p50, p99 = (median(at(turn[name]) for turn in met) for at in (_p50, _p99))
        times = [_p99(turn[name]) / _p50(turn[name]) for turn in met]
        spread = f"{median(times):.1f} ({min(times):.1f} to {max(times):.1f})"
        yield f"| {name} | {p50:.1f} | {p99:.1f} | {spread} | {'-' if name == 'yardstick' else '≤ 3'} |"


def processor_time(user: User, scale: Scale) -> Iterator[str]:
    """The stages of a comparison by processor time, in this process; contestants take turns."""
    number = int(scale.seconds * 50)
    bodies = [json.dumps({"name1": left, "name2": right}).encode() for left, right in pairs(number + 100)]
    yield "One thread in one process; each stage without the stages within it, medians of the requests."
    yield "Waiting for PostgreSQL and Valkey, and their own work, are not in it.\n"
    yield from cpu_table.report(cpu_table.measure(token_of(user), bodies, number))


class Turn(NamedTuple):
    """Answers a second when all that can be asked is asked, and latencies at half of that right after."""

    rate: float
    at_half: Load


def _asked(user: User, known: Bodies, fresh: Bodies) -> Iterator[tuple[str, list[bytes]]]:
    yield "yardstick", _json_requests("/yardstick", user, known)
    yield "uncached", _json_requests("/api/v1/compare", user, fresh)
    yield "cached", _json_requests("/api/v1/compare", user, known)


def _turns(port: int, asked: dict[str, list[bytes]], at: int, scale: Scale) -> Iterator[tuple[str, Turn]]:
    """One turn of each; who begins changes: what one wrote is written out while the next is measured."""
    names = list(asked)
    for name in (*names[at % len(names) :], *names[: at % len(names)]):
        yield name, _turn(port, asked[name], scale)


def _turn(port: int, requests: Sequence[bytes], scale: Scale) -> Turn:
    """Half is half of what this machine does now: its speed a minute ago says little."""
    full = saturated(port, requests, _CONNECTIONS, scale.seconds / _TURNS)
    _check(full)
    half = paced(port, requests[::-1], _CONNECTIONS, scale.seconds / 2, full.rate / 2)
    _check(half)
    return Turn(full.rate, half)


def _p50(turn: Turn) -> float:
    return turn.at_half.percentile(0.5)


def _p99(turn: Turn) -> float:
    return turn.at_half.percentile(0.99)


def batch(port: int, user: User, given: Pairs, scale: Scale) -> Iterator[str]:
    """`compare/batch` of 1,000 beside the engine in this process, on names nobody has read."""
    rates: dict[str, list[float]] = {"explained": [], "scored": [], "batch": []}
    step = _BATCH * 3
    for turn in range(scale.rounds):
        part = given[turn * step * 2 : (turn + 1) * step * 2]
        rates["batch"].append(_batched(port, user, part[:step]))
        rates["explained"].append(
            _timed(part[step : step + _BATCH], lambda some: [compare(*pair) for pair in some])
        )
        rates["scored"].append(_timed(part[step + _BATCH :], score_many))
    best = {name: median(figures) for name, figures in rates.items()}
    of = {name: _find_median_share(rates["batch"], rates[name]) for name in ("explained", "scored")}
    yield "| 1,000 pairs | pairs/s | target |"
    yield "|---|---|---|"
    yield f"| the engine, explained, one process | {best['explained']:,.0f} | - |"
    yield f"| the engine, scored only, one process | {best['scored']:,.0f} | - |"
    shares = [f"{share:.0%} of {name}" for name, share in of.items()]
    aimed = f"{', '.join(shares)}; ≥ 60 % of explained"
    yield f"| `compare/batch`, one connection | {best['batch']:,.0f} | {aimed} |"


def _find_median_share(some: Sequence[float], others: Sequence[float]) -> float:
    """Return the median over turns of one rate divided by the other."""
    return median(one / other for one, other in zip(some, others, strict=True))


def _batched(port: int, user: User, given: Pairs) -> float:
    bodies = [
        {"pairs": [{"name1": left, "name2": right} for left, right in given[at : at + _BATCH]]}
        for at in range(0, len(given), _BATCH)
    ]
    requests = _json_requests("/api/v1/compare/batch", user, bodies)
    load = in_turn(port, requests, len(requests))
    _check(load)
    return load.rate * _BATCH


def _timed(given: Pairs, work: object) -> float:
    load_default_scorer()
    started = time.perf_counter()
    work(given)  # type: ignore[operator]
    return len(given) / (time.perf_counter() - started)


def jobs(user: User, scale: Scale) -> Iterator[str]:
    """A job with one and with two worker processes, beside `compare_file` with as many."""
    for left in BatchJob.objects.all():  # of a run that was stopped
        service.delete(left, user)
    content, source = _file(scale.job_rows), Path(settings.VAR_DIR) / "pairs.csv"
    source.write_bytes(content)
    yield f"| {scale.job_rows:,} rows | rows/s | of `compare_file` | MiB of a process: at first, at the end |"
    yield "|---|---|---|---|"
    rates = {}
    for processes in (1, 2):
        alone = _alone(source, processes, scale.job_rows)
        rates[processes], first, last = _job(user, content, processes)
        share = f"{rates[processes] / alone:.0%} (≥ 80 %)"
        yield f"| `compare_file`, {processes} process{'es' * (processes > 1)} | {alone:,.0f} | - | - |"
        yield (
            f"| a job, {processes} worker{'s' * (processes > 1)} | {rates[processes]:,.0f} | {share} | "
            f"{first}, {last} |"
        )
    yield f"\nTwo workers do {rates[2] / rates[1]:.2f} times the work of one (target ≥ 1.85)."
    source.unlink()


def _file(rows: int) -> bytes:
    given = pairs(min(rows, 60_000))
    lines = [
        '"{}","{}"'.format(*(name.replace('"', '""') for name in given[n % len(given)])) for n in range(rows)
    ]
    return ("name1,name2\n" + "\n".join(lines) + "\n").encode()


def _alone(source: Path, processes: int, rows: int) -> float:
    target = source.with_name("out.csv")
    prepare_process()  # as the command does
    started = time.perf_counter()
    compare_file(source, target, FileCompareOptions(("name1", "name2")), processes, lambda _: None)
    target.unlink()
    return rows / (time.perf_counter() - started)


def _job(user: User, content: bytes, processes: int) -> tuple[float, int, int]:
    """Rows a second from the first piece to the last, and the memory of the largest process on the way."""
    upload = Upload("pairs.csv")
    upload.write(content)
    upload.finish()
    job = service.create(user, upload, service.JobOptions(("name1", "name2")))
    with workers(processes) as process:
        prepare_job.delay(str(job.pk))
        samples: list[tuple[float, int, int]] = []
        while (now := BatchJob.objects.get(pk=job.pk)).status in ("queued", "running"):
            time.sleep(0.25)
            if now.rows_done:
                samples.append((time.perf_counter(), now.rows_done, memory(process)))
        ended = time.perf_counter()
    service.delete(now, user)
    began, done, _ = samples[0]
    return (now.rows_done - done) / (ended - began), samples[len(samples) // 4][2], samples[-1][2]


def lists(port: int, user: User, scale: Scale) -> Iterator[str]:
    """p95 of lists of answers at ten thousand rows and at many."""
    paths = {
        "`predictions`": "/api/v1/predictions",
        "`predictions?verdict=immaterial`": "/api/v1/predictions?verdict=immaterial",
        "`predictions?verdict=review`, none found": "/api/v1/predictions?verdict=review",
        "`predictions?profile=lc`, none found": "/api/v1/predictions?profile=lc",
        "`predictions?verdict=review&profile=general`, none found": (
            "/api/v1/predictions?verdict=review&profile=general"
        ),
        "admin list": "/admin/matching/prediction/",
        "admin list, a verdict": "/admin/matching/prediction/?verdict__exact=immaterial",
        "admin list, a verdict that none has": "/admin/matching/prediction/?verdict__exact=review",
        "admin list, a profile that none has": "/admin/matching/prediction/?profile=lc",
    }
    measured = []
    for rows in (10_000, scale.list_rows):
        empty_tables()
        fill(user, rows)
        measured.append({name: measure_p95(port, user, path) for name, path in paths.items()})
    yield f"| list, p95 in ms | 10,000 answers | {scale.list_rows:,} answers | times (≤ 1.5) |"
    yield "|---|---|---|---|"
    for name in paths:
        few, many = (times[name] for times in measured)
        yield f"| {name} | {few:.1f} | {many:.1f} | {many / few:.2f} |"
    empty_tables()


def measure_p95(port: int, user: User, path: str) -> float:
    """Return the 95th percentile in milliseconds of a hundred answers, one after the other."""
    headers = {"Authorization": f"Bearer {token_of(user)}"}
    if path.startswith("/admin"):
        headers = {"Cookie": session_of(user)}
    asked = [request("GET", path, headers)]
    in_turn(port, asked, 10)
    load = in_turn(port, asked, 100)
    _check(load)
    return load.percentile(0.95)


def empty_tables() -> None:
    """Remove every prediction and note."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE predictions, benchmark_api_note CASCADE")
        cursor.execute("SET session_replication_role = origin")
    assert not Prediction.objects.exists()


def _check(load: Load) -> None:
    if load.failures:
        raise RuntimeError(f"{load.failures} of {len(load.latencies)} answers were refusals")
