"""Delivery of the outbox by e-mail and webhook, with retries and receipts.

Messages are claimed, sent and marked as :mod:`accounts.outbox` describes; one that is sent again has the same
Message-ID.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from accounts.outbox import DeliveryRefusedError, claim_rows, compute_wait
from modelops.alerting.alerts import record_observation
from modelops.alerting.notifiers import NOTIFIERS, Notification
from modelops.models import AlertChannel, AlertMessage

State = AlertMessage.State
MAX_DELIVERY_ATTEMPTS = 6
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


def _claim_messages(now: datetime) -> list[AlertMessage]:
    due = AlertMessage.objects.filter(state=State.WAITING, not_before__lte=now).select_related("channel")
    return claim_rows(due.order_by("channel_id", "group", "id"), now, _BATCH_SIZE)


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
        row.not_before = now + compute_wait(row.attempts, again_after)
        row.save(update_fields=["state", "attempts", "error", "not_before"])
    AlertChannel.objects.filter(pk=channel.pk).update(last_error=error[:300])
    log.warning("alert_not_delivered", channel=channel.name, attempts=rows[0].attempts, state=state)
    if state == State.GIVEN_UP:
        record_observation("delivery_failing", channel.name, failing=True, what=f"Given up: {error}"[:500])
    return state
