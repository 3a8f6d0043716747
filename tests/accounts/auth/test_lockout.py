"""Guessing passwords through proxies and from many addresses, and the owner who signs in meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.auth.client_address import UNKNOWN_ADDRESS, get_client_address, get_client_network
from accounts.models import User
from accounts.redis_client import breaker
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db

OWNER, STRANGER = "198.51.100.7", "203.0.113.66"
LIMIT = django_settings.AXES_FAILURE_LIMIT


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Settings) -> None:
    """One proxy in front, no limit by address in the way, and no pause after a slow start of Valkey."""
    settings.NUM_PROXIES = 1
    settings.LOGIN_RATE = "100000/min"
    breaker.reset()


def attempt(email: str, password: str, address: str, forged: str = "") -> Any:
    """Sign in at the page through a proxy that appends the address it was called from."""
    chain = f"{forged}, {address}" if forged else address
    given = {"login": email, "password": password}
    return Client().post("/sign-in", given, headers={"X-Forwarded-For": chain}, REMOTE_ADDR="10.0.0.2")


def guess(user: User, times: int, address: str = STRANGER, forged: str = "") -> Any:
    for _ in range(times):
        answer = attempt(user.email, "wrong", address, forged)
    return answer


def test_a_stranger_behind_the_same_proxy_locks_out_nobody_but_himself() -> None:
    owner = person()
    assert guess(owner, LIMIT).status_code == 429
    assert attempt(owner.email, PASSWORD, STRANGER).status_code == 429
    assert attempt(owner.email, PASSWORD, OWNER).status_code == 302


def test_an_address_in_a_forged_header_is_not_believed() -> None:
    owner = person()
    for number in range(LIMIT):
        answer = attempt(owner.email, "wrong", STRANGER, forged=f"192.0.2.{number}")
    assert answer.status_code == 429
    assert attempt(owner.email, PASSWORD, STRANGER, forged=OWNER).status_code == 429


def test_failures_during_a_lock_do_not_prolong_it() -> None:
    owner = person()
    with time_machine.travel("2026-03-02 10:00Z", tick=False) as clock:
        guess(owner, LIMIT)
        for _ in range(3):
            clock.shift(timedelta(minutes=4))
            assert guess(owner, 1).status_code == 429
        clock.shift(timedelta(minutes=4))  # 16 minutes after the lock, 4 after the last failure
        assert attempt(owner.email, PASSWORD, STRANGER).status_code == 302


def test_guessing_from_many_addresses_ends_with_a_limit_of_the_account(settings: Settings) -> None:
    settings.ACCOUNT_FAILURE_RATE = "20/d"
    owner = person()
    for number in range(20):
        assert attempt(owner.email, "wrong", f"192.0.2.{number}").status_code == 200
    assert attempt(owner.email, PASSWORD, OWNER).status_code == 200, "a password alone is not enough any more"
    assert attempt(person().email, PASSWORD, OWNER).status_code == 302, "others are not concerned"


def test_addresses_of_one_ipv6_network_count_together() -> None:
    owner = person()
    for number in range(LIMIT):
        answer = attempt(owner.email, "wrong", f"2001:db8:1:2::{number:x}")
    assert answer.status_code == 429
    assert attempt(owner.email, PASSWORD, "2001:db8:1:2::ffff").status_code == 429
    assert attempt(owner.email, PASSWORD, "2001:db8:1:3::1").status_code == 302


def test_guessing_does_not_stop_a_neighbour_from_refreshing(client: Client, settings: Settings) -> None:
    settings.LOGIN_RATE, owner = "2/h", person()
    body = {"email": owner.email, "password": PASSWORD}
    refresh = client.post("/api/v1/token", body, "application/json").json()["refresh"]
    for _ in range(3):
        refused = client.post("/api/v1/token", {**body, "password": "wrong"}, "application/json")
    assert refused.status_code == 429
    assert client.post("/api/v1/token/refresh", {"refresh": refresh}, "application/json").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "expected"),
    [
        (0, "192.0.2.1", "198.51.100.7", "198.51.100.7"),
        (None, "192.0.2.1", "198.51.100.7", "198.51.100.7"),
        (1, "", "198.51.100.7", "198.51.100.7"),
        (1, "192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (1, "6.6.6.6, 192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (2, "6.6.6.6, 192.0.2.1, 10.0.0.9", "10.0.0.2", "192.0.2.1"),
        (1, "192.0.2.1:4711", "10.0.0.2", "192.0.2.1"),
        (1, "[2001:db8::7]:4711", "10.0.0.2", "2001:db8::7"),
        (1, "::ffff:192.0.2.1", "10.0.0.2", "192.0.2.1"),
        (1, "unknown", "10.0.0.2", "10.0.0.2"),
        (0, "", "", UNKNOWN_ADDRESS),
    ],
)
def test_the_address_is_the_one_our_outermost_proxy_saw(
    settings: Settings, proxies: int | None, forwarded: str, remote: str, expected: str
) -> None:
    settings.NUM_PROXIES = proxies
    asked = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=remote)
    assert get_client_address(asked) == expected


def test_an_ipv4_address_is_counted_by_itself() -> None:
    asked = RequestFactory().get("/", headers={"X-Forwarded-For": OWNER})
    assert get_client_network(asked) == OWNER
