"""Clients that send a request byte by byte, or nothing: everybody else is answered."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.local.embedded import EmbeddedServers
from config.process.web_worker import HEAD_SECONDS
from matching.engine import EXECUTION
from tests.system.serving import Web

pytestmark = pytest.mark.alone

SOCKETS = 64
"""Eight times as many as there are threads."""


@pytest.fixture
def web(servers: EmbeddedServers) -> Iterator[Web]:
    """The web server without a database: the embedded PostgreSQL is not started."""
    home = servers.home
    home.mkdir(parents=True, exist_ok=True)
    web = Web(
        home,
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        REDIS_URL="redis://127.0.0.1:1",
        **dict.fromkeys(
            (
                "SECRET_KEY",
                "JWT_SIGNING_KEY",
                "NAME_DIGEST_KEY",
                "API_KEY_PEPPER",
                "ARTEFACT_KEY",
                "AUDIT_KEY",
            ),
            "a secret of this test only, long enough for any check 0123456789",
        ),
        FIELD_ENCRYPTION_KEYS="MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        ALLOWED_HOSTS="127.0.0.1",
        NUM_PROXIES="0",
        HTTPS="false",
    )
    web.start()
    yield web
    web.stop()


def open_slowly(web: Web, beginning: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    client.sendall(beginning)
    return client


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /api/v1/compare HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n{",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 9000000\r\n\r\n--x\r\n",
    ],
)
def test_health_answers_whatever_slow_clients_do(web: Web, beginning: bytes) -> None:
    clients = [open_slowly(web, beginning) for _ in range(SOCKETS)]
    try:
        for _ in range(5):
            started = time.monotonic()
            assert web.ask("GET", "/health").body == {"status": "ok", "engine": EXECUTION}
            assert time.monotonic() - started < HEAD_SECONDS  # none of them was given up
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"x")
    finally:
        for client in clients:
            client.close()


def test_threads_answer_while_heads_arrive_slowly_and_those_are_given_up(web: Web) -> None:
    clients = [open_slowly(web, b"GET / HTTP/1.1\r\nX: ") for _ in range(SOCKETS)]
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: web.sign_in().status, range(16)))
    assert statuses == [503] * 16  # answered by threads: without Valkey no attempt to sign in is counted
    assert time.monotonic() - started < HEAD_SECONDS
    clients[0].settimeout(HEAD_SECONDS + 5)
    assert clients[0].recv(1) == b""
    for client in clients:
        client.close()


def test_a_request_in_many_small_pieces_is_answered_and_the_connection_stays_usable(web: Web) -> None:
    request = b"POST /api/v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"
    client = open_slowly(web, b"")
    for _ in range(2):
        for at in range(0, len(request), 7):
            client.sendall(request[at : at + 7])
            time.sleep(0.01)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        assert answer.status == 503  # no attempt to sign in is counted without Valkey
        assert answer.read()
    client.close()
