"""Files of pairs that were sent and not started yet: their owner chooses columns and profile first."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from matching.models.batch_job import FileFormat


class JobDraft(models.Model):
    """A file that waits for its owner; a job that starts from it takes over its id, file and key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=5, choices=FileFormat.choices)
    file_name = EncryptedTextField(blank=True, default="", help_text="As sent; it may contain a name.")
    file_bytes = models.BigIntegerField()
    file_key = EncryptedTextField(help_text="Decrypts the file, which cannot be read without it.")
    line_count = models.BigIntegerField(help_text="Line ends in the file; of a workbook they mean nothing.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "job_drafts"
        ordering = ("-id",)
        indexes = (models.Index(fields=["created_at"], name="job_drafts_by_age"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(format__in=FileFormat.values), name="job_drafts_format_is_known"
            ),
        )

    def __str__(self) -> str:
        return gettext("file of {moment}").format(moment=format_moment(self.created_at))
