"""What clients see while a server is down, and what is there afterwards; nothing here is pretended."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from config.local.embedded import EmbeddedServers
from tests.system.serving import NOBODY_LISTENS, Crowd, Web, crash, prepared, wait_for

OUTAGE_SECONDS = 10
GENEROUS = {"API_RATE": "1000000/min", "LOGIN_RATE": "1000000/min"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey of these tests alone, which they may break."""
    servers = prepared(tmp_path_factory.mktemp("outages") / "var")
    yield servers
    servers.release()


@pytest.fixture(scope="module")
def web(servers: EmbeddedServers) -> Iterator[Web]:
    """The web server, whose MLflow cannot be reached the whole time."""
    web = Web(servers.home, MLFLOW_TRACKING_URI=NOBODY_LISTENS, **GENEROUS)
    web.start()
    yield web
    web.stop()


@pytest.fixture(scope="module")
def bearer(web: Web) -> dict[str, str]:
    """The administrator's credentials."""
    return web.bearer()


def stored(servers: EmbeddedServers) -> Counter[str]:
    """Every stored prediction and how often it is there."""
    with psycopg2.connect(servers.postgres.build_url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM predictions")
        return Counter(row[0] for row in cursor.fetchall())


def made(crowd: Crowd, servers: EmbeddedServers, before: int) -> None:
    """Check that each finished request left exactly one row, and no unfinished one left any."""
    rows = stored(servers)
    assert set(crowd.done) <= set(rows)
    assert len(set(crowd.done)) == len(crowd.done) == rows.total() - before


def test_without_valkey_comparing_goes_on_signing_in_is_closed_and_both_recover(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str]
) -> None:
    before = stored(servers).total()
    with Crowd(web, bearer).asking() as crowd:
        crowd.finishes_more()
        servers.valkey.stop()
        stopped = time.monotonic()
        refused = web.sign_in()
        crowd.finishes_more()
        while time.monotonic() < stopped + OUTAGE_SECONDS:
            time.sleep(0.1)
        servers.valkey.start()
        wait_for(lambda: web.sign_in().status == 200)
        crowd.finishes_more()
    assert refused.is_a_clean_refusal, refused
    assert {reply.status for reply in crowd.replies} == {201}
    assert all("ratelimit" in reply.headers for reply in crowd.replies)
    made(crowd, servers, before)


def test_without_postgresql_refusals_are_clean_and_nothing_acknowledged_is_lost_or_doubled(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str]
) -> None:
    before = stored(servers).total()
    with Crowd(web, bearer).asking() as crowd:
        crowd.finishes_more()
        crash(servers)
        stopped = time.monotonic()
        refused = web.sign_in()
        while time.monotonic() < stopped + OUTAGE_SECONDS:
            time.sleep(0.1)
        servers.postgres.start()
        crowd.finishes_more()
    assert refused.is_a_clean_refusal, refused
    others = [reply for reply in crowd.replies if reply.status != 201]
    assert others
    assert [reply for reply in others if not reply.is_a_clean_refusal] == []
    made(crowd, servers, before)


def test_a_killed_web_process_loses_nothing_that_was_acknowledged(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str]
) -> None:
    before, workers = stored(servers).total(), web.workers()
    with Crowd(web, bearer).asking() as crowd:
        crowd.finishes_more()
        os.kill(workers[0], signal.SIGKILL)
        wait_for(lambda: len(set(web.workers()) - set(workers)) == 1)
        crowd.finishes_more()
    assert {reply.status for reply in crowd.replies} <= {0, 201}
    made(crowd, servers, before)


def test_an_unreachable_mlflow_has_no_effect_on_a_comparison(web: Web, bearer: dict[str, str]) -> None:
    pair = {"name1": "Acme, Inc.", "name2": "ACME Incorporated"}
    answer = web.ask("POST", "/api/v1/compare", pair, **bearer)
    assert (answer.status, answer.body["verdict"]) == (201, "immaterial")


def test_of_200_requests_at_once_against_a_limit_of_20_exactly_20_pass(
    servers: EmbeddedServers, bearer: dict[str, str]
) -> None:
    web = Web(servers.home, API_RATE="20/d")
    web.start()
    try:
        with ThreadPoolExecutor(max_workers=200) as crowd:
            replies = list(crowd.map(lambda _: web.ask("GET", "/api/v1/me", **bearer), range(200)))
    finally:
        web.stop()
    # The earlier tests counted the same person against a far larger allowance, which left nothing behind.
    assert Counter(reply.status for reply in replies) == {200: 20, 429: 180}
    assert {re.findall(r";q=(\d+)", reply.headers["ratelimit-policy"])[0] for reply in replies} == {"20"}
    assert all(int(reply.headers["retry-after"]) > 0 for reply in replies if reply.status == 429)
