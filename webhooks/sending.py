"""Send what is due to an endpoint, message by message, and keep the outcome of each attempt.

Messages are claimed, sent and marked as :mod:`accounts.outbox` describes; one that is sent again has the same
``webhook-id``. After a failure the endpoint is left alone for a while, so a receiver that is down or slow
costs one request each time. One that fails for days is switched off, and its owner is told by e-mail.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.outbox import DeliveryRefusedError, claim_rows, compute_wait, post_to_receiver
from webhooks.endpoints import switch_off
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from webhooks.signatures import build_headers

State = WebhookDelivery.State
SwitchedOffBy = WebhookEndpoint.SwitchedOffBy

USER_AGENT = "legal-names-webhooks/1"
_RUN_SECONDS = 60.0
_SENDER_LOCK_ID = 0x6C6E63
"""First half of the advisory locks that admit one sender at a time to an endpoint."""

_MAX_ERROR_LENGTH = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """Outcome of one attempt: status of the answer, or why there was none; ``error`` is empty on success."""

    status_code: int | None
    error: str
    milliseconds: int
    again_after: float | None = None


def list_due_endpoints(now: datetime) -> list[UUID]:
    """Return the endpoints to which something is to be sent at a time."""
    due = WebhookDelivery.objects.due(now).order_by().values_list("endpoint_id", flat=True)
    return list(due.distinct())


def deliver_due_messages(endpoint_id: UUID, now: datetime | None = None) -> int:
    """Send what is due to an endpoint until an attempt fails; return how many messages it accepted.

    One worker at a time serves an endpoint; a second one returns 0 immediately. What is left after a minute
    waits for the next run.
    """
    count, deadline = 0, time.monotonic() + _RUN_SECONDS
    with _hold_endpoint(endpoint_id) as is_free:
        while is_free and time.monotonic() < deadline and _deliver_next(endpoint_id, now or timezone.now()):
            count += 1
    return count


@transaction.atomic
def give_up_unreachable(now: datetime) -> int:
    """Give up what waits for endpoints that get nothing: switched off, removed, or of a disabled user."""
    lost = Q(endpoint__switched_off_at__isnull=False) | Q(endpoint__removed_at__isnull=False)
    waiting = WebhookDelivery.objects.filter(lost | Q(endpoint__user__is_active=False), state=State.WAITING)
    keys = list(waiting.values_list("pk", flat=True)[:10_000])
    rows = WebhookDelivery.objects.filter(pk__in=keys, state=State.WAITING)
    return rows.update(state=State.GIVEN_UP, ended_at=now, error="The endpoint was switched off.")


def build_body(delivery: WebhookDelivery) -> str:
    """Return the body of a message, byte for byte the same at every attempt."""
    return json.dumps(build_payload(delivery.event), separators=(",", ":"), sort_keys=True)


def build_payload(event: WebhookEvent) -> dict[str, Any]:
    """Return what a receiver is told of an event."""
    return {"type": event.event_type, "timestamp": event.occurred_at.isoformat(), "data": event.data}


@contextmanager
def _hold_endpoint(endpoint_id: UUID) -> Iterator[bool]:
    """Hold an endpoint for this process and say whether it was free; the lock ends with the connection."""
    keys = [_SENDER_LOCK_ID, endpoint_id.int & 0x7FFFFFFF]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        is_free = bool(cursor.fetchone()[0])
    try:
        yield is_free
    finally:
        if is_free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)


def _deliver_next(endpoint_id: UUID, now: datetime) -> bool:
    """Send the message that has waited longest; return whether there was one and it was accepted."""
    due = WebhookDelivery.objects.due(now).filter(endpoint_id=endpoint_id)
    claimed = claim_rows(due.select_related("endpoint", "event"), now, 1)
    return bool(claimed) and _deliver(claimed[0], now)


def _deliver(delivery: WebhookDelivery, now: datetime) -> bool:
    """Send a claimed message and keep the outcome; return whether it was accepted."""
    outcome = _send(delivery)
    if outcome.error:
        _mark_failed(delivery, outcome, now)
    else:
        _mark_delivered(delivery, outcome, now)
    return not outcome.error


def _send(delivery: WebhookDelivery) -> Outcome:
    body, at, start = build_body(delivery), timezone.now(), time.monotonic()
    signing = delivery.endpoint.list_signing_secrets(at)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        **build_headers(str(delivery.event_id), at, body, signing),
    }
    status: int | None = None
    error, again = "", None
    try:
        status = post_to_receiver(delivery.endpoint.address, body.encode(), headers).status
    except DeliveryRefusedError as refusal:
        status, again = refusal.status, refusal.retry_after_seconds
        error = f"The receiver answered {status}." if status else str(refusal)[:_MAX_ERROR_LENGTH]
    return Outcome(status, error, round((time.monotonic() - start) * 1000), again)


@transaction.atomic
def _mark_delivered(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(
        delivered_at=now, failures=0, failing_since=None, not_before=now
    )
    delivery.state, delivery.ended_at = State.DELIVERED, now
    _store_outcome(delivery, outcome, now)


@transaction.atomic
def _mark_failed(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    """Postpone the message and the endpoint; give the message up after the last attempt."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    endpoint.failures += 1
    endpoint.failing_since = failing_since = endpoint.failing_since or now
    endpoint.not_before = now + compute_wait(endpoint.failures, outcome.again_after)
    endpoint.save(update_fields=["failures", "failing_since", "not_before"])
    delivery.not_before = now + compute_wait(delivery.attempts + 1, outcome.again_after)
    if delivery.attempts + 1 >= settings.WEBHOOK_MAX_ATTEMPTS:
        delivery.state, delivery.ended_at = State.GIVEN_UP, now
    _store_outcome(delivery, outcome, now)
    if endpoint.switched_off_at is None and endpoint.removed_at is None:
        if outcome.status_code == HTTPStatus.GONE:
            switch_off(endpoint, SwitchedOffBy.RECEIVER, None)
        elif now - failing_since >= timedelta(days=settings.WEBHOOK_OFF_AFTER_DAYS):
            switch_off(endpoint, SwitchedOffBy.FAILURES, None)
    log.warning("webhook_not_delivered", delivery=str(delivery.pk), status=outcome.status_code)


def _store_outcome(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    delivery.attempts += 1
    delivery.status_code, delivery.error = outcome.status_code, outcome.error
    delivery.save(update_fields=["state", "attempts", "not_before", "ended_at", "status_code", "error"])
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=now,
        status_code=outcome.status_code,
        error=outcome.error,
        milliseconds=outcome.milliseconds,
    )
