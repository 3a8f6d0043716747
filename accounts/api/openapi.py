"""The parts of the OpenAPI document that all operations share: error responses and request headers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from accounts.api.problems import PROBLEM_CONTENT_TYPE

IDEMPOTENCY_KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A key of this request chosen by the client, such as a UUID. A repetition within a day "
    "with the same body gets the stored response and changes nothing; with another body it is refused "
    "(422).",
    pattern="^[!-~]{1,200}$",
)
ETAG_PARAMETER = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of an earlier response; while it is current, the response is 304 without a body.",
)

_ERROR_RESPONSES = {
    "400": "The request is invalid; `errors` lists the fields.",
    "401": "The credentials are missing, invalid or expired.",
    "403": "The role or the key does not allow this.",
    "404": "The object does not exist or belongs to another user.",
    "409": "The request contradicts stored data.",
    "413": "The body is too large.",
    "415": "The media type of the body is not supported.",
    "429": "The rate limit is exceeded; `Retry-After` says when to try again.",
    "503": "A required component does not respond; `Retry-After` says when to try again.",
}
_BODY_STATUSES = {"409", "413", "415"}
_INSUFFICIENT_STORAGE = "There is not enough storage for the file; nothing was stored."
_REUSED_KEY = "The `Idempotency-Key` was used with another body."
_NOT_MODIFIED = {"description": "The earlier response is still current."}


def add_error_responses(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001 - the signature of the hook
    """Add the possible problems to every operation; a postprocessing hook of drf-spectacular."""
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _add_errors(operation, has_body=method != "get", has_id="{" in path)
    return result


def _add_errors(operation: dict[str, Any], has_body: bool, has_id: bool) -> None:
    for status, meaning in _ERROR_RESPONSES.items():
        if (status in _BODY_STATUSES and not has_body) or (status == "404" and not has_id):
            continue
        operation["responses"].setdefault(status, _build_problem_response(meaning))
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", ()):
        operation["responses"].setdefault("507", _build_problem_response(_INSUFFICIENT_STORAGE))
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "Idempotency-Key" in parameters:
        operation["responses"].setdefault("422", _build_problem_response(_REUSED_KEY))
    if "If-None-Match" in parameters:
        operation["responses"]["304"] = _NOT_MODIFIED


def _build_problem_response(meaning: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": meaning, "content": {PROBLEM_CONTENT_TYPE: {"schema": schema}}}
