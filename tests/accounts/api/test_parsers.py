"""Request bodies are bounded in size and depth and refused with a plain sentence."""

import json
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    """A client of a user who may compare."""
    return signed_in(person())


def refused(client: APIClient, body: Any, status: int = 400) -> dict[str, Any]:
    answer = client.generic("POST", "/api/v1/compare", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.content)
    return problem


def test_a_body_that_is_too_large_is_refused_with_the_limit(client: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    problem = refused(client, '{"name1": "' + "x" * 1_000 + '"}', 413)
    assert "1000 bytes" in problem["detail"]


@pytest.mark.parametrize("levels", [11, 500, 200_000])
def test_a_body_that_is_nested_too_deep_is_refused(client: APIClient, levels: int) -> None:
    assert "levels deep" in refused(client, "[" * levels + "]" * levels)["detail"]


def test_a_body_of_ten_levels_is_read(client: APIClient) -> None:
    assert refused(client, "[" * 10 + "]" * 10)["code"] == "invalid"


@pytest.mark.parametrize(
    "body", ['{"name1": ', "NaN", '{"a": Infinity}', b"\xff\xfe", "1" * 5_000, "'Granite'"]
)
def test_what_is_no_json_is_refused_without_quoting_it(client: APIClient, body: str | bytes) -> None:
    detail = refused(client, body)["detail"]
    assert detail.startswith("The body is not")
    assert "Granite" not in detail


def test_another_type_of_body_is_refused(client: APIClient) -> None:
    answer = client.generic("POST", "/api/v1/compare", "<a/>", content_type="application/xml")
    assert answer.status_code == 415
