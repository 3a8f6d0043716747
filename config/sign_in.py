"""Signing in on pages: counted by address like the API, and closed while attempts cannot be counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.throttling import BaseThrottle

from accounts.store import StoreDownError
from accounts.throttles import Rate, take
from config.errors import not_counted, too_many

View = Callable[..., Any]


def counted(view: View) -> View:
    """Let a page that signs people in take from the same allowance as the API's tokens."""

    @wraps(view)
    def signing_in(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        refusal = _refusal(request) if request.method == "POST" else None
        return refusal or view(request, *args, **kwargs)

    return signing_in


def _refusal(request: HttpRequest) -> HttpResponse | None:
    address = BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # reads the headers alone
    try:
        decision = take(f"login:{address}", Rate.parse(settings.LOGIN_RATE))
    except StoreDownError:
        return not_counted(request)
    return None if decision.allowed else too_many(request, math.ceil(decision.wait))
