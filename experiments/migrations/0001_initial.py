from decimal import Decimal

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.ids
import experiments.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("modelops", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Experiment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                ("profile", models.CharField(default="*", max_length=20)),
                (
                    "traffic_split",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0.50"),
                        help_text="Share of those enrolled that meets B.",
                        max_digits=3,
                    ),
                ),
                (
                    "enrolled_share",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("1.00"),
                        help_text="Share of all users that takes part.",
                        max_digits=3,
                    ),
                ),
                (
                    "enrolment_salt",
                    models.CharField(default=experiments.models.new_salt, editable=False, max_length=32),
                ),
                (
                    "variant_salt",
                    models.CharField(default=experiments.models.new_salt, editable=False, max_length=32),
                ),
                ("phase", models.PositiveSmallIntegerField(default=1, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped")],
                        default="draft",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=False, editable=False)),
                ("start_date", models.DateTimeField(blank=True, editable=False, null=True)),
                ("end_date", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "model_a",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.modelversion",
                    ),
                ),
                (
                    "model_b",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelops.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "ab_experiments",
                "ordering": ("-created_at",),
                "permissions": (("run_experiment", "Can start and stop experiments"),),
            },
        ),
        migrations.CreateModel(
            name="Exposure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "arm",
                    models.CharField(
                        choices=[("a", "A (the champion)"), ("b", "B (the challenger)")], max_length=1
                    ),
                ),
                ("phase", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exposures",
                        to="experiments.experiment",
                    ),
                ),
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
                "db_table": "ab_exposures",
                "ordering": ("-at",),
            },
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("model_a", models.F("model_b")), _negated=True),
                name="ab_experiments_two_models",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("traffic_split__gt", 0), ("traffic_split__lt", 1)),
                name="ab_experiments_split_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(("enrolled_share__gt", 0), ("enrolled_share__lte", 1)),
                name="ab_experiments_enrolled_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("is_active", True), ("status", "running")),
                    models.Q(("is_active", False), models.Q(("status", "running"), _negated=True)),
                    _connector="OR",
                ),
                name="ab_experiments_active_means_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("end_date", None), ("end_date__gt", models.F("start_date")), _connector="OR"
                ),
                name="ab_experiments_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("profile",),
                name="ab_experiments_one_running_per_profile",
            ),
        ),
        migrations.AddConstraint(
            model_name="exposure",
            constraint=models.UniqueConstraint(
                fields=("experiment", "user", "phase"), name="ab_exposures_once_per_user"
            ),
        ),
    ]
