"""The signed-in user of a page, typed as the project's user model."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def get_current_user(request: HttpRequest) -> User:
    """Return the signed-in user. Raises ``PermissionDenied`` when nobody is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
