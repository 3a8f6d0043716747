"""Middleware that holds every page to the sign-in policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.auth import policy
from accounts.models import User
from accounts.sign_in.session_clock import CLEAR_SITE_DATA, is_over
from accounts.sign_in.urls import urlpatterns

_API_PREFIX = "/api/v1/"
"""Requests of the API have tokens and keys, no sessions."""

_OWN_PAGES = frozenset(pattern.name for pattern in urlpatterns)
"""Pages on which somebody does what the policy asks for."""

_PAGES_THAT_ASK = frozenset({"share-page"})
"""Pages that lead to the sign-in themselves, because they keep what was sent to them."""

View = Callable[..., HttpResponse]

_STRONG_METHODS = frozenset({"mfa", "socialaccount"})
"""Ways to sign in that satisfy the second-factor rule; the identity provider answers for its own."""

SECOND_FACTOR_SET_UP = "second_factor_set_up"
"""Key of a session in which a second factor was set up."""


class SignInPolicyMiddleware:
    """Ends sessions that have lasted too long, and asks for a new password or a second factor first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, arguments: tuple[Any, ...], parameters: dict[str, Any]
    ) -> HttpResponse | None:
        """Return a redirect to what the policy asks for, or ``None`` if the page may be shown."""
        if request.path.startswith(_API_PREFIX) or not isinstance(request.user, User):
            return None
        page = request.resolver_match.url_name if request.resolver_match else None
        if is_over(request.session, policy.get_session_lifetime(request.user), _get_idle_limit()):
            _end_session(request, request.user)
            if page in _PAGES_THAT_ASK:
                answer = view(request, *arguments, **parameters)
            else:
                answer = redirect_to_login(request.get_full_path())
            answer["Clear-Site-Data"] = CLEAR_SITE_DATA
            return answer
        if page in _OWN_PAGES:
            return None
        if request.user.must_change_password and request.user.has_usable_password():
            messages.warning(request, gettext("Please choose a password of your own first."))
            return HttpResponseRedirect(reverse("account_change_password"))
        if policy.requires_second_factor(request.user) and not _has_strong_session(request, request.user):
            messages.warning(request, gettext("Your role needs a second factor. Please set one up first."))
            return HttpResponseRedirect(reverse("mfa_index"))
        return None


def _has_strong_session(request: HttpRequest, user: User) -> bool:
    records = get_authentication_records(request, user)
    is_strong = any(record["method"] in _STRONG_METHODS for record in records)
    return is_strong or request.session.get(SECOND_FACTOR_SET_UP, False)


def _get_idle_limit() -> timedelta | None:
    return timedelta(minutes=settings.SESSION_IDLE_MINUTES) if settings.SESSION_IDLE_MINUTES else None


def _end_session(request: HttpRequest, user: User) -> None:
    with transaction.atomic():
        trail.record_event("user.session_ended", user, None, kind="pages", reason="time")
        logout(request)
    messages.info(request, gettext("Your session has ended. Please sign in again."))
