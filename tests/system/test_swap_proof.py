"""The swap under load, on real processes: promotions, a rollback and damaged artefacts, and no request fails.

Small in the suite; ``make prove-swap`` asks for thousands of requests and writes what it saw.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db.models import Max
from pytest_django import Settings

from accounts.auth.users import issue_api_key
from accounts.models import Role, User
from config.local.embedded import EmbeddedServers
from config.local.ports import find_free_port
from matching.benchmark.sections import replace_section
from matching.engine import compute_schema_hash
from matching.models import Prediction
from modelops.deployment import promotion
from modelops.deployment.promotion import PromotionError
from modelops.deployment.registration import VersionRegistration, register_version
from modelops.models import Alert, Deployment, LiveSlot, ModelArtefact, ModelVersion, ServingProcess
from modelops.serving.loader import ArtefactVerificationError, publish_generation
from modelops.serving.model_refresher import describe_unready_processes
from tests.people import person
from tests.processes import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

REQUESTS = int(os.environ.get("SWAP_REQUESTS", "500"))
PAGE = os.environ.get("SWAP_PAGE", "")
PATIENCE = 60.0
WEB, WORKERS, CLIENTS = 3, 2, 2
MOST_SECONDS = 15.0
PAST_EVERY_CHECK = "past every check"
MOST_LATENCY = 0.150
"""What the worst request among swaps may take beyond the worst one under the same load without them."""


@dataclass
class Figures:
    """What was seen."""

    convergence: dict[str, float] = field(default_factory=dict)
    worst_quiet: float = 0.0
    worst_steady: float = 0.0
    worst: float = 0.0
    median: float = 0.0
    p99: float = 0.0
    requests: int = 0
    failed: int = 0


class System:
    """Web and worker processes on the servers of the test."""

    def __init__(self, folder: Path, redis: str) -> None:
        self.folder = folder
        self.port = find_free_port()
        limits = {"API_RATE": "10000000/min", "BATCH_RATE": "10000000/min"}
        self.environment = environment(
            REDIS_URL=redis, PORT=str(self.port), WEB_WORKERS=str(WEB), OMP_NUM_THREADS="1", **limits
        )
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=django_settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.started.append(process)
        return process

    def serve(self) -> None:
        self.start("web", "gunicorn", "--config=python:config.process.gunicorn", "config.wsgi")
        worker = ("celery", "--app=config", "--quiet", "worker", f"--concurrency={WORKERS}")
        self.start("worker", *worker)
        wait_until(lambda: ServingProcess.objects.alive().count() == WEB + WORKERS)
        wait_until(self.ready)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @contextmanager
    def load(self, name: str, key: str, clients: int, pause: float) -> Iterator[Path]:
        """Ask all the time; yield the file with a line per request."""
        results = self.folder / name
        arguments = (str(self.port), key, str(results), str(clients), str(pause))
        process = self.start(f"{name}-log", "tests.system.load", *arguments)
        try:
            yield results
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)

    def stop(self) -> None:
        for process in self.started:
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            process.wait(PATIENCE)


@pytest.fixture
def system(tmp_path: Path, settings: Settings, servers: EmbeddedServers) -> Iterator[System]:
    servers.valkey.start()
    redis = servers.valkey.build_url().rstrip("/")
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"{redis}/1"}}
    system = System(tmp_path, redis)
    yield system
    system.stop()


def test_nobody_notices_promotions_a_rollback_and_damaged_artefacts(system: System) -> None:
    engineer, approver, figures = person(Role.MODEL_ENGINEER), person(Role.APPROVER), Figures()
    assert promotion.deploy_first(version("1", 0.0)) is not None
    _, key = issue_api_key(person(Role.CLIENT), "load", None)
    system.serve()
    with system.load("quiet", key, 1, 0.0) as quiet:
        wait_until(lambda: lines(quiet) >= min(REQUESTS / 5, 500))
    with system.load("steady", key, CLIENTS, 0.002) as steady:
        wait_until(lambda: lines(steady) >= REQUESTS / 3, REQUESTS / 20 + PATIENCE)
    with system.load("loud", key, CLIENTS, 0.002) as loud:
        for number in ("2", "3", "4"):
            promote(version(number, 0.05 * int(number)), engineer, approver, figures)
            refused_when_damaged(f"{number}-damaged", engineer, approver)
        follow("rollback", promotion.rollback("*", approver, "wrong answers"), figures)
        damaged = live_without_anybody(version("5", 0.3))
        wait_until(lambda: Alert.objects.filter(rule="model_swap_failed").exists())
        assert not Prediction.objects.filter(generation__gte=damaged.generation).exists()
        repaired = promotion.rollback("*", approver, "the artefact is damaged")
        follow("repair", repaired, figures)
        wait_until(lambda: lines(loud) >= REQUESTS, REQUESTS / 20 + PATIENCE)
    measured(figures, quiet, steady, loud)
    check_every_answer_came_from_what_was_live(figures)
    check_figures(figures)


def version(number: str, shift: float) -> ModelVersion:
    """The shipped model, a little bolder each time."""
    shipped = json.loads(files("matching.engine").joinpath("model/model.json").read_bytes())
    shipped["version"] = number
    shipped["model"]["baseline"] += shift
    registration = VersionRegistration(
        "legal-names", number, json.dumps(shipped).encode(), compute_schema_hash()
    )
    return register_version(registration, None)


def promote(model: ModelVersion, engineer: User, approver: User, figures: Figures) -> None:
    request = promotion.request_promotion(model, "*", "champion", "better", engineer)
    wait_until(lambda: describe_unready_processes(model.artefact_id) == "")
    made = promotion.approve_promotion(request, approver, "a bolder model for the proof")
    follow(f"promotion {model.version}", made, figures)


def refused_when_damaged(number: str, engineer: User, approver: User) -> None:
    """An artefact that is damaged while it is being staged is refused."""
    model = version(number, 0.01)
    request = promotion.request_promotion(model, "*", "champion", "better", engineer)
    ModelArtefact.objects.filter(pk=model.artefact_id).update(content=b"damaged")
    with pytest.raises((PromotionError, ArtefactVerificationError)):
        promotion.approve_promotion(request, approver, "in a hurry")
    promotion.decline_promotion(request, approver, "damaged")


def live_without_anybody(model: ModelVersion) -> Deployment:
    """A damaged artefact put live past every check, as an intruder with the database could."""
    ModelArtefact.objects.filter(pk=model.artefact_id).update(content=b"damaged")
    slot = LiveSlot.objects.get()
    row = Deployment.objects.create(
        model=model,
        role="champion",
        previous=slot.deployment,
        requested_by=person(),
        break_glass=True,
        reason=PAST_EVERY_CHECK,
    )
    LiveSlot.objects.update(deployment=row)
    publish_generation(row.generation)
    return row


def follow(what: str, made: Deployment, figures: Figures) -> None:
    """Measure how long every process takes to serve it."""
    began = time.monotonic()
    wait_until(lambda: not ServingProcess.objects.alive().filter(generation__lt=made.generation).exists())
    figures.convergence[what] = time.monotonic() - began


def measured(figures: Figures, quiet: Path, steady: Path, loud: Path) -> None:
    first, before, results = read(quiet), read(steady), read(loud)
    figures.worst_quiet = max(seconds for _, seconds in first)
    figures.worst_steady = max(seconds for _, seconds in before)
    loud_seconds = sorted(seconds for _, seconds in results)
    figures.worst, figures.median = loud_seconds[-1], loud_seconds[len(loud_seconds) // 2]
    figures.p99 = loud_seconds[int(len(loud_seconds) * 0.99)]
    everything = [*first, *before, *results]
    figures.requests = len(everything)
    figures.failed = sum(status != 201 for status, _ in everything)


def check_every_answer_came_from_what_was_live(figures: Figures) -> None:
    """Generation and version of every stored answer belong together, and none is older than it may be."""
    served = [row for row in Deployment.objects.order_by("generation") if row.reason != PAST_EVERY_CHECK]
    ends = {row.generation: later.at for row, later in pairwise(served)}
    versions = {row.generation: row.model_id for row in served}
    answered = Prediction.objects.order_by().values("generation", "model").annotate(last=Max("created_at"))
    assert {answer["generation"] for answer in answered} == set(versions)
    for answer in answered:
        assert versions[answer["generation"]] == answer["model"]
        if answer["generation"] in ends:
            assert answer["last"] <= ends[answer["generation"]] + timedelta(seconds=MOST_SECONDS)
    assert Prediction.objects.count() == figures.requests


def check_figures(figures: Figures) -> None:
    assert figures.failed == 0, figures
    assert figures.requests >= REQUESTS
    assert max(figures.convergence.values()) <= MOST_SECONDS
    if PAGE:
        replace_section(django_settings.BASE_DIR / PAGE, "swap", written(figures))
        assert figures.worst <= figures.worst_steady + MOST_LATENCY


def written(figures: Figures) -> str:
    """The section of the benchmarks' page."""
    rows = [f"| {what} | {seconds:.1f} |" for what, seconds in figures.convergence.items()]
    load, cores = os.getloadavg()[1], os.cpu_count()
    busy = f"While it ran, the machine of {cores} cores had a load of {load:.1f}, most of it from elsewhere."
    return f"""## Swapping models under load

Written by `make prove-swap`. {WEB} web and {WORKERS} worker processes and {CLIENTS} clients that ask
without end, on one machine. Three promotions (each staged in every process, then approved), after each a
version whose bytes were damaged before its approval (refused), one rollback, one damaged version put live
past every check (every process kept its model and raised an alert), and the way back from it.

| | |
|---|---|
| requests | {figures.requests:,} |
| failed | {figures.failed} |
| worst request of one client, no swaps | {figures.worst_quiet * 1000:.0f} ms |
| worst request under load, no swaps | {figures.worst_steady * 1000:.0f} ms |
| worst request under load and swaps | {figures.worst * 1000:.0f} ms |
| 99th percentile under load and swaps | {figures.p99 * 1000:.0f} ms |
| median under load and swaps | {figures.median * 1000:.0f} ms |

{busy}

Every stored answer names a generation that was live, with that generation's version, and none came more than
{MOST_SECONDS:.0f} s after the next one had gone live.

| until every process served it | seconds |
|---|---|
{chr(10).join(rows)}
"""


def read(results: Path) -> list[tuple[int, float]]:
    rows = [line.split() for line in results.read_text().splitlines()]
    return [(int(status), float(seconds)) for status, seconds in rows]


def lines(results: Path) -> int:
    return results.read_bytes().count(b"\n") if results.exists() else 0


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)
