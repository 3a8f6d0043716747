"""Signing in on pages: counted by address like the API, and closed while attempts cannot be counted."""

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
    """Let a page that signs people in take from the same allowance as the API's tokens."""

    @wraps(view)
    def signing_in(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        refusal = _check_attempt(request) if request.method == "POST" else None
        return refusal or view(request, *args, **kwargs)

    return signing_in


def _check_attempt(request: HttpRequest) -> HttpResponse | None:
    address = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads the headers alone
    try:
        decision = consume_units(f"login:{address}", RateLimit.parse(settings.LOGIN_RATE))
    except RedisUnavailableError:
        return render_limiter_unavailable(request)
    return None if decision.allowed else render_too_many_attempts(request, math.ceil(decision.wait_seconds))
