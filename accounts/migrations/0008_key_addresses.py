import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_audit_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKeyAddress",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address", models.GenericIPAddressField()),
                ("first_used_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "last_used_at",
                    models.DateTimeField(default=django.utils.timezone.now, help_text="To the day."),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="accounts.apikey",
                    ),
                ),
            ],
            options={
                "db_table": "api_key_addresses",
                "constraints": [
                    models.UniqueConstraint(fields=("key", "address"), name="api_key_addresses_once_per_key")
                ],
            },
        ),
    ]
