"""The retention kinds of this app: events with their deliveries, and endpoints that were removed."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.privacy.retention import build_row_kind
from webhooks.models import WebhookEndpoint, WebhookEvent


def _find_old_events(before: datetime) -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(visible_at__lt=before)


def _find_removed_endpoints(before: datetime) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.filter(removed_at__lt=before)


RETENTION_KINDS = (
    build_row_kind(
        "webhook_events", gettext_lazy("Webhook events with the log of their delivery"), 30, _find_old_events
    ),
    build_row_kind(
        "webhook_endpoints", gettext_lazy("Webhooks that were removed"), 30, _find_removed_endpoints
    ),
)
