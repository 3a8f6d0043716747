"""Rate limits: exact under concurrency; without Redis local for requests, closed for sign-in."""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.auth.throttles import Charge, LocalRateLimiter, apply_rate_limits, consume_units
from accounts.redis_client import RedisUnavailableError, breaker, call_redis
from accounts.usage.rates import RateLimit
from tests.people import PASSWORD, person, signed_in

TWENTY_A_DAY = RateLimit.parse("20/day")


def cut_off_the_store(settings: Settings) -> None:
    """Use a Redis port on which nothing listens."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    breaker.reset()


@pytest.fixture(autouse=True)
def rested() -> None:
    """Reset the circuit breaker before and after each test."""
    breaker.reset()


def test_of_200_requests_at_once_exactly_the_20_allowed_pass() -> None:
    with ThreadPoolExecutor(max_workers=50) as crowd:
        decisions = list(crowd.map(lambda _: consume_units("crowd", TWENTY_A_DAY), range(200)))
    assert Counter(decision.allowed for decision in decisions) == {True: 20, False: 180}


def test_a_store_that_forgot_the_script_learns_it_again() -> None:
    assert consume_units("again", TWENTY_A_DAY).remaining == 19
    call_redis(lambda store: store.script_flush())
    assert consume_units("again", TWENTY_A_DAY).remaining == 18


def test_what_was_spent_is_earned_back_evenly() -> None:
    rate = RateLimit.parse("20/s")
    while consume_units("steady", rate).allowed:
        pass
    wait = consume_units("steady", rate).wait_seconds
    assert 0 < wait <= 0.05
    time.sleep(wait + 0.005)
    assert consume_units("steady", rate).allowed


def test_a_request_that_costs_more_takes_more() -> None:
    assert consume_units("bulk", TWENTY_A_DAY, cost=15).remaining == 5
    assert not consume_units("bulk", TWENTY_A_DAY, cost=6).allowed
    assert consume_units("bulk", TWENTY_A_DAY, cost=5).allowed


def test_the_local_bucket_follows_the_same_rule() -> None:
    bucket = LocalRateLimiter()
    decisions = [bucket.consume_units("me", TWENTY_A_DAY) for _ in range(25)]
    assert [decision.allowed for decision in decisions] == [True] * 20 + [False] * 5
    assert decisions[0].remaining == 19
    assert decisions[-1].wait_seconds == pytest.approx(86_400 / 20, rel=0.01)


@pytest.mark.parametrize("text", ["", "20", "20/fortnight", "0/min", "-1/min", "many/day"])
def test_a_rate_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="600/min"):
        RateLimit.parse(text)


def test_without_the_store_taking_says_so_at_once_the_second_time(settings: Settings) -> None:
    cut_off_the_store(settings)
    with pytest.raises(RedisUnavailableError):
        consume_units("me", TWENTY_A_DAY)
    asked: list[object] = []
    with pytest.raises(RedisUnavailableError):
        call_redis(asked.append)
    assert asked == []


@pytest.mark.django_db
def test_signing_in_is_closed_while_attempts_cannot_be_counted(settings: Settings) -> None:
    user = person()
    cut_off_the_store(settings)
    answer = APIClient().post("/api/v1/token", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) >= 1


@pytest.mark.django_db
def test_too_many_attempts_to_sign_in_are_told_how_long_to_wait(settings: Settings) -> None:
    settings.LOGIN_RATE = "2/hour"
    attempt = {"email": "nobody@example.com", "password": "wrong"}
    answers = [APIClient().post("/api/v1/token", attempt) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 1800


@pytest.mark.django_db
def test_every_answer_tells_what_is_left(settings: Settings) -> None:
    settings.API_RATE = "3/hour"
    client = signed_in(person())
    answers = [client.get("/api/v1/me") for _ in range(4)]
    fields = [re.fullmatch(r'"requests";r=(\d+);t=(\d+)', answer["RateLimit"]) for answer in answers]
    assert [field and field[1] for field in fields] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"requests";q=3;w=3600'}
    assert fields[0] is not None
    assert 1_100 < int(fields[0][2]) <= 1_200
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1]["Retry-After"]) <= 1_200
    problem = answers[-1].json()
    assert problem["code"] == "throttled"
    assert problem["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert problem["violated-policies"] == ["requests"]


@pytest.mark.django_db
def test_a_refusal_for_another_reason_tells_what_is_left_too() -> None:
    answer = signed_in(person()).get("/api/v1/predictions", {"limit": "0"})
    assert answer.status_code == 400
    assert answer["RateLimit"] == '"requests";r=599;t=1'


@pytest.mark.django_db
def test_without_the_store_the_local_bucket_tells_what_is_left(settings: Settings) -> None:
    client = signed_in(person())
    cut_off_the_store(settings)
    answer = client.get("/api/v1/me")
    breaker.reset()
    assert answer["RateLimit-Policy"] == '"requests";q=600;w=60'


def test_limits_that_are_asked_about_together_are_each_decided_by_itself() -> None:
    consume_units("pairs", TWENTY_A_DAY, cost=15)
    charges = [
        Charge("requests", TWENTY_A_DAY),
        Charge("pairs", TWENTY_A_DAY, 6),
        Charge("bytes", TWENTY_A_DAY, 2),
    ]
    decisions = apply_rate_limits(charges)
    assert [(decision.allowed, decision.remaining) for decision in decisions] == [
        (True, 19),
        (False, 0),
        (True, 18),
    ]
    assert consume_units("pairs", TWENTY_A_DAY, cost=5).allowed
