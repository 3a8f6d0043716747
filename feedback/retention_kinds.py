"""The rows of this app with a retention period: files of labels that nobody confirmed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.privacy.retention import build_row_kind
from feedback.models import ImportPreview


def _find_old_previews(before: datetime) -> QuerySet[ImportPreview]:
    return ImportPreview.objects.filter(created_at__lt=before)


RETENTION_KINDS = (
    build_row_kind("import_previews", "Files of labels that nobody confirmed", 1, _find_old_previews),
)
