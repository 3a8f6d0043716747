"""Step-up: what is sensitive asks who is there again, unless they have shown it minutes ago."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest

_PROVIDER_TIME_KEY = "provider_auth_time"

F = TypeVar("F", bound=Callable[..., Any])


def has_recent_authentication(request: HttpRequest) -> bool:
    """Return whether the user signed in or confirmed it within ``STEP_UP_MINUTES``; 0 turns the check off."""
    if not settings.STEP_UP_MINUTES:
        return True
    records = get_authentication_records(request, cast("Any", request.user))
    newest = max((_get_moment(record, request) for record in records), default=0.0)
    return bool(time.time() - newest < settings.STEP_UP_MINUTES * 60)


def note_provider_time(request: HttpRequest, auth_time: object) -> None:
    """Note when the identity provider saw the user (seconds since 1970), if it says so.

    A provider that still has a session of its own vouches without asking: that is no proof of who sits there.
    """
    request.session[_PROVIDER_TIME_KEY] = auth_time if isinstance(auth_time, int | float) else None


def _get_moment(record: Mapping[str, Any], request: HttpRequest) -> float:
    """Return when the user showed who they are by one record of the session."""
    said = request.session.get(_PROVIDER_TIME_KEY) if record["method"] == "socialaccount" else None
    return float(record["at"] if said is None else min(record["at"], said))


def require_recent_authentication(request: HttpRequest) -> None:
    """Raise ``ReauthenticationRequired``: the middleware asks, and repeats the request afterwards."""
    if not has_recent_authentication(request):
        raise ReauthenticationRequired


def step_up(view: F) -> F:
    """Decorate an admin page that needs recent authentication, whatever is asked of it."""

    @wraps(view)
    def page(admin: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        require_recent_authentication(request)
        return view(admin, request, *args, **kwargs)

    return cast("F", page)
