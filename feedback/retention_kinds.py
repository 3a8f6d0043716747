"""The rows of this app with a retention period: unconfirmed files of labels, and documents for reviews."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.privacy.retention import RetentionKind, build_row_kind
from feedback.models import ImportPreview
from feedback.requests.documents import find_old_documents, remove_documents


def _find_old_previews(before: datetime) -> QuerySet[ImportPreview]:
    return ImportPreview.objects.filter(created_at__lt=before)


RETENTION_KINDS = (
    build_row_kind(
        "import_previews", gettext_lazy("Files of labels that nobody confirmed"), 1, _find_old_previews
    ),
    RetentionKind(
        "review_documents",
        gettext_lazy("Documents sent for reviews"),
        365,
        lambda before: find_old_documents(before).count(),
        lambda before: remove_documents(find_old_documents(before)),
    ),
)
