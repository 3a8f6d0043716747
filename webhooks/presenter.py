"""Texts of the pages of webhooks. Pure: the input are rows, the output is what the pages show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy, ngettext

from accounts.dates import format_moment
from webhooks.models import TEST_EVENT, EventType, WebhookDelivery, WebhookEndpoint
from webhooks.sending import build_payload

State = WebhookDelivery.State
_TITLES = {**dict(EventType.choices), TEST_EVENT: gettext_lazy("A test")}
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
        off = gettext("{by}, {moment}. It gets nothing.")
        return StatusLine("warning", off.format(by=by, moment=format_moment(endpoint.switched_off_at)))
    if endpoint.failing_since is not None:
        failed = ngettext(
            "Failed once since {since}. The next messages wait.",
            "Failed {number} times in a row since {since}. The next messages wait.",
            endpoint.failures,
        )
        since = format_moment(endpoint.failing_since)
        return StatusLine("error", failed.format(number=endpoint.failures, since=since))
    if endpoint.delivered_at is None:
        return StatusLine("info", gettext("On. Nothing has been delivered yet; send a test."))
    moment = format_moment(endpoint.delivered_at)
    return StatusLine("success", gettext("On. Last delivered {moment}.").format(moment=moment))


def describe_overlap(endpoint: WebhookEndpoint, now: datetime) -> str:
    """Return until when two secrets sign; empty when one does."""
    is_overlapping = len(endpoint.list_signing_secrets(now)) > 1
    if not is_overlapping:
        return ""
    until = format_moment(endpoint.previous_secret_until)
    return gettext("The old secret signs too until {until}.").format(until=until)


def build_delivery_rows(deliveries: Iterable[WebhookDelivery]) -> list[DeliveryRow]:
    """Return the rows of the log."""
    return [_build_row(delivery) for delivery in deliveries]


def _build_row(delivery: WebhookDelivery) -> DeliveryRow:
    event = delivery.event
    return DeliveryRow(
        str(delivery.pk),
        event.event_type,
        str(_TITLES.get(event.event_type, event.event_type)),
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
        return gettext("Answered {status}").format(status=delivery.status_code)
    if delivery.state == State.GIVEN_UP:
        return capfirst(delivery.error)
    if delivery.attempts == 0:
        return gettext("Is sent within seconds")
    following = gettext("Attempt {number} follows, {moment}.").format(
        number=delivery.attempts + 1, moment=format_moment(delivery.not_before)
    )
    return f"{capfirst(delivery.error.rstrip('.'))}. {following}"
