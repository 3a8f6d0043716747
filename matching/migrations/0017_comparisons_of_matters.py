"""Comparisons and jobs that belong to a matter."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0006_experiment_roles"),
        ("matching", "0016_reviews_of_job_rows"),
        ("matters", "0001_initial"),
        ("modelops", "0007_performance_drift_threshold"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="batchjob",
            name="matter",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The case it belongs to, whose members alone see it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="matters.matter",
            ),
        ),
        migrations.AddField(
            model_name="prediction",
            name="matter",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The case it belongs to, whose members alone see it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="matters.matter",
            ),
        ),
        migrations.AddIndex(
            model_name="batchjob",
            index=models.Index(
                condition=models.Q(("matter__isnull", False)),
                fields=["matter", "-id"],
                name="batch_jobs_of_matter",
            ),
        ),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(
                condition=models.Q(("matter__isnull", False)),
                fields=["matter", "-id"],
                name="predictions_of_matter",
            ),
        ),
    ]
