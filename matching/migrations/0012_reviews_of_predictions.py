"""How far the review of each prediction is, and what it decided."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0011_memos_are_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PredictionReview",
            fields=[
                (
                    "prediction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="requester_review",
                        serialize=False,
                        to="matching.prediction",
                    ),
                ),
                (
                    "status",
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
                        default="queued",
                        max_length=14,
                    ),
                ),
                (
                    "missing_document",
                    accounts.encryption.fields.EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
                        blank=True, help_text="The document that a reviewer asked for.", null=True
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
                (
                    "decided_by",
                    models.CharField(
                        blank=True,
                        choices=[("reviewers", "Reviewers"), ("precedent", "Precedent")],
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "released_at",
                    models.DateTimeField(
                        blank=True, help_text="From then on the requester sees it.", null=True
                    ),
                ),
                ("guideline_version", models.CharField(blank=True, max_length=20)),
                (
                    "clause",
                    models.CharField(
                        blank=True, help_text="Number and title of the cited clause.", max_length=140
                    ),
                ),
                (
                    "reason",
                    accounts.encryption.fields.EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
                        blank=True, help_text="What the reviewers wrote for the requester.", null=True
                    ),
                ),
                (
                    "people",
                    models.PositiveSmallIntegerField(default=0, help_text="How many reviewers decided."),
                ),
                (
                    "reviewers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        default=list,
                        help_text="The users who decided.",
                        size=None,
                    ),
                ),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The user of the prediction, for lists.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "prediction_reviews",
                "ordering": ("-prediction_id",),
                "indexes": [
                    models.Index(fields=["user", "status", "-prediction"], name="prediction_reviews_of_user")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ("queued", "in_review", "needs_document", "decided", "withdrawn"))
                        ),
                        name="prediction_reviews_status_is_stored",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__in", ["reviewers", "precedent"]),
                                ("decision__in", ["immaterial", "material", "cannot_tell"]),
                                ("people__gt", 0),
                                ("released_at__gte", models.F("decided_at")),
                                ("released_at__isnull", False),
                                ("status", "decided"),
                            ),
                            models.Q(
                                models.Q(("status", "decided"), _negated=True),
                                ("decided_at", None),
                                ("decided_by", ""),
                                ("decision", ""),
                                ("people", 0),
                                ("released_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="prediction_reviews_decided_in_full",
                    ),
                ],
            },
        ),
    ]
