"""The retention kind of this app: notifications, read or not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.privacy.retention import build_row_kind
from notifications.models import Notification


def _find_old(before: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(visible_at__lt=before)


RETENTION_KINDS = (
    build_row_kind("notifications", gettext_lazy("Notifications, read or not"), 90, _find_old),
)
