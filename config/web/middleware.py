"""Middleware for request ids, caches and the content security policy."""

import re
import secrets
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.functional import SimpleLazyObject

from config.web.errors import refuse_plain_http
from modelops.alerting.answer_counts import AnswerCounter

PROBE_PATHS = {"/health", "/ready", "/heartbeats", "/metrics"}
GetResponse = Callable[[HttpRequest], HttpResponse]
ADMIN_PREFIX = "/admin/"
PROGRAM_PREFIXES = ("/api/v1/", "/scim/")
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
        """Return the response with the request id, which is also in every log line until the next request.

        Django logs an answer of 400 and above after all middleware, so the id is not taken away at the end.
        """
        header = request.headers.get("X-Request-ID", "")
        request_id = header if REQUEST_ID_PATTERN.fullmatch(header) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class AnswerCountMiddleware:
    """Counts answers and server errors for the alert on their share; probes are left out."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._counter = AnswerCounter()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, counted."""
        response = self.get_response(request)
        if request.path not in PROBE_PATHS:
            self._counter.count(response.status_code)
        return response


class ProbeMiddleware:
    """Answers probes before the host check: they come from inside and name an address, not this service.

    What stands behind it (sessions, users, the sign-in policy) no probe needs.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, that of a probe from its view at once."""
        if request.path not in PROBE_PATHS:
            return self.get_response(request)
        response: HttpResponse = resolve(request.path).func(request)
        return response


class PlainHttpMiddleware:
    """Refuses requests of programs over plain HTTP; only pages are sent to HTTPS.

    A client that is redirected has sent its key in clear each time, and nobody notices.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response, a problem for a program that did not use HTTPS."""
        plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if plain and request.path.startswith(PROGRAM_PREFIXES):
            return refuse_plain_http()
        return self.get_response(request)


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


class CacheControlMiddleware:
    """Forbids caches to keep answers, unless a view says otherwise.

    An answer with an ETag may stay with the client that asked, which has to ask again before using it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with ``Cache-Control``."""
        response = self.get_response(request)
        policy = "private, no-cache" if response.has_header("ETag") else "no-store"
        response.headers.setdefault("Cache-Control", policy)
        return response


def _create_nonce(nonces: list[str]) -> str:
    nonces.append(secrets.token_urlsafe(16))
    return nonces[-1]


def _build_policy(nonces: list[str], admin: bool) -> str:
    scripts = ["'self'", *(f"'nonce-{nonce}'" for nonce in nonces), *(["'unsafe-eval'"] if admin else [])]
    styles = ["'self'", *(THEME_STYLE_HASHES if admin else ())]
    return f"{BASE_POLICY}; script-src {' '.join(scripts)}; style-src {' '.join(styles)}"
