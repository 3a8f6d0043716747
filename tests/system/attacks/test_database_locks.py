"""Locks that somebody holds in the database: who needs them is refused cleanly and soon, and nobody hangs.

A client's DELETE while a worker works on the job is in ``test_wedged_worker.py``.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from config import env
from config.local.embedded import EmbeddedServers
from tests.jobs import PAIRS, csv_file
from tests.system.serving import Web, prepared, wait_for

pytestmark = pytest.mark.alone

PAIR = {"name1": "Acme, Inc.", "name2": "ACME Incorporated"}
LOCK_ROW = "SELECT 1 FROM batch_jobs WHERE id = %s FOR UPDATE"
LOCK_TABLE = "LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE"
THREADS = 16
"""Twice as many requests at once as there are threads."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey of these tests alone."""
    servers = prepared(tmp_path_factory.mktemp("locks") / "var")
    yield servers
    servers.release()


@pytest.fixture(scope="module")
def web(servers: EmbeddedServers) -> Iterator[Web]:
    """A web server that waits a second for a lock."""
    yield from run_web(Web(servers.home, DATABASE_LOCK_SECONDS="1", API_RATE="100000/min"))


@pytest.fixture(scope="module")
def bearer(web: Web) -> dict[str, str]:
    return web.bearer()


def run_web(web: Web) -> Iterator[Web]:
    web.start()
    yield web
    web.stop()


@contextmanager
def holding(servers: EmbeddedServers, statement: str, *values: str, options: str = "") -> Iterator[Any]:
    """A transaction that has done this and does not end."""
    with closing(psycopg2.connect(servers.postgres.build_url(), options=options)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
        yield connection


def send_job(web: Web, bearer: dict[str, str]) -> str:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="pairs.csv"\r\n\r\n'
    form = body + csv_file(PAIRS) + b"\r\n--x--\r\n"
    answer = web.ask("POST", "/api/v1/jobs", form, Content_Type="multipart/form-data; boundary=x", **bearer)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def test_a_delete_that_meets_a_long_transaction_is_refused_soon_and_passes_afterwards(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str]
) -> None:
    job = send_job(web, bearer)
    with holding(servers, LOCK_ROW, job):
        refused = web.ask("DELETE", f"/api/v1/jobs/{job}", **bearer)
        assert web.ask("GET", f"/api/v1/jobs/{job}", **bearer).status == 200
        assert web.ask("POST", "/api/v1/compare", PAIR, **bearer).status == 201
    assert refused.is_a_clean_refusal, refused
    assert web.ask("DELETE", f"/api/v1/jobs/{job}", **bearer).status == 204


def compare_at_once(web: Web, bearer: dict[str, str]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda _: web.ask("POST", "/api/v1/compare", PAIR, **bearer), range(THREADS)))


def test_a_locked_table_refuses_every_thread_soon_and_all_of_them_answer_afterwards(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str]
) -> None:
    with holding(servers, LOCK_TABLE):
        refused = compare_at_once(web, bearer)
        assert web.ask("GET", "/health").status == 200
        assert web.ask("GET", "/api/v1/me", **bearer).status == 200
    assert [answer for answer in refused if not answer.is_a_clean_refusal] == []
    assert {answer.status for answer in compare_at_once(web, bearer)} == {201}


def test_a_statement_that_takes_too_long_is_ended_by_the_database(
    servers: EmbeddedServers, bearer: dict[str, str]
) -> None:
    """Without a limit of locks it is the limit of statements that ends the wait."""
    limits = {"DATABASE_LOCK_SECONDS": "0", "DATABASE_STATEMENT_SECONDS": "1"}
    for web in run_web(Web(servers.home, **limits)):
        with holding(servers, LOCK_TABLE):
            refused = web.ask("POST", "/api/v1/compare", PAIR, **bearer)
        assert refused.is_a_clean_refusal, refused
        assert web.ask("POST", "/api/v1/compare", PAIR, **bearer).status == 201


def test_a_process_that_stops_in_the_middle_of_a_transaction_loses_its_locks(
    servers: EmbeddedServers, web: Web, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_IDLE_SECONDS", "2")
    job = send_job(web, bearer)
    with holding(servers, LOCK_ROW, job, options=env.read_database_timeouts("web")) as stopped:
        wait_for(lambda: web.ask("DELETE", f"/api/v1/jobs/{job}", **bearer).status == 204)
        with pytest.raises(psycopg2.OperationalError, match="server closed the connection"):
            stopped.cursor().execute("SELECT 1")
