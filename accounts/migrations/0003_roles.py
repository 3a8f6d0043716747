"""The roles, and what each may do with users, keys, the audit trail, erasure and retention."""

from typing import Any

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.AUDITOR: [
        "view_auditevent",
        "view_auditseal",
        "view_user",
        "view_apikey",
        "view_erasure",
        "view_retentionrule",
    ],
    Role.LEAD: [
        "view_user",
    ],
    Role.APPROVER: [
        "view_auditevent",
    ],
    Role.ADMINISTRATOR: [
        "view_user",
        "add_user",
        "change_user",
        "view_apikey",
        "add_apikey",
        "change_apikey",
        "view_auditevent",
        "view_auditseal",
        "view_erasure",
        "view_retentionrule",
        "erase_names",
        "change_retentionrule",
    ],
}


def create_roles(apps: Any, _editor: Any) -> None:
    for role in Role.values:
        apps.get_model("auth", "Group").objects.get_or_create(name=role)


def delete_roles(apps: Any, _editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=Role.values).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_database_rules")]

    operations = [migrations.RunPython(create_roles, delete_roles), build_grant_operation("accounts", GRANTS)]
