"""The sign-in policy by role: password or identity provider, second factor, length of a session."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from accounts.models import Role, User

STAFF_ROLES = frozenset(Role.values) - {Role.USER, Role.CLIENT}
"""Roles that may open the admin."""

_GROUPS_OF_ROLES = {"all": frozenset(Role.values), "staff": STAFF_ROLES}


def requires_second_factor(user: User) -> bool:
    """Return whether the role of a user needs a second factor (``SECOND_FACTOR_ROLES``)."""
    return user.role in _expand_roles(settings.SECOND_FACTOR_ROLES)


def may_use_password(user: User) -> bool:
    """Return whether a user may sign in by password, or only by identity provider (``SSO_ONLY_ROLES``)."""
    return user.role not in _expand_roles(settings.SSO_ONLY_ROLES)


def get_session_lifetime(user: User) -> timedelta:
    """Return how long after sign-in a session on the pages ends, however busy it is (``SESSION_HOURS``)."""
    default, *rest = settings.SESSION_HOURS
    hours = dict(part.split("=") for part in rest)
    return timedelta(hours=float(hours.get(user.role, default)))


def check_roles(names: list[str]) -> list[str]:
    """Return the names that are neither a role nor ``all`` or ``staff``."""
    return [name for name in names if name not in {*Role.values, *_GROUPS_OF_ROLES}]


def _expand_roles(names: list[str]) -> frozenset[str]:
    return frozenset().union(*(_GROUPS_OF_ROLES.get(name, frozenset([name])) for name in names))
