"""The pages on which users keep their own API keys; only the answer that makes a key shows it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.api_keys import changes, presenter
from accounts.api_keys.changes import KeyChangeError
from accounts.api_keys.forms import (
    DEFAULT_LIFETIME_DAYS,
    DEFAULT_SCOPES,
    LIFETIMES,
    OVERLAPS,
    NewKeyForm,
    RotationForm,
)
from accounts.auth.current_user import get_current_user
from accounts.auth.step_up import require_recent_authentication
from accounts.auth.users import revoke_api_key
from accounts.models import ApiKey, User
from accounts.usage.report import count_month_requests

PERMISSION = "accounts.use_api_keys"
_MAX_ENDED = 20
"""Revoked and expired keys that the list shows, the newest."""

Page = Callable[..., HttpResponse]


def own_page(view: Page) -> Page:
    """Decorate a page of users who may have API keys."""
    return never_cache(login_required(permission_required(PERMISSION, raise_exception=True)(view)))


@own_page
def list_keys(request: HttpRequest) -> HttpResponse:
    """List the user's keys; create one from the posted form and show it."""
    user = get_current_user(request)
    if request.method != "POST":
        initial = {"scopes": DEFAULT_SCOPES, "days": DEFAULT_LIFETIME_DAYS}
        return _render_list(request, user, NewKeyForm(initial=initial))
    require_recent_authentication(request)
    form = NewKeyForm(request.POST)
    if not form.is_valid():
        return _render_list(request, user, form, 422)
    try:
        row, token = changes.create_own_key(
            user, form.cleaned_data["name"], form.cleaned_data["scopes"], form.get_lifetime()
        )
    except KeyChangeError as refusal:
        form.add_error(None, str(refusal))
        return _render_list(request, user, form, 422)
    return _render_secret(request, row, token)


@own_page
def show_key(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one of the user's keys, without the key itself."""
    key = _get_own_key(request, pk)
    now = timezone.now()
    counts = count_month_requests(key.user, now)
    context = {"row": presenter.describe_key(key, now, counts), "overlaps": OVERLAPS}
    return render(request, "api_keys/key.html", context)


@own_page
@require_POST
def rotate_key(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace one of the user's keys and show the new one."""
    require_recent_authentication(request)
    form = RotationForm(request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose for how long the old key works too."))
        return redirect("api-key-page", pk=pk)
    try:
        key = _get_own_key(request, pk)
        row, token = changes.rotate_own_key(key, get_current_user(request), form.get_overlap())
    except KeyChangeError as refusal:
        messages.error(request, str(refusal))
        return redirect("api-key-page", pk=pk)
    return _render_secret(request, row, token)


@own_page
@require_POST
def revoke_key(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Revoke one of the user's keys."""
    key = _get_own_key(request, pk)
    revoke_api_key(key, get_current_user(request))
    messages.success(request, gettext("%(name)s is revoked: it is refused from now on.") % {"name": key.name})
    return redirect("api-keys-page")


def _get_own_key(request: HttpRequest, pk: UUID) -> ApiKey:
    own = ApiKey.objects.filter(user=get_current_user(request)).select_related(
        "user", "replaces", "replacement"
    )
    return get_object_or_404(own, pk=pk)


def _render_list(request: HttpRequest, user: User, form: NewKeyForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    own = ApiKey.objects.filter(user=user).select_related("replacement")
    usable, counts = own.usable(now), count_month_requests(user, now)
    ended = own.exclude(pk__in=usable.values("pk"))[:_MAX_ENDED]
    context = {
        "rows": [presenter.describe_key(key, now, counts) for key in usable],
        "ended": [presenter.describe_key(key, now, counts) for key in ended],
        "form": form,
        "scopes": presenter.list_scopes(),
        "lifetimes": LIFETIMES,
    }
    return render(request, "api_keys/list.html", context, status=status)


def _render_secret(request: HttpRequest, key: ApiKey, token: str) -> HttpResponse:
    base_url = request.build_absolute_uri("/").rstrip("/")
    context = {
        "key": key,
        "token": token,
        "old": key.replaces,
        "curl": presenter.build_curl_lines(base_url, token),
        "python": presenter.build_python_lines(base_url, token),
    }
    return render(request, "api_keys/secret.html", context)
