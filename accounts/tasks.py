"""Periodic tasks: sealing and anchoring the audit trail, erasure, retention and expiry."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.api.idempotency import delete_expired
from accounts.audit import anchor
from accounts.audit import trail as audit
from accounts.privacy.erasure import list_unfinished, run_erasure
from accounts.privacy.retention import apply_rules


@shared_task(acks_late=True)  # sealed events are not sealed again
def seal_audit_trail() -> int:
    """Seal the events without a seal; return their number."""
    return audit.seal_events()


@shared_task(acks_late=True)  # idempotent: deletes by age
def delete_expired_responses() -> int:
    """Delete the stored responses whose idempotency keys have expired; return their number."""
    return delete_expired()


@shared_task(acks_late=True)  # blank rows are not selected again
def finish_erasures() -> int:
    """Run every unfinished erasure; return their number."""
    return len([run_erasure(erasure) for erasure in list_unfinished()])


@shared_task(acks_late=True)  # idempotent: deletes by age
def apply_retention() -> dict[str, int]:
    """Remove the data older than its rule allows; return the rows removed by kind."""
    return {outcome.kind.key: outcome.rows for outcome in apply_rules(timezone.now()) if outcome.rows}


@shared_task  # not retried: a second anchor of a day is harmless, and the next one covers a missed one
def anchor_audit_trail() -> int:
    """Publish the head of the chain; return its seal number."""
    return int(anchor.publish_anchor()["seq"])
