"""PostgreSQL does not try to compress the encrypted texts of a prediction, which cannot be compressed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE predictions ALTER words SET STORAGE EXTERNAL",
            "ALTER TABLE predictions ALTER words SET STORAGE EXTENDED",
        )
    ]
