"""Versions of the guideline that are no longer in force."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0019_saved_filters")]

    operations = [
        migrations.CreateModel(
            name="ReplacedGuideline",
            fields=[
                ("version", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("replaced_at", models.DateTimeField()),
            ],
            options={"db_table": "replaced_guidelines", "ordering": ("-replaced_at",)},
        ),
    ]
