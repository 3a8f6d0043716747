import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelArtefact",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "model_artefacts",
            },
        ),
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
                (
                    "window",
                    models.CharField(
                        help_text="The period the run is for, such as 2026-03-01T02.", max_length=40
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
                        default="running",
                        max_length=10,
                    ),
                ),
                ("result", models.JSONField(blank=True, default=dict)),
                ("error", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "job_runs",
                "ordering": ("-started_at",),
                "constraints": [
                    models.UniqueConstraint(fields=("name", "window"), name="job_runs_once_per_window")
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("version", models.CharField(max_length=40)),
                (
                    "model_path",
                    models.CharField(
                        help_text="Where the registry keeps the trained estimator.", max_length=500
                    ),
                ),
                ("accuracy", models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Clear this to withdraw a version from promotion."
                    ),
                ),
                (
                    "artefact_hmac",
                    models.CharField(
                        help_text="Keyed digest of artefact, name, version and schema.", max_length=64
                    ),
                ),
                (
                    "schema_hash",
                    models.CharField(help_text="The features the model was trained on.", max_length=64),
                ),
                ("libraries", models.JSONField(blank=True, default=dict)),
                ("metrics", models.JSONField(blank=True, default=dict)),
                ("mlflow_run_id", models.CharField(blank=True, max_length=64)),
                (
                    "artefact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.modelartefact",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "model version",
                "db_table": "models",
                "ordering": ("-created_at",),
                "permissions": (("verify_modelversion", "Can verify the artefact of a model version"),),
            },
        ),
        migrations.CreateModel(
            name="ModelMetric",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("metric_name", models.CharField(max_length=60)),
                ("metric_value", models.DecimalField(decimal_places=6, max_digits=10)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "window",
                    models.CharField(
                        blank=True, help_text="Empty for the evaluation at training time.", max_length=40
                    ),
                ),
                ("slice", models.CharField(blank=True, help_text="Empty for the whole.", max_length=100)),
                (
                    "n",
                    models.PositiveIntegerField(
                        blank=True, help_text="Pairs the number rests on.", null=True
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measured",
                        to="modelops.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "model_metrics",
                "ordering": ("-recorded_at", "metric_name"),
            },
        ),
        migrations.CreateModel(
            name="Deployment",
            fields=[
                ("generation", models.BigAutoField(primary_key=True, serialize=False)),
                ("profile", models.CharField(default="*", max_length=20)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("champion", "Champion (answers)"),
                            ("challenger", "Challenger (answers in an experiment)"),
                            ("shadow", "Shadow (scores, never answers)"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "break_glass",
                    models.BooleanField(
                        default=False, help_text="One person alone, in an emergency; raises an alert."
                    ),
                ),
                (
                    "first",
                    models.BooleanField(default=False, help_text="The shipped model of a new installation."),
                ),
                ("reason", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.deployment",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="modelops.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "deployments",
                "ordering": ("-generation",),
                "permissions": (
                    ("request_deployment", "Can ask for a model version to be made live"),
                    ("approve_deployment", "Can approve what another person asked for"),
                    ("rollback_deployment", "Can go back to the version before, alone"),
                ),
            },
        ),
        migrations.CreateModel(
            name="PromotionRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("profile", models.CharField(default="*", max_length=20)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("champion", "Champion (answers)"),
                            ("challenger", "Challenger (answers in an experiment)"),
                            ("shadow", "Shadow (scores, never answers)"),
                        ],
                        default="champion",
                        max_length=12,
                    ),
                ),
                (
                    "expected",
                    models.BigIntegerField(
                        blank=True, help_text="Generation in force when it was asked.", null=True
                    ),
                ),
                ("reason", models.TextField()),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "deployment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="modelops.deployment",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="modelops.modelversion",
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
                "db_table": "promotion_requests",
                "ordering": ("-requested_at",),
            },
        ),
        migrations.CreateModel(
            name="TrainingRun",
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
                ("step", models.CharField(blank=True, max_length=60)),
                ("trigger", models.CharField(help_text="Why it was started.", max_length=200)),
                ("labels_used", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "model",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="training_runs",
                        to="modelops.modelversion",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "training_runs",
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="LiveSlot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile", models.CharField(max_length=20)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("champion", "Champion (answers)"),
                            ("challenger", "Challenger (answers in an experiment)"),
                            ("shadow", "Shadow (scores, never answers)"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "deployment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slot",
                        to="modelops.deployment",
                    ),
                ),
            ],
            options={
                "db_table": "live_slots",
                "ordering": ("profile", "role"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("role", "champion")),
                        fields=("profile",),
                        name="live_slots_one_champion_per_profile",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("role", "champion"), _negated=True),
                        fields=("profile", "role"),
                        name="live_slots_one_of_each",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("name", "version"), name="models_name_version"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accuracy", None), models.Q(("accuracy__gte", 0), ("accuracy__lte", 1)), _connector="OR"
                ),
                name="models_accuracy_is_a_share",
            ),
        ),
        migrations.AddIndex(
            model_name="modelmetric",
            index=models.Index(fields=["model", "metric_name", "-recorded_at"], name="model_metrics_series"),
        ),
        migrations.AddConstraint(
            model_name="deployment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first", True), ("previous", None)),
                    models.Q(("break_glass", True), ("requested_by__isnull", False)),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("requested_by__isnull", False),
                        models.Q(("requested_by", models.F("approved_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="deployments_need_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="deployment",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["champion", "challenger", "shadow"])),
                name="deployments_role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="deployment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first", True)), fields=("profile",), name="deployments_one_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("model", "profile", "role"),
                name="promotion_requests_open_once",
            ),
        ),
    ]
