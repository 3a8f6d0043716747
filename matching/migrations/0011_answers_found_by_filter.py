from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Answers are written while the indexes are made.
    atomic = False

    dependencies = [
        ("experiments", "0002_roles"),
        ("matching", "0010_shadow_score_roles"),
        ("modelops", "0012_limits_are_called_so"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="prediction",
            index=models.Index(fields=["user", "verdict", "-id"], name="predictions_of_user_verdict"),
        ),
        AddIndexConcurrently(
            model_name="prediction",
            index=models.Index(fields=["user", "profile", "-id"], name="predictions_of_user_profile"),
        ),
        AddIndexConcurrently(
            model_name="prediction",
            index=models.Index(fields=["verdict", "-id"], name="predictions_of_verdict"),
        ),
        AddIndexConcurrently(
            model_name="prediction",
            index=models.Index(fields=["profile", "-id"], name="predictions_of_profile"),
        ),
    ]
