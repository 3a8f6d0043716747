"""The audit trail: events written with the change, sealed into a hash chain later, verified on demand.

Sealing is a separate step, because a chain lock inside every transaction would serialise all writes of the
system. The chain makes the trail tamper-evident; that its end was cut shows only by comparison with an anchor
stored elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from structlog.contextvars import get_contextvars

from accounts.models import AuditEvent, AuditSeal, User

GENESIS_HASH = "0" * 64
"""The predecessor hash of the first seal."""

_SEAL_LOCK_ID = 0x6C6E63_01
"""Id of the advisory lock that admits one sealer at a time."""


@dataclass(frozen=True)
class ChainReport:
    """Outcome of a verification: intact seals, the head, events without a seal, and the first fault."""

    sealed_count: int
    head_hash: str
    unsealed_count: int
    fault: str | None

    @property
    def is_intact(self) -> bool:
        """Whether no fault was found."""
        return self.fault is None


def record_event(action: str, target: models.Model, actor: User | None, **detail: Any) -> AuditEvent:
    """Write one event in the transaction of the caller.

    ``detail`` must be JSON and must never hold a compared name. Raises ``TransactionManagementError`` outside
    a transaction, because the event must be rolled back with its change.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record an audit event inside the change's transaction")
    return AuditEvent.objects.create(
        actor=actor,
        action=action,
        object_type=target._meta.label_lower,
        object_id=str(target.pk),
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


def compute_link_hash(previous: str, seq: int, event: AuditEvent) -> str:
    """Return the SHA-256 that links an event to the chain before it.

    :mod:`analytics.evidence_verifier`, which imports nothing of the project, has a copy.
    """
    body = {"seq": seq, "prev": previous, **build_event_body(event)}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


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
            seals.append(AuditSeal(seq=seq, event=event, prev_hash=previous, hash=digest))
            previous = digest
        AuditSeal.objects.bulk_create(seals, batch_size=1_000)
        return len(seals)


def verify_chain() -> ChainReport:
    """Verify the whole chain and report the first faulty seal, if any."""
    seq, previous, fault = 0, GENESIS_HASH, None
    for seal_row in _iterate_seals():
        fault = _find_fault(seal_row, seq + 1, previous)
        if fault:
            break
        seq, previous = seal_row.seq, seal_row.hash
    unsealed = AuditEvent.objects.filter(seal=None).count()
    return ChainReport(sealed_count=seq, head_hash=previous, unsealed_count=unsealed, fault=fault)


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEAL_LOCK_ID])
        return bool(cursor.fetchone()[0])


def _iterate_seals() -> Iterator[AuditSeal]:
    return AuditSeal.objects.select_related("event").order_by("seq").iterator(chunk_size=2_000)


def _find_fault(row: AuditSeal, expected: int, previous: str) -> str | None:
    """Return the fault of one seal, or ``None``."""
    if row.seq != expected:
        return f"seal {expected} is missing (found {row.seq})"
    if row.prev_hash != previous:
        return f"seal {row.seq} does not follow seal {expected - 1}"
    if row.hash != compute_link_hash(previous, row.seq, row.event):
        return f"event {row.event_id} (seal {row.seq}) was altered after it was sealed"
    return None
