"""Auditors see that everybody's jobs were, leads their own."""

from django.db import migrations

from accounts.auth.roles import build_grant_operation
from accounts.models import Role

OPTIONS = {
    "ordering": ("-id",),
    "permissions": (("oversee_batchjobs", "Can see everybody's bulk jobs"),),
    "verbose_name": "bulk job",
}


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_bulk_jobs"), ("accounts", "0003_roles")]

    operations = [
        migrations.AlterModelOptions("batchjob", OPTIONS),
        build_grant_operation("matching", {Role.AUDITOR: ["oversee_batchjobs"]}),
    ]
