"""The ethical wall: which rows a user may see. Every list, page, export and message asks here.

A row without a matter is seen as it was before there were matters. A row of a matter is seen by the members
of the matter, whatever role and permissions anybody else has.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, Model, Q, QuerySet

from accounts.array_lookup import IsAnyOf
from accounts.models import Role, User
from matters.models import Matter, MatterMember

R = TypeVar("R", bound=QuerySet[Any])

CLIENT_ROLES = (Role.USER, Role.CLIENT)
"""The roles of customers, who share history within their organisation."""

_SCOPE_SQL = """
SELECT ARRAY(SELECT matter_id FROM matter_members WHERE user_id = %(user)s),
       ARRAY(SELECT colleague.user_id
             FROM organisation_accounts own
             JOIN users me ON me.id = own.user_id AND me.role = ANY(%(roles)s)
             JOIN organisation_accounts colleague USING (organisation_id)
             JOIN users account ON account.id = colleague.user_id AND account.role = ANY(%(roles)s)
             WHERE own.user_id = %(user)s AND colleague.user_id <> %(user)s)
"""


@dataclass(frozen=True)
class Scope:
    """What is a user's own: rows without a matter of these users, and all rows of these matters."""

    user_ids: tuple[UUID, ...]
    matter_ids: tuple[UUID, ...]


def read_scope(user: User) -> Scope:
    """Read the matters of a user, and the colleagues of their organisation, in one statement."""
    roles = [role.value for role in CLIENT_ROLES]
    with connection.cursor() as cursor:
        cursor.execute(_SCOPE_SQL, {"user": user.pk, "roles": roles})
        matters, colleagues = cursor.fetchone()
    return Scope((user.pk, *colleagues), tuple(matters))


def select_visible(rows: R, user: User, owner: str = "", scope: Scope | None = None) -> R:
    """Return the rows that a user may see, of any table that leads to a matter.

    ``owner`` names the field of the user a row belongs to: then rows without a matter are only those of the
    user and of the colleagues of their organisation, as on the pages of clients. Without it they are all
    rows without a matter, as in the admin, whose permissions decide on the rest. ``scope`` is what
    :func:`read_scope` returned for this request, where a page needs it more than once.
    """
    if owner:
        return rows.filter(_build_own_condition(rows.model, scope or read_scope(user), owner))
    return rows.filter(build_condition(rows.model, user))


def build_condition(model: type[Model], user: User) -> Q:
    """Return the condition of rows without a matter, and of those of the user's matters."""
    path = find_matter_path(model)
    memberships = MatterMember.objects.filter(user=user).order_by().values("matter")
    if not path:
        return Q(pk__in=memberships)
    return Q(**{path: None}) | Q(IsAnyOf(F(path), ArraySubquery(memberships)))


def _build_own_condition(model: type[Model], scope: Scope, owner: str) -> Q:
    """Return the condition of own rows; ids in place of a subquery keep the plan that lists had before."""
    path = find_matter_path(model)
    single = len(scope.user_ids) == 1
    owned = {owner: scope.user_ids[0]} if single else {f"{owner}__in": scope.user_ids}
    outside = Q(**owned, **{path: None})
    return outside | Q(**{f"{path}__in": scope.matter_ids}) if scope.matter_ids else outside


def may_see(row: Model, user: User) -> bool:
    """Return whether the wall lets a user see one row, read now."""
    return select_visible(type(row)._default_manager.filter(pk=row.pk), user).exists()


def may_be_told(matter_id: UUID | None, user_id: UUID) -> bool:
    """Return whether somebody may be told of what belongs to a matter: to none, or to one of theirs."""
    return matter_id is None or MatterMember.objects.filter(matter=matter_id, user=user_id).exists()


def select_members(matter_id: UUID | None, users: QuerySet[User]) -> QuerySet[User]:
    """Return those of some users whom something of a matter may be told; all of them outside of matters."""
    if matter_id is None:
        return users
    return users.filter(pk__in=MatterMember.objects.filter(matter=matter_id).values("user"))


@lru_cache(maxsize=64)
def find_matter_path(model: type[Model]) -> str:
    """Return the shortest way of foreign keys from a table to its matter, empty for matters themselves.

    Raises ``LookupError`` for a table that belongs to no matter.
    """
    if model is Matter:
        return ""
    waiting: deque[tuple[type[Model], str]] = deque([(model, "")])
    visited = {model}
    while waiting:
        table, before = waiting.popleft()
        for field in table._meta.concrete_fields:
            target = field.related_model
            if target is None or target in visited or not isinstance(target, type):
                continue
            if target is Matter:
                return f"{before}{field.name}"
            visited.add(target)
            waiting.append((target, f"{before}{field.name}__"))
    raise LookupError(f"{model._meta.label} leads to no matter")
