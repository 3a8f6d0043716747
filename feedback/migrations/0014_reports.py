"""Reports that are issued, their letterhead, and who sets it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids
from accounts.auth.roles import build_grant_operation
from accounts.models import Role

GRANTS = {
    Role.ADMINISTRATOR: ["add_letterhead", "view_letterhead"],
    Role.AUDITOR: ["view_letterhead"],
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_roles"),
        ("feedback", "0013_leads_see_requests"),
        ("matching", "0016_reviews_of_job_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IssuedReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "code_digest",
                    models.CharField(
                        help_text="Keyed digest of the verification code, which is not stored.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("immaterial", "Immaterial"),
                            ("review", "A person must look"),
                            ("material", "Material"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "review_status",
                    models.CharField(
                        choices=[
                            ("not_needed", "No review needed"),
                            ("available", "A reviewer can be asked"),
                            ("queued", "Waiting for a reviewer"),
                            ("in_review", "In review"),
                            ("needs_document", "A document is missing"),
                            ("decided", "Decided"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("immaterial", "Immaterial"),
                            ("material", "Material"),
                            ("cannot_tell", "Cannot tell"),
                        ],
                        max_length=11,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "names_digest",
                    models.CharField(
                        blank=True,
                        help_text="Keyed digest of the two names; empty without them.",
                        max_length=64,
                    ),
                ),
                (
                    "sha256",
                    models.CharField(help_text="Of the content, as printed on the report.", max_length=64),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issued_reports",
                        to="matching.prediction",
                    ),
                ),
            ],
            options={
                "db_table": "issued_reports",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["immaterial", "review", "material"])),
                        name="issued_reports_verdict_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decision", "")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decision__in", ["immaterial", "material", "cannot_tell"]),
                                ("review_status", "decided"),
                            ),
                            _connector="OR",
                        ),
                        name="issued_reports_decided_with_a_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Letterhead",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("text", models.TextField(blank=True, help_text="Who issues the reports, in a few lines.")),
                ("logo", models.BinaryField(blank=True, default=b"")),
                (
                    "logo_type",
                    models.CharField(blank=True, choices=[("png", "PNG"), ("jpg", "JPEG")], max_length=3),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "letterhead",
                "db_table": "letterheads",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("logo", b""), ("logo_type", "")),
                            models.Q(
                                ("logo_type__in", ["png", "jpg"]), models.Q(("logo", b""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="letterheads_know_their_logo",
                    )
                ],
            },
        ),
        build_grant_operation("feedback", GRANTS),
    ]
