import accounts.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("matching", "0001_initial"),
        ("modelops", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Feedback",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user_correction",
                    models.BooleanField(help_text="True: the person says the difference is material."),
                ),
                (
                    "confidence_score",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="How sure the person is, 0 to 1.",
                        max_digits=5,
                        null=True,
                    ),
                ),
                (
                    "feedback_text",
                    accounts.fields.EncryptedTextField(
                        blank=True, default="", help_text="May quote names, so it is encrypted."
                    ),
                ),
                ("processed", models.BooleanField(default=False, help_text="Used by a training run.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("review", "A reviewer"),
                            ("adjudication", "A third person's decision"),
                            ("api", "A client application"),
                            ("import", "An imported file"),
                        ],
                        max_length=12,
                    ),
                ),
                ("guideline_version", models.CharField(blank=True, max_length=20)),
                (
                    "answer_shown",
                    models.BooleanField(
                        default=False, help_text="The model's answer was visible before deciding."
                    ),
                ),
                ("adjudicated", models.BooleanField(default=False)),
                ("seconds", models.FloatField(blank=True, help_text="Time the decision took.", null=True)),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="matching.prediction",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revises",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revised_by",
                        to="feedback.feedback",
                    ),
                ),
                (
                    "training_run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feedback",
                        to="modelops.trainingrun",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "feedback",
                "db_table": "feedback",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["reviewer", "-id"], name="feedback_of_reviewer"),
                    models.Index(
                        condition=models.Q(("processed", False)), fields=["id"], name="feedback_waiting"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("confidence_score", None),
                            models.Q(("confidence_score__gte", 0), ("confidence_score__lte", 1)),
                            _connector="OR",
                        ),
                        name="feedback_confidence_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("processed", False), ("training_run", None)),
                            models.Q(("processed", True), ("training_run__isnull", False)),
                            _connector="OR",
                        ),
                        name="feedback_processed_by_a_run",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revises", None)),
                        fields=("prediction", "reviewer", "source"),
                        name="feedback_once_per_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "stream",
                    models.CharField(
                        choices=[
                            ("audit", "Random audit"),
                            ("uncertain", "The answer was: review"),
                            ("disagreement", "Champion and challenger disagree"),
                            ("appeal", "A client objected"),
                            ("gold", "Known answer"),
                        ],
                        max_length=12,
                    ),
                ),
                ("selection_probability", models.FloatField()),
                ("priority", models.SmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("claimed", "Claimed"),
                            ("parked", "Waiting for a document"),
                            ("done", "Done"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "claimed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prediction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_item",
                        to="matching.prediction",
                    ),
                ),
            ],
            options={
                "db_table": "review_items",
                "ordering": ("-priority", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["open", "claimed"])),
                        fields=["-priority", "id"],
                        name="review_items_queue",
                    ),
                    models.Index(fields=["-created_at"], name="review_items_newest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("selection_probability__gt", 0), ("selection_probability__lte", 1)
                        ),
                        name="review_items_picked_with_a_chance",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "claimed"), _negated=True),
                            models.Q(("claimed_by__isnull", False), ("claimed_until__isnull", False)),
                            _connector="OR",
                        ),
                        name="review_items_claimed_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_at", None), ("done_at__gte", models.F("created_at")), _connector="OR"
                        ),
                        name="review_items_done_after_made",
                    ),
                ],
            },
        ),
    ]
