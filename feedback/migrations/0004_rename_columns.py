"""Columns by plain names: the adjudication of a precedent, whether the prediction was shown."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_import_previews")]

    operations = [
        migrations.RenameField("precedent", "word", "adjudication"),
        migrations.RenameField("feedback", "answer_shown", "prediction_shown"),
    ]
