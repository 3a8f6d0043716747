"""Permissions of the roles, written by migrations and read from the database on every request.

Each app grants the permissions of its own tables in its own migration, so they are data that an administrator
can see and change, and the migration can be reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import migrations

from accounts.models import Role

RoleGrants = Mapping[Role, Sequence[str]]
"""Codenames of permissions by role, for example ``{"reviewer": ["view_feedback"]}``."""

_ACTIONS = ("add", "change", "delete", "view")


def _get_permission(apps: Any, app_label: str, codename: str) -> Any:
    """Return the permission row; create it if Django, which does so after all migrations, has not yet."""
    model_name, name = _find_model(apps, app_label, codename)
    types = apps.get_model("contenttypes", "ContentType").objects
    content_type, _ = types.get_or_create(app_label=app_label, model=model_name)
    permissions = apps.get_model("auth", "Permission").objects
    row, _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
    return row


def _find_model(apps: Any, app_label: str, codename: str) -> tuple[str, str]:
    """Return the model name and the title of a codename. Raises ``LookupError``."""
    for model in apps.get_app_config(app_label).get_models():
        meta = model._meta
        titles = {f"{action}_{meta.model_name}": f"Can {action} {meta.verbose_name}" for action in _ACTIONS}
        titles |= dict(meta.permissions)
        if codename in titles:
            return meta.model_name, titles[codename]
    raise LookupError(f"no table of {app_label} has the permission {codename}")


def grant_permissions(apps: Any, app_label: str, grants: RoleGrants) -> None:
    """Grant each role its permissions on the tables of one app. Raises ``LookupError`` for unknown ones."""
    groups = apps.get_model("auth", "Group").objects
    for role, codenames in grants.items():
        group, _ = groups.get_or_create(name=role)
        group.permissions.add(*(_get_permission(apps, app_label, codename) for codename in codenames))


def revoke_permissions(apps: Any, app_label: str, grants: RoleGrants) -> None:
    """Revoke the permissions that :func:`grant_permissions` grants."""
    permissions = apps.get_model("auth", "Permission").objects
    for role, codenames in grants.items():
        revoked = permissions.filter(content_type__app_label=app_label, codename__in=codenames)
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            group.permissions.remove(*revoked)


def build_grant_operation(app_label: str, grants: RoleGrants) -> migrations.RunPython:
    """Return the migration operation that grants the permissions, and revokes them when reversed."""
    return migrations.RunPython(
        partial(_run_step, grant_permissions, app_label, grants),
        partial(_run_step, revoke_permissions, app_label, grants),
    )


def _run_step(
    step: Callable[[Any, str, RoleGrants], None], app_label: str, grants: RoleGrants, apps: Any, _editor: Any
) -> None:
    step(apps, app_label, grants)
