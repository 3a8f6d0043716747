"""Middleware for request ids and the content security policy."""

import re
import secrets
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/admin/"
BASE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
# Digests of the styles that the scripts of the admin theme add to pages: the progress indicator of htmx, and
# three style attributes of the search box in drop-down lists (no width, full width, none).
THEME_STYLE_HASHES = (
    "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",
    "'unsafe-hashes'",
    "'sha256-qYKkU7EofkVsEss99tX5zBhWPZ8G52q0LYh78i/kJVs='",
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-PeSS2ec5Ny5jOwzc+R+N0CclkULZlXzdCS97/ASodb4='",
)
REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Accepts a well-formed `X-Request-ID` header, otherwise generates an id; returns it in the response."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with the request id, which is also bound to every log line in between."""
        header = request.headers.get("X-Request-ID", "")
        request_id = header if REQUEST_ID_PATTERN.fullmatch(header) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = request_id
        return response


class ContentSecurityPolicyMiddleware:
    """Adds the content security policy: scripts and styles from this origin only, none inline.

    A template that needs an inline script marks it with `request.csp_nonce`. The admin theme evaluates
    attributes as expressions (Alpine.js), so admin pages, and only they, allow evaluation in scripts; inline
    scripts and styles are forbidden everywhere.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with the policy unless the view has set its own."""
        nonces: list[str] = []
        request.csp_nonce = SimpleLazyObject(lambda: _create_nonce(nonces))  # type: ignore[attr-defined]
        response = self.get_response(request)
        admin = request.path.startswith(ADMIN_PREFIX)
        response.headers.setdefault("Content-Security-Policy", _build_policy(nonces, admin))
        return response


def _create_nonce(nonces: list[str]) -> str:
    nonces.append(secrets.token_urlsafe(16))
    return nonces[-1]


def _build_policy(nonces: list[str], admin: bool) -> str:
    scripts = ["'self'", *(f"'nonce-{nonce}'" for nonce in nonces), *(["'unsafe-eval'"] if admin else [])]
    styles = ["'self'", *(THEME_STYLE_HASHES if admin else ())]
    return f"{BASE_POLICY}; script-src {' '.join(scripts)}; style-src {' '.join(styles)}"
