"""Files that wait to be started, and users who send files on their page."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields
import accounts.ids
from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {Role.USER: ["add_batchjob", "view_batchjob"]}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_roles"),
        ("matching", "0017_comparisons_of_matters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="JobDraft",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSON Lines")], max_length=5
                    ),
                ),
                (
                    "file_name",
                    accounts.encryption.fields.EncryptedTextField(
                        blank=True, default="", help_text="As sent; it may contain a name."
                    ),
                ),
                ("file_bytes", models.BigIntegerField()),
                (
                    "file_key",
                    accounts.encryption.fields.EncryptedTextField(
                        help_text="Decrypts the file, which cannot be read without it."
                    ),
                ),
                (
                    "line_count",
                    models.BigIntegerField(
                        help_text="Line ends in the file; of a workbook they mean nothing."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "job_drafts",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["created_at"], name="job_drafts_by_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("format__in", ["csv", "xlsx", "jsonl"])),
                        name="job_drafts_format_is_known",
                    )
                ],
            },
        ),
        build_grant_operation("matching", GRANTS),
    ]
