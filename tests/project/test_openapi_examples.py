"""The OpenAPI document is the committed one; every operation has a valid example and its header fields."""

import json
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from config.web.openapi import load_examples
from tests.openapi_document import DOCUMENT_PATH, build_document
from tests.people import person, signed_in


@cache
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(build_document())
    return parsed


def test_the_committed_document_is_that_of_the_program() -> None:
    committed = DOCUMENT_PATH.read_text(encoding="utf-8")
    assert committed == build_document(), "The API changed: run `make openapi` and read the difference."


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (operation["operationId"], operation)
        for path in document()["paths"].values()
        for operation in path.values()
    ]


def media(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Every body of an operation that is JSON and no refusal."""
    bodies = list(operation.get("requestBody", {}).get("content", {}).items())
    for status, answer in operation["responses"].items():
        bodies += answer.get("content", {}).items() if status.startswith("2") else ()
    return [body for kind, body in bodies if kind in ("application/json", "multipart/form-data")]


@pytest.mark.parametrize(("name", "operation"), operations(), ids=[name for name, _ in operations()])
def test_an_operation_has_examples_that_its_schema_accepts(name: str, operation: dict[str, Any]) -> None:
    assert operation.get("description") or operation.get("summary"), name
    for body in media(operation):
        schema = {**_plain(body["schema"]), "components": _plain(document()["components"])}
        shown = [example["value"] for example in body["examples"].values()]
        assert shown
        for value in shown:
            Draft202012Validator(schema).validate(value)


def test_a_file_is_shown_as_csv() -> None:
    files = {"job_result", "predictions_export"}
    shown = {
        name
        for name, operation in operations()
        if "examples" in operation["responses"].get("200", {}).get("content", {}).get("text/csv", {})
    }
    assert shown == files


def test_no_example_is_of_an_operation_that_is_gone() -> None:
    assert set(load_examples()) <= {name for name, _ in operations()}


@pytest.mark.parametrize(("name", "operation"), operations(), ids=[name for name, _ in operations()])
def test_every_answer_names_its_headers(name: str, operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        assert "X-Request-ID" in answer["headers"], (name, status)
    assert "RateLimit" in operation["responses"]["429"]["headers"]
    assert "Retry-After" in operation["responses"]["503"]["headers"]


@pytest.mark.django_db
def test_the_headers_are_those_that_are_sent() -> None:
    client = signed_in(person())
    answers = {"predictions": client.get("/api/v1/predictions"), "profiles": client.get("/api/v1/profiles")}
    answers["me"] = APIClient().get("/api/v1/me")
    described = dict(operations())
    for name, answer in answers.items():
        expected = described[name]["responses"][str(answer.status_code)]["headers"]
        assert set(expected) <= set(answer.headers), name


def _plain(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: what may be null says so by its type."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _plain(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") else inner
