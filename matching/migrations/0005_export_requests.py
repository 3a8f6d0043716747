import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0004_leased_chunks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("predictions", "Predictions"), ("feedback", "Feedback")], max_length=12
                    ),
                ),
                ("selection", models.JSONField(help_text="Filters of predictions, or ids of feedback.")),
                (
                    "format",
                    models.CharField(
                        choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSON Lines")], max_length=5
                    ),
                ),
                ("rows", models.PositiveIntegerField(help_text="Rows when it was asked for.")),
                ("reason", models.CharField(max_length=500)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("needs_approval", models.BooleanField()),
                ("is_approved", models.BooleanField(blank=True, null=True, verbose_name="approved")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_reason", models.CharField(blank=True, max_length=500)),
                ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="downloaded at")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "export_requests",
                "ordering": ("-id",),
                "permissions": (
                    ("export_names", "Can export many names at once"),
                    ("approve_export", "Can approve the exports of others"),
                ),
                "indexes": [
                    models.Index(fields=["requested_by", "requested_at"], name="export_requests_of_person")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="export_requests_have_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("is_approved", None)),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("is_approved__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="export_requests_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="export_requests_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("taken_at", None),
                            ("needs_approval", False),
                            models.Q(("is_approved", True), ("is_approved__isnull", False)),
                            _connector="OR",
                        ),
                        name="export_requests_taken_after_approval",
                    ),
                ],
            },
        ),
    ]
