"""Users ask a reviewer to look at one of their predictions."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields
import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0007_reviews_of_earlier_predictions"),
        ("matching", "0013_requests_of_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="feedback",
            name="stream",
            field=models.CharField(
                blank=True,
                choices=[
                    ("audit", "Random audit"),
                    ("uncertain", "Verdict: review"),
                    ("disagreement", "Champion and challenger disagree"),
                    ("appeal", "Client objection"),
                    ("request", "Request of the user"),
                    ("gold", "Gold item"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="itemevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("skipped", "Skipped"),
                    ("postponed", "Postponed"),
                    ("escalated", "Escalated to a lead"),
                    ("parked", "Asked for a document"),
                    ("resumed", "Document arrived"),
                    ("released", "Released"),
                    ("assigned", "Assigned"),
                    ("undone", "Decision undone"),
                    ("withdrawn", "Request withdrawn"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="reviewitem",
            name="stream",
            field=models.CharField(
                choices=[
                    ("audit", "Random audit"),
                    ("uncertain", "Verdict: review"),
                    ("disagreement", "Champion and challenger disagree"),
                    ("appeal", "Client objection"),
                    ("request", "Request of the user"),
                    ("gold", "Gold item"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="ReviewRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "reason",
                    accounts.encryption.fields.EncryptedTextField(
                        blank=True, default="", help_text="May quote names, so it is encrypted."
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("normal", "Normal"), ("urgent", "Urgent")], default="normal", max_length=6
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True, help_text="When the requester needs the decision.", null=True
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it was withdrawn, or another request followed its decision.",
                        null=True,
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_requests",
                        to="matching.prediction",
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
                "db_table": "review_requests",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("prediction",),
                        name="review_requests_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at", None), ("closed_at", models.F("withdrawn_at")), _connector="OR"
                        ),
                        name="review_requests_withdrawn_are_closed",
                    ),
                ],
            },
        ),
    ]
