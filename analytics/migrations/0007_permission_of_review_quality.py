"""Who sees the figures of review quality."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

ROLES = (Role.LEAD, Role.MODEL_ENGINEER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)


class Migration(migrations.Migration):
    dependencies = [("analytics", "0006_daily_volumes"), ("accounts", "0003_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="hourlyvolume",
            options={
                "ordering": ("-hour", "id"),
                "verbose_name": "hourly volume",
                "permissions": (
                    ("view_reports", "Can see reports and the executive dashboard"),
                    ("view_operations", "Can see the technical dashboard"),
                    ("view_review_quality", "Can see agreement and quality figures of reviewers"),
                ),
            },
        ),
        build_grant_operation("analytics", {role: ["view_review_quality"] for role in ROLES}),
    ]
