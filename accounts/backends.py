"""Permissions of a person in one query instead of two."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpRequest

_HELD = """
SELECT type.app_label || '.' || held.codename
FROM auth_permission held JOIN django_content_type type ON type.id = held.content_type_id
WHERE held.id IN (
  SELECT permission_id FROM auth_group_permissions
  JOIN users_groups USING (group_id) WHERE users_groups.user_id = %(user)s
  UNION ALL
  SELECT permission_id FROM users_user_permissions WHERE user_id = %(user)s
)
"""
"""By indexes from the person on; Django's own condition joins every permission with every group first."""

_NAMES_OF_THE_FIELD = ("username", "email")
"""Pages send the e-mail address as the first, the API as the second."""


class RoleBackend(ModelBackend):
    """Sign in by e-mail and password; read the permissions of role and person together on each request."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return ``app.codename`` of everything the person may do; nothing for objects or inactive people."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_permissions_read"):
            user_obj._permissions_read = self._read(user_obj)
        return set(user_obj._permissions_read)

    def _read(self, user_obj: Any) -> frozenset[str]:
        if user_obj.is_superuser:
            pairs = Permission.objects.order_by().values_list("content_type__app_label", "codename")
            return frozenset(f"{app}.{codename}" for app, codename in pairs)
        with connection.cursor() as cursor:
            cursor.execute(_HELD, {"user": user_obj.pk})
            return frozenset(name for (name,) in cursor)


def who_tries(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the e-mail address that signs in, as it is stored: attempts are counted by it and the address.

    Without one the failures of one person would lock out everybody behind the same network address.
    """
    given = credentials or request.POST
    found = next((given[name] for name in _NAMES_OF_THE_FIELD if given.get(name)), "")
    return str(found).strip().lower()
