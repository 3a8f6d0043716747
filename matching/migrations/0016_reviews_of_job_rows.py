"""Rows of jobs that were sent to reviewers, and the verdicts of each chunk."""

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0015_roles_of_precedents"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobReviewRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "number",
                    models.PositiveIntegerField(help_text="Number of the row below the header, from 1."),
                ),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "job_review_rows",
                "ordering": ("job", "number"),
            },
        ),
        migrations.AddField(
            model_name="batchchunk",
            name="immaterial",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Rows of this verdict, once compared."
            ),
        ),
        migrations.AddField(
            model_name="batchchunk",
            name="material",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="batchchunk",
            name="review",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="batchchunk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("immaterial"), "+", models.F("review")
                            ),
                            "+",
                            models.F("material"),
                        ),
                    )
                ),
                name="batch_chunks_verdicts_of_rows",
            ),
        ),
        migrations.AddField(
            model_name="jobreviewrow",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="review_rows",
                to="matching.batchjob",
            ),
        ),
        migrations.AddField(
            model_name="jobreviewrow",
            name="prediction",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="job_row", to="matching.prediction"
            ),
        ),
        migrations.AddConstraint(
            model_name="jobreviewrow",
            constraint=models.UniqueConstraint(fields=("job", "number"), name="job_review_rows_once"),
        ),
        migrations.AddConstraint(
            model_name="jobreviewrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0)), name="job_review_rows_number_from_one"
            ),
        ),
    ]
