"""Which role may do what: read from the database on every request, written here by migrations.

Each app grants the permissions of its own tables in its own migration, with these two functions; so the table
of rights is data that an administrator can see and change, and a migration can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import migrations

from accounts.models import Role

RoleGrants = Mapping[Role, Sequence[str]]
"""Role -> code names of permissions, for example ``{"reviewer": ["view_feedback"]}``."""

_ACTIONS = ("add", "change", "delete", "view")


def _get_permission(apps: Any, app_label: str, codename: str) -> Any:
    """Return the permission row, made here if Django has not made it yet (it would after migrating)."""
    model_name, name = _find_model(apps, app_label, codename)
    types = apps.get_model("contenttypes", "ContentType").objects
    content_type, _ = types.get_or_create(app_label=app_label, model=model_name)
    permissions = apps.get_model("auth", "Permission").objects
    row, _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
    return row


def _find_model(apps: Any, app_label: str, codename: str) -> tuple[str, str]:
    """Find the table a code name belongs to and the words for it."""
    for model in apps.get_app_config(app_label).get_models():
        meta = model._meta
        named = {f"{action}_{meta.model_name}": f"Can {action} {meta.verbose_name}" for action in _ACTIONS}
        named |= dict(meta.permissions)
        if codename in named:
            return meta.model_name, named[codename]
    raise LookupError(f"no table of {app_label} has the permission {codename}")


def grant_permissions(apps: Any, app_label: str, grants: RoleGrants) -> None:
    """Give each role its permissions on the tables of one app. Raises ``LookupError`` for an unknown one."""
    groups = apps.get_model("auth", "Group").objects
    for role, codenames in grants.items():
        group, _ = groups.get_or_create(name=role)
        group.permissions.add(*(_get_permission(apps, app_label, codename) for codename in codenames))


def revoke_permissions(apps: Any, app_label: str, grants: RoleGrants) -> None:
    """Take back what :func:`grant` gave."""
    permissions = apps.get_model("auth", "Permission").objects
    for role, codenames in grants.items():
        found = permissions.filter(content_type__app_label=app_label, codename__in=codenames)
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            group.permissions.remove(*found)


def build_grant_operation(app_label: str, grants: RoleGrants) -> migrations.RunPython:
    """Return the migration step that gives the roles their permissions, and takes them back when undone."""
    return migrations.RunPython(
        partial(_run_step, grant_permissions, app_label, grants),
        partial(_run_step, revoke_permissions, app_label, grants),
    )


def _run_step(
    step: Callable[[Any, str, RoleGrants], None], app_label: str, grants: RoleGrants, apps: Any, _editor: Any
) -> None:
    step(apps, app_label, grants)
