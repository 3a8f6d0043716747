"""Delivery of the outbox by e-mail and webhook, with retries and receipts.

A message is claimed by postponing its next attempt, sent outside of any transaction, then marked. When a
worker is killed between sending and marking, the message is sent again under the same Message-ID: a duplicate
is better than a lost alert.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

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
"""Transport errors; another attempt may succeed."""


@dataclass(frozen=True)
class DeliveryCounts:
    """Numbers of messages sent, postponed and given up in one round of delivery."""

    sent: int = 0
    postponed: int = 0
    given_up: int = 0


def deliver_messages(now: datetime | None = None) -> DeliveryCounts:
    """Send what is due in the outbox, grouped by channel and rule group; return the counts.

    A channel that fails is left alone until the next round, so it delays the others by one timeout only.
    """
    moment = now or timezone.now()
    outcomes: list[str] = []
    failed: set[UUID] = set()
    for (channel, _), group in groupby(_claim_messages(moment), key=lambda row: (row.channel_id, row.group)):
        rows = list(group)
        outcome = State.WAITING if channel in failed else _send_group(rows, moment)
        outcomes += [outcome] * len(rows)
        failed |= {channel} if outcome == State.WAITING else set()
    return DeliveryCounts(
        outcomes.count(State.SENT), outcomes.count(State.WAITING), outcomes.count(State.GIVEN_UP)
    )


@transaction.atomic
def _claim_messages(now: datetime) -> list[AlertMessage]:
    """Return due messages, claimed for :data:`_CLAIM_DURATION`."""
    due = AlertMessage.objects.filter(state=State.WAITING, not_before__lte=now)
    free = due.order_by("channel_id", "group", "id").select_for_update(skip_locked=True, of=("self",))
    rows = list(free.select_related("channel")[:_BATCH_SIZE])
    AlertMessage.objects.filter(pk__in=[row.pk for row in rows]).update(not_before=now + _CLAIM_DURATION)
    return rows


def _send_group(rows: Sequence[AlertMessage], now: datetime) -> str:
    """Send one notification for the messages of a group; return their new state."""
    channel = rows[0].channel
    try:
        receipt = NOTIFIERS[channel.kind](channel.address, _build_notification(rows))
    except DeliveryRefusedError as refusal:
        return _mark_failed(
            rows, channel, str(refusal), now, refusal.retry_after_seconds, final=refusal.is_final
        )
    except _RETRYABLE_ERRORS as error:
        return _mark_failed(rows, channel, f"{type(error).__name__}: {error}", now)
    except Exception as error:
        # Whatever is wrong with one channel never stops the others. The text may hold the channel's address.
        log.exception("alert_channel_broken", channel=channel.name)
        return _mark_failed(rows, channel, f"{type(error).__name__}, see the log", now)
    return _mark_sent(rows, channel, receipt, now)


def _build_notification(rows: Sequence[AlertMessage]) -> Notification:
    """Join the messages of a group; the first gives the notification its id."""
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
    """Postpone the messages with exponential backoff; give up after the last attempt and raise an alert."""
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
