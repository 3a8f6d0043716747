"""Documents that requesters send for the review of a prediction; their files lie encrypted on disk."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from matching.models import Prediction

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
"""Largest document."""


class DocumentType(models.TextChoices):
    """The types of documents, by what their content says."""

    PDF = "application/pdf", "PDF"
    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    TIFF = "image/tiff", "TIFF"


class ReviewDocument(models.Model):
    """One document for the review of a prediction. Without its key nobody can read any copy of the file."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="review_documents")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    file_name = EncryptedTextField(help_text="As sent; it may contain a name.")
    file_key = EncryptedTextField(help_text="Decrypts the file, which cannot be read without it.")
    content_type = models.CharField(max_length=15, choices=DocumentType.choices)
    byte_count = models.PositiveIntegerField()
    is_encrypted = models.BooleanField(default=False, help_text="A PDF that asks for a password.")
    has_active_content = models.BooleanField(
        default=False,
        help_text="A PDF with scripts, actions or files inside, or one that hides whether it has.",
    )

    class Meta:
        db_table = "review_documents"
        ordering = ("id",)
        indexes = (models.Index(fields=["sent_at"], name="review_documents_by_age"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(byte_count__gt=0, byte_count__lte=MAX_DOCUMENT_BYTES),
                name="review_documents_are_bounded",
            ),
            models.CheckConstraint(
                condition=Q(content_type__in=DocumentType.values), name="review_documents_type_is_known"
            ),
        )

    def __str__(self) -> str:
        return gettext("{content_type} of {moment}").format(
            content_type=self.get_content_type_display(), moment=format_moment(self.sent_at)
        )
