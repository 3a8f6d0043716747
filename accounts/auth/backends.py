"""The authentication backend: sign-in by e-mail address and password, and permissions by role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.auth.password_limit import is_password_enough, record_wrong_password
from accounts.auth.policy import may_use_password
from accounts.auth.second_factor import has_second_factor
from accounts.models import User

_EMAIL_FIELDS = ("username", "email")
"""Fields of the e-mail address: pages send the first, the API the second."""


class RoleBackend(ModelBackend):
    """Sign-in by e-mail address and password; permissions of role and user are read once per request."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **fields: Any,
    ) -> User | None:
        """Return the user of an e-mail address and a password, or ``None``.

        Raises ``PermissionDenied``, which callers show like a wrong password, when the password is right but
        not enough (:mod:`accounts.auth.password_limit`).
        """
        email = (username or fields.get("email") or "").strip().lower()
        user = super().authenticate(request, username=email, password=password)
        if not isinstance(user, User) or not may_use_password(user):
            record_wrong_password(email)
            return None
        if not is_password_enough(email) and not has_second_factor(user):
            raise PermissionDenied
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions as ``app.codename``; none for single objects or inactive users."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if user_obj.granted_permissions is None:
            user_obj.granted_permissions = User.objects.read_permissions(user_obj.pk)
        return set(user_obj.granted_permissions)


def get_login_email(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the normalised e-mail address of a sign-in attempt.

    Failures are counted by e-mail address and network address together; otherwise those of one user would
    lock out everybody behind the same network address.
    """
    fields = credentials or request.POST
    email = next((fields[name] for name in _EMAIL_FIELDS if fields.get(name)), "")
    return str(email).strip().lower()
