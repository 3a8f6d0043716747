"""An alert that a person ends is resolved, by the same word on screens, in permissions and in the audit trail."""

from typing import Any

from django.db import migrations, models


def rename_permission(apps: Any, schema_editor: Any) -> None:
    """Give the permission its new name where it was created under the old one."""
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(codename="handle_alert", content_type__app_label="modelops").update(
        name="Can acknowledge, snooze and resolve alerts"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("modelops", "0005_examination"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="alert",
            options={
                "ordering": ("-id",),
                "permissions": (("handle_alert", "Can acknowledge, snooze and resolve alerts"),),
            },
        ),
        migrations.AlterField(
            model_name="alert",
            name="reason",
            field=models.CharField(
                blank=True, help_text="Why it was acknowledged, snoozed or resolved.", max_length=500
            ),
        ),
        migrations.RunPython(rename_permission, migrations.RunPython.noop),
    ]
