"""Three indexes go that Django makes for every foreign key and that no query reads.

What is asked by user is found by the indexes that begin with the user; by model always within a time, so by the
index of the time; by experiment never. Neither models nor experiments are ever deleted.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0002_roles"),
        ("matching", "0011_answers_found_by_filter"),
        ("modelops", "0012_limits_are_called_so"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="prediction",
            name="experiment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="experiments.experiment",
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="predictions",
                to="modelops.modelversion",
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="predictions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
