"""Phases, guardrails and recorded metrics; what an experiment is to find out."""

from decimal import Decimal

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0002_roles"),
        ("modelops", "0003_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExperimentPhase",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "traffic_split",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Share of the enrolled users that gets A; the others get B.",
                        max_digits=3,
                    ),
                ),
                (
                    "enrolled_share",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Share of all users that is enrolled. 0: B answers nobody and only scores in the shadow.",
                        max_digits=3,
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "ab_phases",
                "ordering": ("experiment", "number"),
            },
        ),
        migrations.CreateModel(
            name="Guardrail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("latency_ms", "Latency"),
                            ("error_rate", "Error rate"),
                            ("review_share", "Review share"),
                            ("override_rate", "Override rate"),
                            ("appeal_rate", "Appeal rate"),
                            ("gold_recall", "Gold items: recall of material"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "margin",
                    models.DecimalField(
                        decimal_places=4,
                        help_text="How much worse than A version B may be: relative for latency, else in points (0.02: 2 %).",
                        max_digits=6,
                    ),
                ),
                ("breached_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "ab_guardrails",
                "ordering": ("metric",),
            },
        ),
        migrations.CreateModel(
            name="RecordedMetric",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("phase", models.PositiveSmallIntegerField()),
                (
                    "arm",
                    models.CharField(
                        choices=[("a", "A (the champion)"), ("b", "B (the challenger)")], max_length=1
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("value", models.FloatField()),
                (
                    "event",
                    models.CharField(
                        help_text="What was measured, in the words of the client.", max_length=100
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "ab_metrics",
                "ordering": ("-id",),
            },
        ),
        migrations.AlterModelOptions(
            name="experiment",
            options={
                "ordering": ("-created_at",),
                "permissions": (
                    ("run_experiment", "Can start, change, stop and conclude experiments"),
                    ("ship_experiment", "Can request that version B of an experiment be made champion"),
                ),
            },
        ),
        migrations.RemoveConstraint(
            model_name="experiment",
            name="ab_experiments_enrolled_is_a_share",
        ),
        migrations.AddField(
            model_name="experiment",
            name="can_conclude",
            field=models.BooleanField(
                editable=False,
                help_text="Whether the forecast at the start expected a conclusion.",
                default=False,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="conclusion",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="experiment",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="higher_is_better",
            field=models.BooleanField(default=True, help_text="Of the metric that clients record."),
        ),
        migrations.AddField(
            model_name="experiment",
            name="hypothesis",
            field=models.TextField(
                default="", help_text="What B is expected to do better than A, and why.", max_length=1000
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="experiment",
            name="planned_end",
            field=models.DateTimeField(blank=True, help_text="Time in UTC.", null=True),
        ),
        migrations.AddField(
            model_name="experiment",
            name="primary_metric",
            field=models.CharField(
                choices=[
                    ("accuracy", "Accuracy (reviewed disagreements)"),
                    ("override_rate", "Override rate"),
                    ("appeal_rate", "Appeal rate"),
                    ("review_share", "Review share"),
                    ("decision_hours", "Time to decision"),
                    ("agreement", "Agreement of reviewers"),
                    ("latency_ms", "Latency"),
                    ("error_rate", "Error rate"),
                    ("recorded", "A metric that clients record"),
                ],
                default="accuracy",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="promotion",
            field=models.OneToOneField(
                blank=True,
                editable=False,
                help_text="The request to make B the champion.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="experiment",
                to="modelops.promotionrequest",
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="reason_to_start",
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name="experiment",
            name="recorded_metric",
            field=models.CharField(
                blank=True,
                help_text="Name of the metric that clients record, where that is the primary one.",
                max_length=40,
            ),
        ),
        migrations.AddField(
            model_name="experiment",
            name="smallest_effect",
            field=models.DecimalField(
                decimal_places=3,
                default=Decimal("0.200"),
                help_text="Smallest effect worth finding. Accuracy: how far above half the share of disagreements is that B wins (0.2: B is right in 70 %). Other metrics: change relative to A (0.1: 10 %).",
                max_digits=4,
            ),
        ),
        migrations.AlterField(
            model_name="experiment",
            name="enrolled_share",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("1.00"),
                help_text="Share of all users that is enrolled. 0: B answers nobody and only scores in the shadow.",
                max_digits=3,
            ),
        ),
        migrations.AlterField(
            model_name="experiment",
            name="model_a",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="modelops.modelversion",
                verbose_name="version A",
            ),
        ),
        migrations.AlterField(
            model_name="experiment",
            name="model_b",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="modelops.modelversion",
                verbose_name="version B",
            ),
        ),
        migrations.AlterField(
            model_name="experiment",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("running", "Running"),
                    ("stopped", "Stopped"),
                    ("concluded", "Concluded"),
                ],
                default="draft",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="experiment",
            name="traffic_split",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0.50"),
                help_text="Share of the enrolled users that gets A; the others get B.",
                max_digits=3,
            ),
        ),
        migrations.AddField(
            model_name="experimentphase",
            name="experiment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="phases",
                to="experiments.experiment",
            ),
        ),
        migrations.AddField(
            model_name="guardrail",
            name="experiment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="guardrails",
                to="experiments.experiment",
            ),
        ),
        migrations.AddField(
            model_name="recordedmetric",
            name="experiment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recorded_metrics",
                to="experiments.experiment",
            ),
        ),
        migrations.AddField(
            model_name="recordedmetric",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="experimentphase",
            constraint=models.UniqueConstraint(fields=("experiment", "number"), name="ab_phases_numbered"),
        ),
        migrations.AddConstraint(
            model_name="experimentphase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("experiment",), name="ab_phases_one_is_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="experimentphase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gt", models.F("started_at")), _connector="OR"
                ),
                name="ab_phases_end_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="guardrail",
            constraint=models.UniqueConstraint(
                fields=("experiment", "metric"), name="ab_guardrails_once_per_metric"
            ),
        ),
        migrations.AddConstraint(
            model_name="guardrail",
            constraint=models.CheckConstraint(
                condition=models.Q(("margin__gte", 0)), name="ab_guardrails_margin_is_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="recordedmetric",
            index=models.Index(fields=["experiment", "phase", "name"], name="ab_metrics_of_phase"),
        ),
        migrations.AddConstraint(
            model_name="recordedmetric",
            constraint=models.UniqueConstraint(
                fields=("experiment", "user", "name", "event"), name="ab_metrics_once_per_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="recordedmetric",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__gte", -1000000000000.0), ("value__lte", 1000000000000.0)),
                name="ab_metrics_value_is_a_number",
            ),
        ),
    ]
