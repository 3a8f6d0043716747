"""The number of unread notifications in the header of pages and in the menu of the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from notifications.inbox import count_unread, format_count


def add_unread_count(request: HttpRequest) -> dict[str, Any]:
    """Return ``unread_notifications``, counted only by templates that show it."""
    return {"unread_notifications": SimpleLazyObject(lambda: show_unread_count(request))}


def show_unread_count(request: HttpRequest) -> str:
    """Return the number as it is shown; empty for nobody and for none."""
    user = getattr(request, "user", None)  # an error may come before the sign-in is known
    return format_count(count_unread(user)) if isinstance(user, User) else ""
