"""The rate limit of sign-in pages, shared with the API by network address."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.throttling import BaseThrottle

from accounts.auth.throttles import RateLimit, consume_units
from accounts.redis_client import RedisUnavailableError
from config.web.errors import render_limiter_unavailable, render_too_many_attempts

ViewFunction = Callable[..., Any]


def limit_attempts(view: ViewFunction) -> ViewFunction:
    """Count POST requests of a sign-in page against the same limit as the token requests of the API."""

    @wraps(view)
    def limited_view(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        refusal = _check_attempt(request) if request.method == "POST" else None
        return refusal or view(request, *args, **kwargs)

    return limited_view


def _check_attempt(request: HttpRequest) -> HttpResponse | None:
    """Count an attempt; return the response that refuses it, or ``None``."""
    address = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads only the headers
    try:
        decision = consume_units(f"login:{address}", RateLimit.parse(settings.LOGIN_RATE))
    except RedisUnavailableError:
        return render_limiter_unavailable(request)
    return None if decision.allowed else render_too_many_attempts(request, math.ceil(decision.wait_seconds))
