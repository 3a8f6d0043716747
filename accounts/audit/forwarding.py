"""The audit trail sent to a receiver outside (a SIEM): every sealed event at least once, in order.

The sealed trail itself is the outbox: the receiver's place in it moves only after the receiver has accepted,
so nothing is lost while the receiver is away, and appending an event costs nothing more.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audit.syslog import SYSLOG_SCHEMES, send_messages
from accounts.audit.trail import build_event_body
from accounts.encryption.crypto import sha256
from accounts.http_post import post_to_operator
from accounts.models import AuditForwarding, AuditSeal

_BATCH_SIZE = 500
_CLAIM_DURATION = timedelta(minutes=2)

log = structlog.get_logger(__name__)


def forward_events(limit: int = 10_000) -> int:
    """Send up to ``limit`` sealed events that the receiver does not have; return how many it accepted.

    Returns 0 without a receiver, while another process sends, and when the receiver does not accept.
    """
    sent = 0
    while settings.AUDIT_FORWARD_URL and sent < limit:
        count = _send_batch(settings.AUDIT_FORWARD_URL)
        sent += count
        if count < _BATCH_SIZE:
            break
    return sent


def find_oldest_unsent() -> datetime | None:
    """Return when the first seal that the receiver does not have was made; ``None`` when it has all."""
    if not settings.AUDIT_FORWARD_URL:
        return None
    place = AuditForwarding.objects.filter(pk=_compute_receiver_id(settings.AUDIT_FORWARD_URL)).first()
    oldest = _select_unsent(place.last_seq if place else 0).first()
    return oldest.sealed_at if oldest else None


def _send_batch(address: str) -> int:
    """Send the next events outside of any transaction; only acceptance moves the place of the receiver."""
    place = _claim_place(address)
    if place is None:
        return 0
    batch = list(_select_unsent(place.last_seq)[:_BATCH_SIZE])
    place.claimed_until = None
    try:
        if batch:
            _deliver(address, batch)
            place.last_seq, place.sent_at, place.error = batch[-1].seq, timezone.now(), ""
    except OSError as error:
        log.warning("audit_forwarding_failed", error=str(error))
        place.error, batch = str(error)[:300], []
    place.save()
    return len(batch)


def _claim_place(address: str) -> AuditForwarding | None:
    """Return the place of the receiver, claimed for a while, or ``None`` while another process sends.

    When the sender is killed, another one takes over after the claim and sends the batch again: a duplicate,
    which the receiver knows by its number, is better than a gap.
    """
    now, receiver = timezone.now(), _compute_receiver_id(address)
    AuditForwarding.objects.get_or_create(receiver=receiver)
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lt=now)
    claimed = AuditForwarding.objects.filter(unclaimed, receiver=receiver).update(
        claimed_until=now + _CLAIM_DURATION
    )
    return AuditForwarding.objects.get(receiver=receiver) if claimed else None


def _select_unsent(after: int) -> QuerySet[AuditSeal]:
    return AuditSeal.objects.filter(seq__gt=after).select_related("event").order_by("seq")


def _deliver(address: str, seals: list[AuditSeal]) -> None:
    """Hand a batch to the receiver. Raises ``OSError`` unless it has accepted all of it."""
    records = [
        {"seq": seal.seq, "hash": seal.hash, "prev": seal.prev_hash, "event": build_event_body(seal.event)}
        for seal in seals
    ]
    if urlsplit(address).scheme in SYSLOG_SCHEMES:
        texts = zip(seals, map(json.dumps, records), strict=True)
        send_messages(address, [(seal.event.at, seal.event.action, text) for seal, text in texts])
        return
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{seals[0].seq}-{seals[-1].seq}"}
    if settings.AUDIT_FORWARD_TOKEN:
        headers["Authorization"] = f"Bearer {settings.AUDIT_FORWARD_TOKEN}"
    post_to_operator(address, json.dumps(records).encode(), headers)


def _compute_receiver_id(address: str) -> str:
    return sha256(address.encode())
