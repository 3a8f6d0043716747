"""The page of notifications with its preferences, and the page that ends e-mails without signing in."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.api.paging import fetch_page, parse_cursor
from accounts.auth.current_user import get_current_user
from accounts.models import User
from notifications.inbox import mark_all_read, mark_read, select_own
from notifications.kinds import describe, find_page
from notifications.letters import end_subscription, find_subscription
from notifications.models import Delivery, Kind, Notification, NotificationQuerySet
from notifications.preferences import change_preferences, get_preferences

PERMISSION = "notifications.receive_notifications"
PAGE_SIZE = 25
MOST_UNREAD = 50
"""Unread notifications that are shown at once, newest first."""


class PreferencesForm(forms.Form):
    """How the user wants to be told each kind that can concern them."""

    def __init__(self, current: dict[Kind, Delivery], data: dict[str, str] | None = None) -> None:
        super().__init__(data)
        for kind, delivery in current.items():
            choices = forms.ChoiceField(choices=Delivery.choices, label=kind.label, initial=delivery)
            self.fields[kind.value] = choices


class Line(NamedTuple):
    """One notification in a list; ``has_page`` says whether there is a page to open."""

    notification: Notification
    text: str
    has_page: bool


@never_cache
@require_GET
@login_required
@permission_required(PERMISSION, raise_exception=True)
def show_notifications(request: HttpRequest) -> HttpResponse:
    """Show what is unread, then what was read, newest first, and the preferences."""
    form = PreferencesForm(get_preferences(get_current_user(request)))
    return _render(request, form)


@never_cache
@require_GET
@login_required
@permission_required(PERMISSION, raise_exception=True)
def open_notification(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a notification read and go to the page that it is about."""
    user = get_current_user(request)
    row = mark_read(user, pk)
    if row is None:
        raise Http404
    return redirect(find_page(row, user) or "notifications-page")


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def mark_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one notification read."""
    if mark_read(get_current_user(request), pk) is None:
        raise Http404
    return redirect("notifications-page")


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def mark_all(request: HttpRequest) -> HttpResponse:
    """Mark everything read."""
    mark_all_read(get_current_user(request))
    return redirect("notifications-page")


@never_cache
@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def save_preferences(request: HttpRequest) -> HttpResponse:
    """Store how the user wants to be told."""
    user = get_current_user(request)
    form = PreferencesForm(get_preferences(user), request.POST.dict())
    if not form.is_valid():
        return _render(request, form, 422)
    change_preferences(user, {Kind(name): Delivery(value) for name, value in form.cleaned_data.items()})
    messages.success(request, gettext("Saved."))
    return redirect("notifications-page")


@csrf_exempt  # mail programs post it by themselves (RFC 8058); the token says who it is
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the reader of an e-mail, and on a POST send no more of this kind."""
    subscription = find_subscription(token)
    if subscription is None:
        raise Http404
    if request.method == "POST":
        end_subscription(subscription)
    kind = subscription.kind
    context = {"done": request.method == "POST", "what": kind.label if kind else ""}
    return render(request, "notifications/unsubscribe.html", context)


def _render(request: HttpRequest, form: PreferencesForm, status: int = 200) -> HttpResponse:
    user = get_current_user(request)
    before = parse_cursor(request.GET.get("before", ""))
    own = select_own(user)
    unread = [] if before else _list_unread(own)
    earlier, older = fetch_page(own.exclude(read_at=None), PAGE_SIZE, before)
    context = {
        "form": form,
        "unread": [_build_line(row, user) for row in unread[:MOST_UNREAD]],
        "has_more_unread": len(unread) > MOST_UNREAD,
        "earlier": [_build_line(row, user) for row in earlier],
        "older": older,
        "is_first": not before,
    }
    return render(request, "notifications/list.html", context, status=status)


def _list_unread(own: NotificationQuerySet) -> list[Notification]:
    return list(own.unread()[: MOST_UNREAD + 1])


def _build_line(row: Notification, user: User) -> Line:
    return Line(row, describe(row), find_page(row, user) is not None)
