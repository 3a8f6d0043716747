"""Guessing through a proxy: it ends soon, locks out the guesser alone, and never prolongs a lock.

The owner who signs in with a second factor meanwhile, and a refresh token that is used twice, are tested
in ``tests/accounts/sign_in/test_second_factor.py`` and ``tests/accounts/auth/test_tokens.py``.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from config.local.embedded import EmbeddedServers
from tests.system.serving import EMAIL, PASSWORD, Web, prepared, wait_for

pytestmark = pytest.mark.alone

STRANGER, OWNER = "203.0.113.66", "198.51.100.7"
GUESSES, FAILURE_LIMIT = 40, 5


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey of these tests alone."""
    servers = prepared(tmp_path_factory.mktemp("lockout") / "var")
    yield servers
    servers.release()


@pytest.fixture
def web(servers: EmbeddedServers, request: pytest.FixtureRequest) -> Iterator[Web]:
    """The web server behind one proxy, with locks of so many minutes and no limit by address in their way."""
    limits = {"LOGIN_RATE": "100000/min", "LOGIN_FAILURE_LIMIT": str(FAILURE_LIMIT)}
    web = Web(servers.home, NUM_PROXIES="1", LOGIN_COOLOFF_MINUTES=str(request.param), **limits)
    web.start()
    yield web
    web.stop()


def attempt(web: Web, password: str, address: str, forged: str = "192.0.2.1") -> int:
    """Sign in through a proxy that appends the address it was called from; return the status."""
    body = {"email": EMAIL, "password": password}
    return web.ask("POST", "/api/v1/token", body, X_Forwarded_For=f"{forged}, {address}").status


@pytest.mark.parametrize("web", [1_000], indirect=True)
def test_a_crowd_of_guesses_with_forged_addresses_ends_and_the_owner_signs_in_meanwhile(web: Web) -> None:
    """A locked address gets the answer of a wrong password for the right one, too: it learns nothing."""

    def guess(number: int) -> int:
        return attempt(web, f"guess {number}", STRANGER, forged=f"192.0.2.{number}")

    with ThreadPoolExecutor(8) as crowd:
        statuses = set(crowd.map(guess, range(GUESSES)))
        assert attempt(web, PASSWORD, OWNER) == 200
    assert statuses == {401}
    assert attempt(web, PASSWORD, STRANGER, forged=OWNER) == 401
    assert attempt(web, PASSWORD, OWNER, forged=STRANGER) == 200


@pytest.mark.parametrize("web", [1], indirect=True)
def test_a_lock_ends_although_the_guesser_never_stops(servers: EmbeddedServers, web: Web) -> None:
    """The stranger has learnt the password at last: a lock that failures prolong would never let him in."""
    address = "203.0.113.99"
    assert {attempt(web, "guess", address) for _ in range(FAILURE_LIMIT)} == {401}
    assert attempt(web, PASSWORD, address) == 401
    let_time_pass(servers)

    def guess_and_try() -> bool:
        attempt(web, "guess", address)
        return attempt(web, PASSWORD, address) == 200

    wait_for(guess_and_try)


def let_time_pass(servers: EmbeddedServers) -> None:
    """Let most of the minute of a lock be over, as far as the database knows."""
    with closing(psycopg2.connect(servers.postgres.build_url())) as connection, connection:
        connection.cursor().execute(
            "UPDATE axes_accessattempt SET attempt_time = attempt_time - interval '45 seconds'"
        )
