"""Results of an experiment read its predictions; those outside of experiments cost nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0008_rename_columns"),
        ("experiments", "0005_rules_of_experiments"),
    ]

    operations = [
        migrations.AddIndex(
            "prediction",
            models.Index(
                fields=["experiment", "created_at"],
                condition=models.Q(experiment__isnull=False),
                name="predictions_of_experiment",
            ),
        ),
    ]
