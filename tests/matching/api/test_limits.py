"""Limits of comparisons: asked about together, stated apart."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from redis import Redis

from accounts.auth import throttles
from accounts.redis_client import call_redis
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]


def test_a_comparison_asks_the_store_once_and_a_batch_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[[Redis], Any]] = []

    def count_call(function: Callable[[Redis], Any]) -> Any:
        calls.append(function)
        return call_redis(function)

    monkeypatch.setattr(throttles, "call_redis", count_call)
    client, pair = signed_in(person()), {"name1": "Acme Inc", "name2": "Acme LLC"}
    calls.clear()
    assert client.post("/api/v1/compare", pair).status_code == 201
    assert len(calls) == 1
    assert client.post("/api/v1/compare/batch", {"pairs": [pair]}).status_code == 201
    assert len(calls) == 3


def test_all_limits_are_stated_and_the_one_that_refused_is_named(settings: Settings) -> None:
    settings.BYTE_RATE = "100/h"
    client, pair = signed_in(person()), {"name1": "Acme " * 8, "name2": "Acme LLC"}
    policies = '"requests";q=600;w=60, "bytes";q=100;w=3600;qu="content-bytes"'
    assert client.post("/api/v1/compare", pair)["RateLimit-Policy"] == policies
    refused = client.post("/api/v1/compare", pair)
    assert refused.status_code == 429
    assert refused["RateLimit-Policy"] == policies
    assert refused.json()["violated-policies"] == ["bytes"]
    wait = int(refused["Retry-After"])
    assert wait > 600
    assert refused["RateLimit"].endswith(f'"bytes";r=0;t={wait}')
