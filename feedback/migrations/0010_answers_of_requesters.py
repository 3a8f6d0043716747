"""Requesters answer a reviewer who waits for a document."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0009_roles_of_requests"),
    ]

    operations = [
        migrations.AlterField(
            model_name="itemevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("skipped", "Skipped"),
                    ("postponed", "Postponed"),
                    ("escalated", "Escalated to a lead"),
                    ("parked", "Asked for a document"),
                    ("resumed", "Document arrived"),
                    ("released", "Released"),
                    ("assigned", "Assigned"),
                    ("undone", "Decision undone"),
                    ("withdrawn", "Request withdrawn"),
                    ("answered", "Answer of the requester"),
                ],
                max_length=10,
            ),
        ),
    ]
