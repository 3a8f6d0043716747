"""A soak: half of the load that the machine does, and every process is killed again and again meanwhile.

A minute in the suite; ``make soak`` takes an hour and writes what it saw.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from config.local.embedded import EmbeddedServers
from matching.benchmark.sections import replace_section
from matching.training.synthetic.generator import generate_pairs
from modelops.alert_rules import ALERT_RULES
from tests.receivers import Hook, http_receiver
from tests.system.soak.clients import Jobs, Load, Pair, list_stored, probing
from tests.system.soak.faults import KINDS, Killer, list_processes
from tests.system.soak.report import Soak, write_section
from tests.system.soak.verification import Expectation, judge, needs_error_alert
from tests.system.soak.versions import load_scorers
from tests.system.supervisor import System, wait_for
from tests.system.template import begin_prepared

pytestmark = pytest.mark.alone

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
PAGE = os.environ.get("SOAK_PAGE", "")
PATIENCE_SECONDS = 900
PAIRS = 30_000
PROMOTED = (1, 2)
LONG_RUN_SECONDS = 1_200
"""From here on beat is stopped, too, for so long that somebody has to be told."""
GENEROUS = dict.fromkeys(("API_RATE", "BYTE_RATE", "JOB_RATE"), "1000000000/min")
DUE = {"break_glass_rollback", "audit_schedule_silent"}
"""Alerts that are due because of what people do during every soak."""


@pytest.fixture
def hook() -> Iterator[tuple[str, Hook]]:
    """The receiver of alerts."""
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """The installation as `make run` starts it, with limits that a load may pass."""
    begin_prepared(tmp_path / "var")
    system = System(tmp_path / "var", WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8", **GENEROUS)
    system.start()
    yield system
    if system.process.poll() is None:
        system.stop(signal.SIGTERM)
    for server in (EmbeddedServers(system.home).postgres, EmbeddedServers(system.home).valkey):
        server.stop()


def test_nothing_acknowledged_is_lost_or_wrong_whatever_is_killed(
    system: System, hook: tuple[str, Hook]
) -> None:
    address, posted = hook
    key = json.loads(act(system, f"hire({address!r})"))["key"]
    pairs = build_pairs()
    load, jobs = Load(system.port, key, pairs), Jobs(system.port, key, pairs)
    capacity = measure_capacity(load)
    wait_for(lambda: bool(query(system, "SELECT name FROM heartbeats")), PATIENCE_SECONDS)
    killer = Killer(system, mean_seconds=min(20.0, SECONDS / (len(KINDS) + 3)), seed=14)
    due, began = set(DUE), time.monotonic()
    with probing(system.port), load.asking(capacity / 2), jobs.sending(), killer.killing():
        due |= live_through(system, killer, began)
    seconds = time.monotonic() - began
    wait_for(system.ready, PATIENCE_SECONDS)
    due |= {"error_rate_high"} if needs_error_alert(load.answers, load.failures) else set()
    due |= {"bulk_job_failed"} if any(job.status == "failed" for job in jobs.done) else set()
    wait_until_told(system, due, posted)
    stored = list_stored(system.port, key)
    found = judge(load.answers, stored, load.failures, jobs.done, Expectation(pairs, load_scorers(PROMOTED)))
    soak = Soak(seconds, capacity, found, load, killer.kills, due, list_fired(system))
    audit = manage(system, "audit", "verify")
    assert system.stop(signal.SIGTERM) == 0
    check(soak, audit)


def live_through(system: System, killer: Killer, began: float) -> set[str]:
    """Promote twice, switch the sealing off, stop beat in a long run, roll back; return what else is due."""
    steps: list[Callable[[], object]] = [
        lambda: act(system, f"promote({PROMOTED[0]})"),
        lambda: stop_sealing(system, killer),
    ]
    steps += [lambda: act(system, f"promote({PROMOTED[1]})")]
    steps += [lambda: stop_beat(system, killer)] if SECONDS >= LONG_RUN_SECONDS else []
    steps += [lambda: act(system, f"roll_back({PROMOTED[1]})")]
    for number, step in enumerate(steps, 1):
        pause(began + SECONDS * number / (len(steps) + 1))
        step()
    pause(began + SECONDS)
    return {"beat_silent"} if SECONDS >= LONG_RUN_SECONDS else set()


def stop_sealing(system: System, killer: Killer) -> None:
    """Switch the sealing off past the pages until somebody is told of it.

    Meanwhile beat lives: killed more often than once a minute it sends no task of a minute.
    """
    act(system, "switch_sealing(False)")
    with killer.sparing("beat", "supervisor"):
        wait_for(lambda: is_firing(system, "audit_schedule_silent"), PATIENCE_SECONDS)
    act(system, "switch_sealing(True)")


def stop_beat(system: System, killer: Killer) -> None:
    """Stop beat without ending it until somebody is told of it: nothing starts it again."""
    with killer.sparing("beat", "supervisor"):
        (beat,) = list_processes(system, "beat")
        os.kill(beat, signal.SIGSTOP)
        wait_for(lambda: is_firing(system, "beat_silent"), PATIENCE_SECONDS)
        os.kill(beat, signal.SIGCONT)


def pause(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))


def build_pairs() -> list[Pair]:
    unique = dict.fromkeys((pair.left, pair.right) for pair in generate_pairs(14, int(PAIRS * 1.3)))
    return list(unique)[:PAIRS]


def measure_capacity(load: Load) -> float:
    """Return how many answers a second the clients get when they ask as fast as they can."""
    for seconds in (3.0, min(20.0, SECONDS / 6)):  # the first wakes every process
        before, began = len(load.answers), time.monotonic()
        with load.asking():
            time.sleep(seconds)
        capacity = (len(load.answers) - before) / (time.monotonic() - began)
    return capacity


def act(system: System, what: str) -> str:
    """Let the staff do something in the installation; return what it printed."""
    return manage(
        system, "shell", "--no-imports", "--command", f"from tests.system.soak import staff; staff.{what}"
    )


def manage(system: System, *arguments: str) -> str:
    command = [sys.executable, "-m", "django", *arguments]
    environment = {**system.environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def list_fired(system: System) -> set[str]:
    """Return the rules of the alerts that have fired so far."""
    return {rule for (rule,) in query(system, "SELECT rule FROM alerts WHERE fired_at IS NOT NULL")}


def is_firing(system: System, rule: str) -> bool:
    """Say whether the alert fires now: it may have fired and ended before, for another cause."""
    return (rule,) in query(system, "SELECT rule FROM alerts WHERE state = 'firing'")


def query(system: System, statement: str) -> list[tuple[str, ...]]:
    """Return the rows of a query; none while the database does not answer."""
    try:
        with (
            closing(psycopg2.connect(EmbeddedServers(system.home).postgres.build_url())) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
            return cursor.fetchall()
    except psycopg2.OperationalError:
        return []


def wait_until_told(system: System, due: set[str], hook: Hook) -> None:
    """Wait until the receiver has every alert that was due, and what was repaired is resolved."""
    repaired = due & {"audit_schedule_silent", "beat_silent"}
    titles = [ALERT_RULES[rule].title for rule in due]

    def is_told() -> bool:
        texts = "".join(body.decode() for _, body in hook.posts)
        resolved = {rule for (rule,) in query(system, "SELECT rule FROM alerts WHERE state = 'resolved'")}
        return repaired <= resolved and all(title in texts for title in titles)

    wait_for(is_told, PATIENCE_SECONDS)


def check(soak: Soak, audit: str) -> None:
    assert "seals intact" in audit
    found = soak.found
    harm = (found.lost, found.doubled, found.wrong, found.job_rows_wrong, found.unclean, found.refused)
    assert harm == (0,) * len(harm), found
    assert soak.due <= soak.fired
    assert {kill.kind for kill in soak.kills} == set(KINDS)
    if PAGE:
        replace_section(settings.BASE_DIR / PAGE, "soak", write_section(soak))
