"""Changes to users and API keys. Each function changes, records and returns in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.auth.policy import STAFF_ROLES
from accounts.encryption.crypto import DigestPurpose, compute_digest
from accounts.models import ApiKey, Role, User

API_KEY_SCOPES = ("compare", "read", "feedback", "webhooks")
"""The scopes that an API key can have."""


class LastAdministratorError(ValueError):
    """The change would leave no active administrator; the database refuses it too."""


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
def update_user(user: User, values: Mapping[str, Any], actor: User | None) -> User:
    """Change fields of a user, and with the role its group; record old and new values.

    ``user`` may hold the new values already: what is stored counts. Raises ``ValueError`` for an unknown role
    and :class:`LastAdministratorError`.
    """
    before = User.objects.select_for_update().get(pk=user.pk)
    changes = {
        name: [getattr(before, name), value]
        for name, value in values.items()
        if getattr(before, name) != value
    }
    if not changes:
        return user
    require_other_administrator(before, values)
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=[*changes, "updated_at"])
    if "role" in changes:
        _assign_role(user, user.role)
    for action, detail in _describe_changes(changes):
        trail.record_event(action, user, actor, **detail)
    return user


def set_role(user: User, role: str, actor: User | None) -> User:
    """Change the role and group of a user. Raises like :func:`update_user`."""
    return update_user(user, {"role": Role(role)}, actor)


def deactivate_user(user: User, actor: User | None) -> User:
    """Deactivate a user; sessions, tokens and API keys are refused from their next request on.

    Raises :class:`LastAdministratorError`.
    """
    return update_user(user, {"is_active": False}, actor)


@transaction.atomic
def create_first_administrator(email: str, password: str) -> User | None:
    """Create the first administrator; return ``None`` if an active one exists."""
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        return None
    user = User.objects.create_superuser(
        email, password, must_change_password=settings.INITIAL_PASSWORDS_MUST_CHANGE
    )
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


def require_other_administrator(user: User, values: Mapping[str, Any]) -> None:
    """Raise :class:`LastAdministratorError` if ``values`` would leave no active administrator."""
    stays = values.get("is_active", True) and values.get("role", Role.ADMINISTRATOR) == Role.ADMINISTRATOR
    if stays or not (user.is_superuser and user.is_active):
        return
    if not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk).exists():
        raise LastAdministratorError(
            gettext("{user} is the last administrator: make another one first.").format(user=user)
        )


def _describe_changes(changes: dict[str, list[Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of changed fields: role and access have events of their own."""
    others = dict(changes)
    if role := others.pop("role", None):
        yield "user.role_changed", {"before": role[0], "after": role[1]}
    if active := others.pop("is_active", None):
        yield ("user.reactivated" if active[1] else "user.deactivated"), {}
    if others:
        yield "user.changed", {"changes": others}


def _assign_role(user: User, role: str) -> None:
    """Set the role, its group and the access to the admin."""
    user.role = Role(role)
    user.is_superuser = role == Role.ADMINISTRATOR
    user.is_staff = role in STAFF_ROLES
    user.save(update_fields=["role", "is_superuser", "is_staff", "updated_at"])
    group, _ = Group.objects.get_or_create(name=role)
    user.groups.set([group])
