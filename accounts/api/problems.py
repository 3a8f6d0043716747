"""Errors of the API as problem details (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    Throttled,
    ValidationError,
)
from rest_framework.exceptions import PermissionDenied as ApiPermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback
from structlog.contextvars import get_contextvars

from accounts.auth.access_events import record_refusal
from accounts.auth.authentication import explain_missing_credentials
from accounts.auth.throttles import list_violated_policies
from accounts.usage.quotas import QuotaExceededError

PROBLEM_CONTENT_TYPE = "application/problem+json"

QUOTA_EXCEEDED_TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"
"""The problem type of draft-ietf-httpapi-ratelimit-headers-11."""

VIOLATED_POLICIES = "violated-policies"

DOCUMENTATION_LINK = '</api/docs#errors>; rel="describedby"; type="text/html"'
"""The value of the ``Link`` field of every problem: what to do about it."""

_RETRY_AFTER_SECONDS = 5
"""Seconds after which a client may retry when the database does not answer."""


class UnavailableError(APIException):
    """A component that the request needs does not answer."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = gettext_lazy(
        "The service cannot answer for a moment. Nothing was stored; please try again."
    )
    default_code = "unavailable"
    wait = _RETRY_AFTER_SECONDS


class ConflictError(APIException):
    """The request contradicts stored data."""

    status_code = HTTPStatus.CONFLICT
    default_detail = gettext_lazy("This contradicts what is already stored.")
    default_code = "conflict"


class UnprocessableError(APIException):
    """The request is well-formed and contradicts an earlier one."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "The request contradicts an earlier one."
    default_code = "unprocessable"


class FaultSerializer(serializers.Serializer[Any]):
    """One invalid field."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(required=False, help_text="For programs: invalid, not_found, throttled, …")
    detail = serializers.CharField(help_text="A sentence for the user.")
    request_id = serializers.CharField()
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]
    resets_at = serializers.DateTimeField(
        required=False, help_text="For `quota_exceeded`: when the quota begins anew."
    )

    def get_fields(self) -> dict[str, Any]:
        """Add the member whose name is no identifier of Python."""
        policies = serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="For 429: the limits of `RateLimit-Policy` that refused the request.",
        )
        return {**super().get_fields(), VIOLATED_POLICIES: policies}


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the problem response of an exception; ``None`` lets Django log it and answer 500.

    That somebody signed in was refused (403) is recorded.
    """
    problem, request = _to_api_exception(error), context["request"]
    if problem is None:
        return None
    set_rollback()
    if isinstance(problem, NotAuthenticated):
        problem.detail = ErrorDetail(explain_missing_credentials(request), problem.default_code)
    if isinstance(problem, MethodNotAllowed):
        problem.detail = ErrorDetail(_describe_methods(problem, context["view"]), problem.default_code)
    if problem.status_code == HTTPStatus.FORBIDDEN:
        record_refusal(request._request, request.user, "permission or scope")
    return Response(
        {**build_problem(problem), **_describe_limits(problem, request)},
        problem.status_code,
        headers=_build_headers(problem),
        content_type=PROBLEM_CONTENT_TYPE,
    )


def build_problem(error: APIException) -> dict[str, Any]:
    """Return the members of the problem; ``errors`` lists the invalid fields."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": int(error.status_code),
        "code": _get_code(error),
        "detail": _get_detail(error),
        "request_id": str(get_contextvars().get("request_id", "")),
    }
    if isinstance(error, ValidationError):
        body["errors"] = [
            {"field": field, "message": message} for field, message in _flatten_errors(error.detail)
        ]
    return body


def _describe_methods(error: MethodNotAllowed, view: Any) -> str:
    methods = ", ".join(method for method in view.allowed_methods if method != "OPTIONS")
    return f"{error.detail} Allowed here: {methods}."


def _describe_limits(error: APIException, request: Request) -> dict[str, Any]:
    """Return the members of a problem that say which limits refused the request."""
    if not isinstance(error, Throttled):
        return {}
    body = {"type": QUOTA_EXCEEDED_TYPE, VIOLATED_POLICIES: list_violated_policies(request._request)}
    return (
        {**body, "resets_at": error.resets_at.isoformat()} if isinstance(error, QuotaExceededError) else body
    )


def _to_api_exception(error: Exception) -> APIException | None:
    if isinstance(error, APIException):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return ApiPermissionDenied()
    if isinstance(error, OperationalError | InterfaceError):
        return UnavailableError()
    return None


def _get_code(error: APIException) -> str:
    return (
        "invalid"
        if isinstance(error, ValidationError)
        else str(getattr(error.detail, "code", error.default_code))
    )


def _get_detail(error: APIException) -> str:
    if isinstance(error, ValidationError):
        return gettext("The request holds something that cannot be used; see errors.")
    if isinstance(error.detail, dict):
        return str(error.detail.get("detail", error.default_detail))
    return str(error.detail)


def _build_headers(error: APIException) -> dict[str, str]:
    headers = {"Link": DOCUMENTATION_LINK}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _flatten_errors(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested validation errors as ``("pairs.3.name1", "This field is required.")``."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flatten_errors(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _flatten_errors(inner, path if isinstance(inner, str) else f"{path}.{index}")
    else:
        yield path, str(detail)
