"""What the Python client reads of limits, and when it sends a request again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from legal_names_client import RateLimit, RetryPolicy
from legal_names_client.rate_limit import read_rate_limits, read_retry_after

GET = httpx.Request("GET", "https://names.example/api/v1/me")
POST = httpx.Request("POST", "https://names.example/api/v1/compare")
KEYED = httpx.Request("POST", "https://names.example/api/v1/compare", headers={"Idempotency-Key": "1"})
STRUCTURED = httpx.Headers(
    {
        "RateLimit": '"requests";r=50;t=30, "pairs, of batches";r=0;t=7',
        "RateLimit-Policy": '"requests";q=100;w=60,"pairs, of batches";q=20000;qu="pairs";w=60',
    }
)


def test_the_older_fields_are_read() -> None:
    fields = {"RateLimit-Limit": "600", "RateLimit-Remaining": "599", "RateLimit-Reset": "1"}
    headers = httpx.Headers({**fields, "RateLimit-Policy": "600;w=60"})
    assert read_rate_limits(headers) == (RateLimit("default", 599, 600, 1),)


def test_the_structured_field_is_read_with_several_policies() -> None:
    assert read_rate_limits(STRUCTURED) == (
        RateLimit("requests", 50, 100, 30),
        RateLimit("pairs, of batches", 0, 20_000, 7),
    )
    assert read_retry_after(STRUCTURED) == 7


def test_retry_after_counts_first_as_seconds_or_as_a_date() -> None:
    assert read_retry_after(httpx.Headers({**STRUCTURED, "Retry-After": "12"})) == 12
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
    wait = read_retry_after(httpx.Headers({"Retry-After": soon}))
    assert wait is not None
    assert 55 < wait <= 60


@pytest.mark.parametrize("field", ["50", "", '"a";t=7', "a;r=3"])
def test_what_is_no_field_is_nothing(field: str) -> None:
    assert read_rate_limits(httpx.Headers({"RateLimit": field})) == ()
    assert read_retry_after(httpx.Headers({"RateLimit": field, "Retry-After": "soon"})) is None


@pytest.mark.parametrize("status", [429, 503, 507])
def test_what_the_server_did_not_do_is_sent_again_whatever_it_was(status: int) -> None:
    refusal = httpx.Response(status, headers={"Retry-After": "3"})
    assert RetryPolicy().choose_wait(1, POST, refusal) == 3


def test_a_lost_answer_is_asked_for_again_only_where_nothing_is_done_twice() -> None:
    for lost in (httpx.Response(502), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("gone")):
        assert RetryPolicy().choose_wait(1, POST, lost) is None
        assert RetryPolicy().choose_wait(1, KEYED, lost) is not None
        assert RetryPolicy().choose_wait(1, GET, lost) is not None
    assert RetryPolicy().choose_wait(1, POST, httpx.ConnectError("refused")) is not None


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 422, 500])
def test_other_answers_stand(status: int) -> None:
    assert RetryPolicy().choose_wait(1, GET, httpx.Response(status)) is None


def test_waits_double_within_bounds_and_end() -> None:
    policy = RetryPolicy(attempts=9, first_wait=1, longest_wait=8)
    waits = [policy.choose_wait(attempt, GET, httpx.Response(503)) for attempt in range(1, 10)]
    assert waits[-1] is None
    for wait, ceiling in zip(waits, (1, 2, 4, 8, 8, 8, 8, 8), strict=False):
        assert wait is not None
        assert ceiling / 2 <= wait <= ceiling


def test_a_wait_longer_than_the_clients_patience_is_left_to_the_caller() -> None:
    refusal = httpx.Response(429, headers={"Retry-After": "61"})
    assert RetryPolicy().choose_wait(1, GET, refusal) is None
