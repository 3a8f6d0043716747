"""The audit trail: events written with the change and sealed into a hash chain later.

Sealing is a separate step, because a chain lock inside every transaction would serialise all writes of the
system. Each seal has a HMAC under a key outside of the database. The chain makes the trail tamper-evident;
that its end was cut shows only by comparison with an anchor stored elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection, models, transaction
from structlog.contextvars import get_contextvars

from accounts.audit.keys import compute_seal_mac
from accounts.models import AuditEvent, AuditSeal, User

GENESIS_HASH = "0" * 64
"""The predecessor hash of the first seal."""

_SEAL_LOCK_ID = 0x6C6E63_01
"""Id of the advisory lock that admits one sealer at a time."""


def record_event(
    action: str, target: models.Model | type[models.Model], actor: User | None, **detail: Any
) -> AuditEvent:
    """Write one event in the transaction of the caller.

    ``target`` is the row that the action was about, or a table when it was about none of its rows. ``detail``
    must be JSON and must never hold a compared name. Raises ``TransactionManagementError`` outside a
    transaction, because the event must be rolled back with its change.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record an audit event inside the change's transaction")
    return AuditEvent.objects.create(
        actor=actor,
        action=action,
        object_type=target._meta.label_lower,
        object_id="" if isinstance(target, type) else str(target.pk),
        detail=detail,
        request_id=str(get_contextvars().get("request_id", "")),
    )


def build_event_body(event: AuditEvent) -> dict[str, Any]:
    """Return the content of an event that its hash covers, as evidence packs hold it."""
    return {
        "id": event.pk,
        "at": event.at.isoformat(),
        "actor": str(event.actor_id) if event.actor_id else None,
        "action": event.action,
        "object": [event.object_type, event.object_id],
        "detail": event.detail,
        "request": event.request_id,
    }


def build_entry(previous: str, seq: int, event: AuditEvent) -> bytes:
    """Return the canonical JSON of an event in its place of the chain: what its seal's hash covers."""
    body = {"seq": seq, "prev": previous, **build_event_body(event)}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def compute_link_hash(previous: str, seq: int, event: AuditEvent) -> str:
    """Return the SHA-256 that links an event to the chain before it.

    :mod:`analytics.evidence_verifier`, which imports nothing of the project, has a copy.
    """
    return hashlib.sha256(build_entry(previous, seq, event)).hexdigest()


def seal_events(limit: int = 10_000) -> int:
    """Seal up to ``limit`` committed events that have no seal; return their number.

    Only one sealer works at a time; a second one returns 0 immediately.
    """
    with transaction.atomic():
        if not _try_lock():
            return 0
        tail = AuditSeal.objects.order_by("-seq").first()
        seq, previous = (tail.seq, tail.hash) if tail else (0, GENESIS_HASH)
        seals = []
        for event in AuditEvent.objects.filter(seal=None).order_by("id")[:limit]:
            seq += 1
            digest = compute_link_hash(previous, seq, event)
            key_id, mac = compute_seal_mac(digest)
            seals.append(
                AuditSeal(seq=seq, event=event, prev_hash=previous, hash=digest, key_id=key_id, mac=mac)
            )
            previous = digest
        AuditSeal.objects.bulk_create(seals, batch_size=1_000)
        return len(seals)


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEAL_LOCK_ID])
        return bool(cursor.fetchone()[0])
