"""Refresh tokens are found by their id; the text of those that are still good has no business in the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_key_rotations"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE token_blacklist_outstandingtoken SET token = '' WHERE token <> ''", migrations.RunSQL.noop
        )
    ]
