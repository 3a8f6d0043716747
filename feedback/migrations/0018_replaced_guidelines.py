"""Tell which versions were replaced before that was recorded, and when."""

from django.db import migrations

_SQL = """
INSERT INTO replaced_guidelines (version, replaced_at)
SELECT version, replaced_at FROM (
    SELECT version, lead(published_at) OVER (ORDER BY published_at) AS replaced_at
    FROM guidelines WHERE status = 'published'
) AS versions
WHERE replaced_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0017_retirement_of_gold_items"),
        ("matching", "0020_replaced_guidelines"),
    ]

    operations = [migrations.RunSQL(_SQL, migrations.RunSQL.noop)]
