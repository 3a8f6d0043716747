"""What the database demands of an experiment."""

from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0004_split_is_the_share_of_a")]

    operations = [
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("enrolled_share__gt", 0), ("enrolled_share__lte", 1)),
                    models.Q(("enrolled_share", 0), ("primary_metric", "accuracy")),
                    _connector="OR",
                ),
                name="ab_experiments_enrolled_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "primary_metric__in",
                        [
                            "accuracy",
                            "override_rate",
                            "appeal_rate",
                            "review_share",
                            "decision_hours",
                            "agreement",
                            "latency_ms",
                            "error_rate",
                            "recorded",
                        ],
                    ),
                    models.Q(
                        models.Q(("primary_metric", "recorded"), _negated=True),
                        models.Q(("recorded_metric", ""), _negated=True),
                        _connector="OR",
                    ),
                ),
                name="ab_experiments_primary_metric_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("smallest_effect__gt", 0),
                    models.Q(
                        models.Q(("primary_metric", "accuracy"), _negated=True),
                        ("smallest_effect__lt", Decimal("0.5")),
                        _connector="OR",
                    ),
                ),
                name="ab_experiments_effect_can_be_found",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "draft"),
                    ("can_conclude", True),
                    models.Q(("reason_to_start", ""), _negated=True),
                    _connector="OR",
                ),
                name="ab_experiments_started_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("start_date", None), ("status", "draft")),
                    models.Q(("end_date", None), ("start_date__isnull", False), ("status", "running")),
                    models.Q(
                        ("end_date__isnull", False),
                        ("start_date__isnull", False),
                        ("status__in", ["stopped", "concluded"]),
                    ),
                    _connector="OR",
                ),
                name="ab_experiments_dates_fit_the_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "concluded"), _negated=True),
                    models.Q(("conclusion", ""), _negated=True),
                    _connector="OR",
                ),
                name="ab_experiments_concluded_with_a_sentence",
            ),
        ),
    ]
