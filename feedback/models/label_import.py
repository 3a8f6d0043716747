"""Files of labels between preview and confirmation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7


class ImportPreview(models.Model):
    """An uploaded file of labels that was previewed and not confirmed; retention deletes it after a day.

    In a table, because its names are then encrypted, rotated and erased like all others.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    content = EncryptedTextField(help_text="The file in base64.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "import_previews"
        ordering = ("-id",)

    def __str__(self) -> str:
        return gettext("file uploaded at {moment}").format(moment=format_moment(self.created_at))
