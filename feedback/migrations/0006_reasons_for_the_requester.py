"""What a reviewer writes for the requester, beside the internal reason."""

from django.db import migrations

import accounts.encryption.fields


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_waiting_items_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="client_reason",
            field=accounts.encryption.fields.EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
                blank=True, help_text="The reason for the requester.", null=True
            ),
        ),
        migrations.AddField(
            model_name="feedback",
            name="client_reason",
            field=accounts.encryption.fields.EncryptedTextField(  # type: ignore[misc]  # null in rows of an earlier version
                blank=True, help_text="What the reviewer wrote for the requester; may quote names.", null=True
            ),
        ),
    ]
