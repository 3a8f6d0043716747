"""From the outbox to people: e-mail and webhooks, with retries and the receiver's answer kept.

A message is claimed by moving its next attempt ahead, sent outside of any transaction, and marked. A worker
killed between sending and marking sends again under the same Message-ID: told twice is better than not told.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from django.db import transaction
from django.utils import timezone

from modelops.alerting.alerts import record_observation
from modelops.alerting.notifiers import NOTIFIERS, DeliveryRefusedError, Notification
from modelops.models import AlertChannel, AlertMessage

State = AlertMessage.State
MAX_DELIVERY_ATTEMPTS = 6
_FIRST_RETRY_DELAY = timedelta(seconds=30)
_CLAIM_DURATION = timedelta(minutes=2)
_BATCH_SIZE = 200

log = structlog.get_logger(__name__)

_RETRYABLE_ERRORS = (OSError, smtplib.SMTPException)
"""Errors of the way there, that another attempt may not meet."""


@dataclass(frozen=True)
class DeliveryCounts:
    """What one round of delivery did: messages taken by receivers, put off, and given up."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


def deliver_messages(now: datetime | None = None) -> DeliveryCounts:
    """Send what waits in the outbox, grouped by channel and group of rules; return what came of it."""
    moment = now or timezone.now()
    outcomes: list[str] = []
    for _, group in groupby(_claim_messages(moment), key=lambda row: (row.channel_id, row.group)):
        rows = list(group)
        outcomes += [_send_group(rows, moment)] * len(rows)
    return DeliveryCounts(
        outcomes.count(State.SENT), outcomes.count(State.WAITING), outcomes.count(State.GIVEN_UP)
    )


@transaction.atomic
def _claim_messages(now: datetime) -> list[AlertMessage]:
    """Take what is due; nobody else takes it for two minutes."""
    due = AlertMessage.objects.filter(state=State.WAITING, not_before__lte=now)
    free = due.order_by("channel_id", "group", "id").select_for_update(skip_locked=True, of=("self",))
    rows = list(free.select_related("channel")[:_BATCH_SIZE])
    AlertMessage.objects.filter(pk__in=[row.pk for row in rows]).update(not_before=now + _CLAIM_DURATION)
    return rows


def _send_group(rows: Sequence[AlertMessage], now: datetime) -> str:
    """Send one letter for messages that belong together; return the state they have now."""
    channel = rows[0].channel
    try:
        receipt = NOTIFIERS[channel.kind](channel.address, _build_notification(rows))
    except DeliveryRefusedError as refusal:
        return _mark_failed(
            rows, channel, str(refusal), now, refusal.retry_after_seconds, final=refusal.is_final
        )
    except _RETRYABLE_ERRORS as error:
        return _mark_failed(rows, channel, f"{type(error).__name__}: {error}", now)
    return _mark_sent(rows, channel, receipt, now)


def _build_notification(rows: Sequence[AlertMessage]) -> Notification:
    """Put the messages of a group together; the identity of the first names the letter."""
    first = rows[0]
    subject = first.subject if len(rows) == 1 else f"{len(rows)} alerts: {first.subject}"
    return Notification(str(first.pk), subject, "\n\n".join(row.body for row in rows))


@transaction.atomic
def _mark_sent(rows: Sequence[AlertMessage], channel: AlertChannel, receipt: str, now: datetime) -> str:
    for row in rows:
        row.state, row.sent_at, row.receipt, row.attempts = State.SENT, now, receipt[:300], row.attempts + 1
        row.error = ""
        row.save(update_fields=["state", "sent_at", "receipt", "attempts", "error"])
    AlertChannel.objects.filter(pk=channel.pk).update(last_sent_at=now, last_error="")
    record_observation("delivery_failing", channel.name, failing=False)
    return State.SENT


@transaction.atomic
def _mark_failed(
    rows: Sequence[AlertMessage],
    channel: AlertChannel,
    error: str,
    now: datetime,
    again_after: float | None = None,
    final: bool = False,
) -> str:
    """Put the messages off, ever longer; after the last attempt give them up and say so elsewhere."""
    state = State.WAITING
    for row in rows:
        row.attempts += 1
        row.error = error[:300]
        row.state = state = (
            State.GIVEN_UP if final or row.attempts >= MAX_DELIVERY_ATTEMPTS else State.WAITING
        )
        wait = timedelta(seconds=again_after) if again_after else _FIRST_RETRY_DELAY * 4 ** (row.attempts - 1)
        row.not_before = now + min(wait, timedelta(hours=6))
        row.save(update_fields=["state", "attempts", "error", "not_before"])
    AlertChannel.objects.filter(pk=channel.pk).update(last_error=error[:300])
    log.warning("alert_not_delivered", channel=channel.name, attempts=rows[0].attempts, state=state)
    if state == State.GIVEN_UP:
        record_observation("delivery_failing", channel.name, failing=True, what=f"Given up: {error}"[:500])
    return state
