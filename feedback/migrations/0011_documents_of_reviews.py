"""Documents that requesters send for reviews."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.encryption.fields
import accounts.ids


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0010_answers_of_requesters"),
        ("matching", "0015_roles_of_precedents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReviewDocument",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "file_name",
                    accounts.encryption.fields.EncryptedTextField(
                        help_text="As sent; it may contain a name."
                    ),
                ),
                (
                    "file_key",
                    accounts.encryption.fields.EncryptedTextField(
                        help_text="Decrypts the file, which cannot be read without it."
                    ),
                ),
                (
                    "content_type",
                    models.CharField(
                        choices=[
                            ("application/pdf", "PDF"),
                            ("image/png", "PNG"),
                            ("image/jpeg", "JPEG"),
                            ("image/tiff", "TIFF"),
                        ],
                        max_length=15,
                    ),
                ),
                ("byte_count", models.PositiveIntegerField()),
                (
                    "is_encrypted",
                    models.BooleanField(default=False, help_text="A PDF that asks for a password."),
                ),
                (
                    "has_active_content",
                    models.BooleanField(
                        default=False,
                        help_text="A PDF with scripts, actions or files inside, or one that hides whether it has.",
                    ),
                ),
                (
                    "prediction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_documents",
                        to="matching.prediction",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "review_documents",
                "ordering": ("id",),
                "indexes": [models.Index(fields=["sent_at"], name="review_documents_by_age")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("byte_count__gt", 0), ("byte_count__lte", 20971520)),
                        name="review_documents_are_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("content_type__in", ["application/pdf", "image/png", "image/jpeg", "image/tiff"])
                        ),
                        name="review_documents_type_is_known",
                    ),
                ],
            },
        ),
    ]
