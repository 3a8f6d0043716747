"""PostgreSQL no longer tries to compress the sealed words of an answer, which cannot be compressed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("matching", "0012_indexes_nobody_reads")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE predictions ALTER words SET STORAGE EXTERNAL",
            "ALTER TABLE predictions ALTER words SET STORAGE EXTENDED",
        )
    ]
