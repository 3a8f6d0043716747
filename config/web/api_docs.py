"""The documentation of the API: how to start, and every operation with a console to try it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import trail
from accounts.auth.client_address import get_client_address
from accounts.auth.current_user import get_current_user
from accounts.auth.tokens import AccessToken
from config.web.api_reference import list_groups
from config.web.problem_table import PROBLEMS

_CONSOLE_TOKEN_LIFETIME = timedelta(minutes=5)


@require_safe
def show_guide(request: HttpRequest) -> HttpResponse:
    """Show how to start, with the address of this installation in every line that can be run."""
    context = {
        "base_url": request.build_absolute_uri("/").rstrip("/"),
        "problems": PROBLEMS,
        "verify_python": render_to_string("api_docs/verify_python.txt"),
        "verify_javascript": render_to_string("api_docs/verify_javascript.txt"),
    }
    return render(request, "api_docs/guide.html", context)


@require_safe
def show_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation, with a console for who is signed in."""
    return render(request, "api_docs/reference.html", {"groups": list_groups()})


@never_cache
@login_required
@require_POST
@transaction.atomic
def issue_console_token(request: HttpRequest) -> JsonResponse:
    """Return an access token of some minutes for the console of the reference.

    So the API itself reads no cookies, and no other site can have a browser send it anything.
    """
    user = get_current_user(request)
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=_CONSOLE_TOKEN_LIFETIME)
    trail.record_event("token.issued", user, user, via="console", address=get_client_address(request))
    return JsonResponse({"access": str(token), "seconds": _CONSOLE_TOKEN_LIFETIME.total_seconds()})
