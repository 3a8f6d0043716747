"""Changes to users and API keys. Each function changes, records and returns in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.encryption.crypto import DigestPurpose, compute_digest
from accounts.models import ApiKey, Role, User

API_KEY_SCOPES = ("compare", "read", "feedback")
"""The scopes that an API key can have."""

_STAFF_ROLES = frozenset(Role.values) - {Role.USER, Role.CLIENT}
"""Roles that may open the admin."""


@transaction.atomic
def create_user(email: str, password: str | None, role: str, actor: User | None, name: str = "") -> User:
    """Create a user with a role.

    Raises ``ValueError`` without an e-mail address, ``IntegrityError`` for one in use.
    """
    user = User.objects.create_user(email, password, name=name)
    _assign_role(user, role)
    trail.record_event("user.created", user, actor, role=role)
    return user


@transaction.atomic
def set_role(user: User, role: str, actor: User | None) -> User:
    """Change the role and group of a user. Raises ``ValueError`` for an unknown role."""
    before = user.role
    _assign_role(user, role)
    trail.record_event("user.role_changed", user, actor, before=before, after=role)
    return user


@transaction.atomic
def deactivate_user(user: User, actor: User | None) -> User:
    """Deactivate a user; sessions, tokens and API keys are refused from their next request on."""
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    trail.record_event("user.deactivated", user, actor)
    return user


@transaction.atomic
def create_first_administrator(email: str, password: str) -> User | None:
    """Create the first administrator; return ``None`` if an active one exists."""
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return None
    user = User.objects.create_superuser(email, password)
    _assign_role(user, Role.ADMINISTRATOR)
    trail.record_event("user.created", user, None, role=Role.ADMINISTRATOR)
    return user


@transaction.atomic
def issue_api_key(
    user: User,
    name: str,
    actor: User | None,
    scopes: Sequence[str] = API_KEY_SCOPES,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create an API key; return its row and the key itself, which is not stored.

    Raises ``ValueError`` for an unknown scope.
    """
    if unknown := set(scopes) - set(API_KEY_SCOPES):
        raise ValueError(f"unknown scope: {', '.join(sorted(unknown))}")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=compute_digest(DigestPurpose.API_KEY, prefix, secret),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    trail.record_event("api_key.issued", row, actor, user=str(user.pk), scopes=list(scopes))
    return row, f"lnc_{prefix}_{secret}"


@transaction.atomic
def revoke_api_key(key: ApiKey, actor: User | None) -> ApiKey:
    """Revoke a key for good; revoking it again changes nothing."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        trail.record_event("api_key.revoked", key, actor)
    return key


def _assign_role(user: User, role: str) -> None:
    """Set the role, its group and the access to the admin."""
    user.role = Role(role)
    user.is_superuser = role == Role.ADMINISTRATOR
    user.is_staff = role in _STAFF_ROLES
    user.save(update_fields=["role", "is_superuser", "is_staff", "updated_at"])
    group, _ = Group.objects.get_or_create(name=role)
    user.groups.set([group])
