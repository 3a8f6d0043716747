"""Write an event in the transaction of what it tells, with one delivery for each endpoint that is subscribed.

An event without a subscriber is not stored. A worker sends the deliveries after the commit; when the message
to the worker is lost, the schedule finds them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from webhooks.models import EndpointQuerySet, EventType, WebhookDelivery, WebhookEndpoint, WebhookEvent


@dataclass(frozen=True)
class Occurrence:
    """Something to tell. ``key`` names it among all events of its type, so that it is stored once.

    ``user_id`` is whom it is about, ``None`` for every subscriber. ``data`` holds ids, verdicts, counts and
    dates, never a name. Nobody is told before ``visible_at``.
    """

    event_type: EventType
    key: str
    user_id: UUID | None
    data: dict[str, Any]
    occurred_at: datetime
    visible_at: datetime | None = None


def record_occurrence(occurrence: Occurrence) -> WebhookEvent | None:
    """Store an event for its subscribers; return ``None`` when there is no subscriber.

    The second time the stored event is returned and nothing is added. Raises ``TransactionManagementError``
    outside a transaction, because the event must be rolled back with what it tells.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("write an event inside the transaction of what it tells")
    endpoints = list(_list_subscribers(occurrence))
    if not endpoints:
        return None
    return store_event(
        WebhookEvent(
            key=f"{occurrence.event_type}:{occurrence.key}",
            event_type=occurrence.event_type,
            user_id=occurrence.user_id,
            data=occurrence.data,
            occurred_at=occurrence.occurred_at,
            visible_at=occurrence.visible_at or occurrence.occurred_at,
        ),
        endpoints,
    )


def withdraw_occurrences(event_type: EventType, key_prefix: str) -> None:
    """Delete the events whose key begins so and that nobody has been told yet."""
    unknown = WebhookEvent.objects.filter(
        event_type=event_type, key__startswith=f"{event_type}:{key_prefix}", visible_at__gt=timezone.now()
    )
    unknown.delete()


def delete_events(user_id: UUID, field: str, ids: Collection[UUID]) -> None:
    """Delete the events of a user about rows whose id the data hold, with their deliveries and log."""
    told = WebhookEvent.objects.filter(user=user_id)
    told.filter(**{f"data__{field}__in": [str(pk) for pk in ids]}).delete()


def store_event(event: WebhookEvent, endpoints: Sequence[WebhookEndpoint]) -> WebhookEvent:
    """Store an event once with one delivery for each endpoint, and have them sent after the commit."""
    WebhookEvent.objects.bulk_create([event], ignore_conflicts=True)
    stored = WebhookEvent.objects.get(key=event.key)
    if stored.pk == event.pk:
        deliveries = [
            WebhookDelivery(event=stored, endpoint=endpoint, not_before=stored.visible_at)
            for endpoint in endpoints
        ]
        WebhookDelivery.objects.bulk_create(deliveries)
        if stored.visible_at <= timezone.now():
            for endpoint in endpoints:
                send_later(endpoint.pk)
    return stored


def send_later(endpoint_id: UUID) -> None:
    """Have a worker send what is due to an endpoint once the transaction is over."""
    transaction.on_commit(partial(_enqueue, str(endpoint_id)), robust=True)


def _enqueue(endpoint_id: str) -> None:
    current_app.send_task("webhooks.tasks.deliver_to_endpoint", [endpoint_id], retry=False)


def _list_subscribers(occurrence: Occurrence) -> EndpointQuerySet:
    subscribed = WebhookEndpoint.objects.reachable().filter(event_types__contains=[occurrence.event_type])
    own = subscribed if occurrence.user_id is None else subscribed.filter(user_id=occurrence.user_id)
    return own.only("id")
