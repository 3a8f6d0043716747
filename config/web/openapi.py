"""Postprocessing of the OpenAPI document: response headers, and an example for every operation.

The examples are real requests and responses. A test validates each against its schema and checks that every
operation has one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_STRING_SCHEMA = {"type": "string"}
_INTEGER_SCHEMA = {"type": "integer"}
_HEADER_DESCRIPTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "X-Request-ID": (
        "The id of this request in the logs, taken from the request if it has one.",
        _STRING_SCHEMA,
    ),
    "RateLimit-Policy": (
        "The limits that count this request, as draft-ietf-httpapi-ratelimit-headers-11 defines: `q` units "
        'in `w` seconds, such as `"requests";q=600;w=60`.',
        _STRING_SCHEMA,
    ),
    "RateLimit": (
        'What is left of each: `r` units, all of them again in `t` seconds, such as `"requests";r=599;t=1`.',
        _STRING_SCHEMA,
    ),
    "Retry-After": ("Seconds to wait before trying again.", _INTEGER_SCHEMA),
    "WWW-Authenticate": ("The supported authentication schemes.", _STRING_SCHEMA),
    "ETag": ("The version of this response; send it as `If-None-Match`.", _STRING_SCHEMA),
    "Idempotent-Replayed": (
        "`true`: this is the stored response of an earlier request with this key.",
        _STRING_SCHEMA,
    ),
    "Content-Disposition": ("The name of the file.", _STRING_SCHEMA),
}
_RATE_LIMIT_HEADERS = ("RateLimit-Policy", "RateLimit")
_UNLIMITED_STATUSES = {"401", "403"}
_RETRY_STATUSES = {"429", "503", "507"}
_FILE_OPERATIONS = {"job_result", "predictions_export"}


@cache
def load_examples() -> dict[str, dict[str, Any]]:
    """Return the example request and response of each operation by its id."""
    examples: dict[str, dict[str, Any]] = json.loads(
        Path(__file__).with_name("openapi_examples.json").read_text(encoding="utf-8")
    )
    return examples


def add_headers_and_examples(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001 - the signature of the hook
    request: Any,  # noqa: ARG001
    public: bool,  # noqa: ARG001
) -> dict[str, Any]:
    """Add headers and examples to every operation; a postprocessing hook of drf-spectacular."""
    result["components"]["headers"] = {
        name.replace("-", ""): {"description": meaning, "schema": dict(schema)}
        for name, (meaning, schema) in _HEADER_DESCRIPTIONS.items()
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            _add_headers(operation)
            _add_examples(operation, load_examples().get(operation["operationId"], {}))
    return result


def _add_headers(operation: dict[str, Any]) -> None:
    """Add the header fields of each response."""
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    for status, response in operation["responses"].items():
        names = ["X-Request-ID", *(() if status in _UNLIMITED_STATUSES else _RATE_LIMIT_HEADERS)]
        names += ["Retry-After"] if status in _RETRY_STATUSES else []
        names += ["WWW-Authenticate"] if status == "401" else []
        if status.startswith("2"):
            names += ["ETag"] if "If-None-Match" in parameters else []
            names += ["Idempotent-Replayed"] if "Idempotency-Key" in parameters else []
            names += ["Content-Disposition"] if operation["operationId"] in _FILE_OPERATIONS else []
        response["headers"] = {
            name: {"$ref": f"#/components/headers/{name.replace('-', '')}"} for name in names
        }


def _add_examples(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    """Add the examples of the request and of successful responses; files have a CSV example only."""
    if "request" in example:
        for media in operation["requestBody"]["content"].values():
            media.setdefault("examples", {"example": {"value": example["request"]}})
    for status, response in operation["responses"].items():
        for media_type, media in response.get("content", {}).items():
            if "response" not in example or not status.startswith("2"):
                continue
            if (operation["operationId"] in _FILE_OPERATIONS) == (media_type == "text/csv"):
                media.setdefault("examples", {"example": {"value": example["response"]}})
