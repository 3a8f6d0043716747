"""Predictions of imported labels and of gold items are no traffic: give those stored before their source."""

from django.db import migrations

MARK_GOLD = "UPDATE predictions SET source = 'gold' WHERE stream = 'gold' AND source = ''"
MARK_IMPORTS = """
UPDATE predictions SET source = 'import' FROM feedback
WHERE feedback.prediction_id = predictions.id AND feedback.source = 'import' AND predictions.source = ''
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_hourly_roll_ups"),
        ("feedback", "0005_waiting_items_first"),
        ("matching", "0010_source_of_predictions_and_counts_of_files"),
    ]

    operations = [
        migrations.RunSQL(MARK_GOLD, migrations.RunSQL.noop),
        migrations.RunSQL(MARK_IMPORTS, migrations.RunSQL.noop),
    ]
