"""Who retired a gold item, and why."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0016_chapters_of_clauses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="goldanswer",
            name="retired_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="goldanswer",
            name="retired_reason",
            field=accounts.encryption.fields.EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
                blank=True, help_text="Why it was retired; may quote names.", null=True
            ),
        ),
    ]
