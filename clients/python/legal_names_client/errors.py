"""What can go wrong, as exceptions: one for each way to react."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from legal_names_client.rate_limit import read_retry_after


class LegalNamesError(Exception):
    """Every error of this package."""


class ConnectionLostError(LegalNamesError):
    """The server was not reached, or did not answer, as often as it was tried."""


class UnexpectedAnswerError(LegalNamesError):
    """Something answered that is not this API, or a much later version of it."""


class JobFailedError(LegalNamesError):
    """A bulk job ended without a result: its message is the reason, ``status`` is `failed` or `cancelled`."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with one field of a request, such as ``identifiers1.lei``."""

    field: str
    message: str


class ApiError(LegalNamesError):
    """The server refused (RFC 9457). Branch on ``status`` and ``code``, show ``detail``, keep ``request_id``.

    ``retry_after`` is the number of seconds after which the server takes the request, if it said so.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        code: str = "",
        faults: tuple[FieldFault, ...] = (),
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status, self.detail, self.code = status, detail, code
        self.faults, self.request_id, self.retry_after = faults, request_id, retry_after
        named = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
        super().__init__(" ".join(part for part in (f"{status} {code}".strip() + ":", detail, named) if part))


class InvalidRequestError(ApiError):
    """400, 413, 415, 422: mend the request; ``faults`` names the fields."""


class AuthenticationError(ApiError):
    """401: no credentials, or they have ended."""


class PermissionDeniedError(ApiError):
    """403: the role or the scopes of the key do not allow it."""


class NotFoundError(ApiError):
    """404, 410: not there, not there any more, or somebody else's."""


class ConflictError(ApiError):
    """409: it does not fit what happened before; ``code`` says what."""


class IdempotencyKeyReusedError(ConflictError):
    """An idempotency key was sent with another body than the first time."""


class RateLimitedError(ApiError):
    """429: too much was asked, and ``retry_after`` is longer than this client waits by itself."""


class UnavailableError(ApiError):
    """5xx: a part of the server does not answer; nothing was stored."""


_BY_STATUS: dict[int, type[ApiError]] = {
    HTTPStatus.BAD_REQUEST: InvalidRequestError,
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: PermissionDeniedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.GONE: NotFoundError,
    HTTPStatus.CONFLICT: ConflictError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: InvalidRequestError,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: InvalidRequestError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidRequestError,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedError,
}


def build_error(response: httpx.Response) -> ApiError:
    """Return the exception of a refusal whose body was read; a body that is no problem is left out."""
    problem = _read_problem(response)
    code = str(problem.get("code", ""))
    kind = _BY_STATUS.get(response.status_code, UnavailableError if response.status_code >= 500 else ApiError)
    if code == "idempotency_key_reused":
        kind = IdempotencyKeyReusedError
    return kind(
        status=response.status_code,
        detail=str(problem.get("detail") or response.reason_phrase),
        code=code,
        faults=tuple(_read_faults(problem.get("errors"))),
        request_id=str(problem.get("request_id") or response.headers.get("X-Request-ID", "")),
        retry_after=read_retry_after(response.headers),
    )


def _read_problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _read_faults(errors: object) -> list[FieldFault]:
    rows = errors if isinstance(errors, list) else []
    return [
        FieldFault(str(row.get("field", "")), str(row.get("message", "")))
        for row in rows
        if isinstance(row, dict)
    ]
