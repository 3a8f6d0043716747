"""A customer with a webhook on a real receiver, and what tests ask of both."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.models import User
from tests.receivers import Hook, http_receiver
from webhooks.endpoints import Subscription, create_endpoint
from webhooks.events import Occurrence, record_occurrence
from webhooks.models import EventType, WebhookDelivery, WebhookEndpoint, WebhookEvent

Subscribed = tuple[WebhookEndpoint, str, Hook]
"""An endpoint, its secret, and what its receiver gets."""

ALL_EVENTS = tuple(EventType.values)


def endpoint_at(user: User, address: str, *event_types: str) -> tuple[WebhookEndpoint, str]:
    """An endpoint and its secret."""
    return create_endpoint(user, Subscription(address, event_types or ALL_EVENTS, "Case system"))


@contextmanager
def subscribe(user: User, *event_types: str) -> Iterator[Subscribed]:
    """An endpoint on a receiver, with its secret and what the receiver gets."""
    with http_receiver() as (address, hook):
        endpoint, secret = endpoint_at(user, address, *event_types)
        yield endpoint, secret, hook


def happen(user: User | None, key: str = "job-1", event_type: EventType = EventType.JOB_FINISHED) -> Any:
    """Let something happen to what a user asked; returns the event, or nothing without a subscriber."""
    about = user.pk if user else None
    with transaction.atomic():
        return record_occurrence(Occurrence(event_type, key, about, {"job": key}, timezone.now()))


def open_message(secret: str, post: tuple[dict[str, str], bytes]) -> dict[str, Any]:
    """The payload of a message whose signature is good, as the library of customers opens it."""
    headers, body = post
    payload: dict[str, Any] = Webhook(secret).verify(body, headers)
    assert payload == json.loads(body)
    return payload


def log_of(endpoint: WebhookEndpoint) -> list[tuple[str, int, int | None]]:
    """State, attempts and status of the deliveries, oldest first."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("id")
    return list(rows.values_list("state", "attempts", "status_code"))


def list_told_events(endpoint: WebhookEndpoint) -> list[str]:
    """Types of the events stored for an endpoint, oldest first."""
    events = WebhookEvent.objects.filter(deliveries__endpoint=endpoint).order_by("id")
    return list(events.values_list("event_type", flat=True))
