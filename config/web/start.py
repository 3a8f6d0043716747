"""Where each role starts after signing in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.auth.current_user import get_current_user
from accounts.models import Role

_START_PAGES = {
    Role.REVIEWER: "admin:review-queue",
    Role.LEAD: "admin:index",
    Role.MODEL_ENGINEER: "admin:index",
    Role.APPROVER: "admin:index",
    Role.AUDITOR: "admin:index",
    Role.ADMINISTRATOR: "admin:index",
}
"""A reviewer works through the queue; the overview tells the others what to do; users compare names."""


@login_required
def open_start(request: HttpRequest) -> HttpResponse:
    """Redirect to the start of the user's role."""
    return redirect(_START_PAGES.get(Role(get_current_user(request).role), "compare-page"))


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page of the product, where the admin asks for a sign-in.

    Raises ``PermissionDenied`` for who is signed in, whom that page would send back here.
    """
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))
