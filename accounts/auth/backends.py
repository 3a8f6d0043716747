"""Signing in by e-mail and password, and what a person may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User

_EMAIL_FIELDS = ("username", "email")
"""Pages send the e-mail address as the first, the API as the second."""


class RoleBackend(ModelBackend):
    """Sign in by e-mail and password; read the permissions of role and person together on each request."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return ``app.codename`` of everything the person may do; nothing for objects or inactive people."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.granted_permissions is None:
            user_obj.granted_permissions = User.objects.read_permissions(user_obj.pk)
        return set(user_obj.granted_permissions)


def get_login_email(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the e-mail address that signs in, as it is stored: attempts are counted by it and the address.

    Without one the failures of one person would lock out everybody behind the same network address.
    """
    given = credentials or request.POST
    found = next((given[name] for name in _EMAIL_FIELDS if given.get(name)), "")
    return str(found).strip().lower()
