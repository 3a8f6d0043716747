"""Columns by plain names: the traits of a pair of names, the snapshots of a sample."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("matching", "0007_confidence_of_decisions")]

    operations = [
        migrations.RenameField("prediction", "mix", "traits"),
        migrations.RenameField("bulksample", "answers", "snapshots"),
    ]
