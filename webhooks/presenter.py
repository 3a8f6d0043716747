"""Texts of the pages of webhooks. Pure: the input are rows, the output is what the pages show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from accounts.dates import format_moment
from webhooks.models import TEST_EVENT, EventType, WebhookDelivery, WebhookEndpoint
from webhooks.sending import build_payload

State = WebhookDelivery.State
_TITLES = {**dict(EventType.choices), TEST_EVENT: "A test"}
_SIGNS = {State.DELIVERED: "✓", State.WAITING: "…", State.GIVEN_UP: "✕"}


class StatusLine(NamedTuple):
    """State of an endpoint in a few words, and the kind of notice that fits it."""

    kind: str
    text: str


class DeliveryRow(NamedTuple):
    """A delivery as its row shows it."""

    pk: str
    event: str
    title: str
    sign: str
    state: str
    outcome: str
    at: str
    payload: str
    attempts: list[str]


def describe_endpoint(endpoint: WebhookEndpoint) -> StatusLine:
    """Return whether an endpoint gets messages, and since when it fails."""
    if endpoint.switched_off_at is not None:
        by = endpoint.get_switched_off_by_display()
        return StatusLine("warning", f"{by}, {format_moment(endpoint.switched_off_at)}. It gets nothing.")
    if endpoint.failing_since is not None:
        times = "once" if endpoint.failures == 1 else f"{endpoint.failures} times in a row"
        since = format_moment(endpoint.failing_since)
        return StatusLine("error", f"Failed {times} since {since}. The next messages wait.")
    if endpoint.delivered_at is None:
        return StatusLine("info", "On. Nothing has been delivered yet; send a test.")
    return StatusLine("success", f"On. Last delivered {format_moment(endpoint.delivered_at)}.")


def describe_overlap(endpoint: WebhookEndpoint, now: datetime) -> str:
    """Return until when two secrets sign; empty when one does."""
    is_overlapping = len(endpoint.list_signing_secrets(now)) > 1
    return (
        f"The old secret signs too until {format_moment(endpoint.previous_secret_until)}."
        if is_overlapping
        else ""
    )


def build_delivery_rows(deliveries: Iterable[WebhookDelivery]) -> list[DeliveryRow]:
    """Return the rows of the log."""
    return [_build_row(delivery) for delivery in deliveries]


def _build_row(delivery: WebhookDelivery) -> DeliveryRow:
    event = delivery.event
    return DeliveryRow(
        str(delivery.pk),
        event.event_type,
        _TITLES.get(event.event_type, event.event_type),
        _SIGNS[State(delivery.state)],
        delivery.get_state_display(),
        _describe_outcome(delivery),
        format_moment(event.occurred_at),
        json.dumps(build_payload(event), indent=2),
        [
            f"{format_moment(attempt.at)}: {attempt.status_code or attempt.error} ({attempt.milliseconds} ms)"
            for attempt in delivery.attempt_log.all()
        ],
    )


def _describe_outcome(delivery: WebhookDelivery) -> str:
    """Return the last answer and what comes next."""
    if delivery.state == State.DELIVERED:
        return f"Answered {delivery.status_code}"
    if delivery.state == State.GIVEN_UP:
        return delivery.error
    if delivery.attempts == 0:
        return "Is sent within seconds"
    return f"{delivery.error} Attempt {delivery.attempts + 1} follows, {format_moment(delivery.not_before)}."
