"""The rate limit of pages on which somebody could guess, shared with the API by network address."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from accounts.auth.client_address import get_client_network
from accounts.auth.throttles import LoginThrottle, consume_units
from accounts.redis_client import RedisUnavailableError
from accounts.usage.rates import RateLimit

ViewFunction = Callable[..., Any]

_RETRY_AFTER_SECONDS = 5
"""Seconds after which to try again when attempts cannot be counted."""


def limit_attempts(view: ViewFunction) -> ViewFunction:
    """Count POST requests of a page against the same limit as the token requests of the API."""

    @wraps(view)
    def call_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        refusal = _check_attempt(request) if request.method == "POST" else None
        return refusal or view(request, *args, **kwargs)

    return call_view


def _check_attempt(request: HttpRequest) -> HttpResponse | None:
    """Count an attempt; return the response that refuses it, or ``None``."""
    key = f"{LoginThrottle.purpose}:{get_client_network(request)}"
    try:
        decision = consume_units(key, RateLimit.parse(settings.LOGIN_RATE))
    except RedisUnavailableError:
        title = gettext("Signing in is closed for a moment")
        text = gettext(
            "Attempts cannot be counted just now, so none is let in. Please try again in a few seconds."
        )
        return _refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, title, text, _RETRY_AFTER_SECONDS)
    if decision.allowed:
        return None
    seconds = math.ceil(decision.wait_seconds)
    text = gettext("Too many attempts came from your network. Try again in {seconds} seconds.").format(
        seconds=seconds
    )
    title = gettext("Signing in is closed for a while")
    return _refuse(request, HTTPStatus.TOO_MANY_REQUESTS, title, text, seconds)


def _refuse(request: HttpRequest, status: HTTPStatus, title: str, text: str, seconds: int) -> HttpResponse:
    response = render(request, "problem.html", {"title": title, "text": text}, status=status)
    response["Retry-After"] = str(seconds)
    return response
