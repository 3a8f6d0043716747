"""Messages between requesters and reviewers."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields
import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0011_documents_of_reviews"),
        ("matching", "0015_roles_of_precedents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("requester", "The requester"), ("reviewer", "A reviewer")], max_length=9
                    ),
                ),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "text",
                    accounts.encryption.fields.EncryptedTextField(
                        help_text="May quote names, so it is encrypted."
                    ),
                ),
                (
                    "is_held",
                    models.BooleanField(
                        default=False,
                        help_text="Reviewers read it after their decision: unasked, or about the answer.",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        help_text="The item that the reviewer held.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="feedback.reviewitem",
                    ),
                ),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_messages",
                        to="matching.prediction",
                    ),
                ),
            ],
            options={
                "db_table": "review_messages",
                "ordering": ("id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_held", False), ("item__isnull", False), ("side", "reviewer")),
                            models.Q(("item", None), ("side", "requester")),
                            _connector="OR",
                        ),
                        name="review_messages_of_two_sides",
                    )
                ],
            },
        ),
    ]
