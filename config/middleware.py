"""What every request gets: an id that joins its log lines, and a content security policy."""

import re
import secrets
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/admin/"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Takes `X-Request-ID` from the caller when it is well-formed, else makes one; returns it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the request's id in the response and in every log line between."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = request_id
        return response


class ContentSecurityPolicyMiddleware:
    """Adds the content security policy: own scripts and styles only, nothing inline.

    A template that needs an inline script marks it with `request.csp_nonce`. The admin's theme evaluates
    its attributes as expressions (Alpine.js) and writes its colours inline, so the admin's pages, and
    only they, allow evaluation in scripts and inline styles; inline scripts stay forbidden everywhere.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with a policy unless the view set its own."""
        nonces: list[str] = []
        request.csp_nonce = SimpleLazyObject(lambda: _new_nonce(nonces))  # type: ignore[attr-defined]
        response = self.get_response(request)
        admin = request.path.startswith(ADMIN_PREFIX)
        response.headers.setdefault("Content-Security-Policy", _policy(nonces, admin))
        return response


def _new_nonce(nonces: list[str]) -> str:
    nonces.append(secrets.token_urlsafe(16))
    return nonces[-1]


def _policy(nonces: list[str], admin: bool) -> str:
    scripts = ["'self'", *(f"'nonce-{nonce}'" for nonce in nonces), *(["'unsafe-eval'"] if admin else [])]
    styles = ["'self'", *(["'unsafe-inline'"] if admin else [])]
    return f"{POLICY}; script-src {' '.join(scripts)}; style-src {' '.join(styles)}"
