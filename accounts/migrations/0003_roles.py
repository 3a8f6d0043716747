"""The roles, and what each may do with people, keys and the audit trail."""

from typing import Any

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.AUDITOR: ["view_auditevent", "view_auditseal", "view_user", "view_apikey"],
    Role.LEAD: ["view_user"],
    Role.APPROVER: ["view_auditevent"],
    Role.ADMINISTRATOR: [
        "view_user",
        "add_user",
        "change_user",
        "view_apikey",
        "add_apikey",
        "change_apikey",
        "view_auditevent",
        "view_auditseal",
    ],
}


def make(apps: Any, _editor: Any) -> None:
    for role in Role.values:
        apps.get_model("auth", "Group").objects.get_or_create(name=role)


def unmake(apps: Any, _editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=Role.values).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_audit_is_append_only"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, unmake), build_grant_operation("accounts", GRANTS)]
