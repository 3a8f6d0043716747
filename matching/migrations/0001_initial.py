import accounts.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("experiments", "0001_initial"),
        ("modelops", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BatchJob",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("profile", models.CharField(max_length=20)),
                ("columns", models.JSONField(default=dict, help_text="Which columns hold the two names.")),
                ("upload_path", models.CharField(max_length=500)),
                ("result_path", models.CharField(blank=True, max_length=500)),
                ("rows_total", models.PositiveIntegerField(blank=True, null=True)),
                ("rows_done", models.PositiveIntegerField(default=0)),
                ("rows_failed", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.modelversion",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch_jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "batch_jobs",
                "ordering": ("-created_at",),
                "indexes": [models.Index(fields=["user", "-created_at"], name="batch_jobs_of_user")],
            },
        ),
        migrations.CreateModel(
            name="Prediction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name1", accounts.fields.EncryptedTextField()),
                ("name2", accounts.fields.EncryptedTextField()),
                ("prediction", models.BooleanField(help_text="True: the difference is material.")),
                (
                    "confidence",
                    models.DecimalField(
                        decimal_places=4, help_text="Probability of the stated prediction.", max_digits=5
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                ("material_probability", models.DecimalField(decimal_places=4, max_digits=5)),
                ("profile", models.CharField(max_length=20)),
                ("kind", models.CharField(max_length=12)),
                ("pair_digest", models.CharField(max_length=64)),
                (
                    "context",
                    accounts.fields.EncryptedTextField(
                        blank=True, default="", help_text="What the client said about the two names."
                    ),
                ),
                (
                    "differences",
                    models.JSONField(
                        default=list, help_text="Categories, offsets and effects; never text of a name."
                    ),
                ),
                (
                    "words",
                    accounts.fields.EncryptedTextField(
                        help_text="The sentences that were answered, which may quote the names."
                    ),
                ),
                ("rules_version", models.CharField(max_length=40)),
                ("generation", models.BigIntegerField()),
                ("variant", models.CharField(blank=True, max_length=1)),
                ("latency_ms", models.PositiveIntegerField()),
                ("cached", models.BooleanField(default=False)),
                (
                    "stream",
                    models.CharField(
                        blank=True,
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
                (
                    "selection_probability",
                    models.FloatField(
                        blank=True, help_text="Chance of being picked by the stream.", null=True
                    ),
                ),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "experiment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="experiments.experiment",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predictions",
                        to="modelops.modelversion",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predictions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "predictions",
                "ordering": ("-id",),
                "permissions": (("reveal_names", "Can reveal the names of a prediction"),),
                "indexes": [
                    models.Index(fields=["user", "-id"], name="predictions_of_user"),
                    models.Index(fields=["pair_digest"], name="predictions_of_pair"),
                    models.Index(fields=["-created_at"], name="predictions_newest"),
                    models.Index(
                        condition=models.Q(("stream", ""), _negated=True),
                        fields=["created_at"],
                        name="predictions_for_review",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="predictions_confidence_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["immaterial", "review", "material"])),
                        name="predictions_verdict_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("selection_probability", None), ("stream", "")),
                            models.Q(
                                models.Q(("stream", ""), _negated=True),
                                ("selection_probability__gt", 0),
                                ("selection_probability__lte", 1),
                            ),
                            _connector="OR",
                        ),
                        name="predictions_picked_with_a_chance",
                    ),
                ],
            },
        ),
    ]
