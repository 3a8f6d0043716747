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
BASE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
# The styles that the theme's scripts add to a page, each by its digest: htmx's progress indicator, and three
# attributes of the search box in drop-down lists (no width, full width, none).
THEME_STYLE_HASHES = (
    "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",
    "'unsafe-hashes'",
    "'sha256-qYKkU7EofkVsEss99tX5zBhWPZ8G52q0LYh78i/kJVs='",
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-PeSS2ec5Ny5jOwzc+R+N0CclkULZlXzdCS97/ASodb4='",
)
REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestContextMiddleware:
    """Takes `X-Request-ID` from the caller when it is well-formed, else makes one; returns it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the request's id in the response and in every log line between."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID_PATTERN.fullmatch(given) else uuid.uuid4().hex
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
    its attributes as expressions (Alpine.js), so the admin's pages, and only they, allow evaluation in
    scripts; inline scripts and styles stay forbidden everywhere.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with a policy unless the view set its own."""
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
