"""Periodic work on the audit trail, on what must go, and on what is kept for a while only."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.api.idempotency import delete_expired
from accounts.audit import anchor
from accounts.audit import trail as audit
from accounts.privacy.erasure import list_unfinished, run_erasure
from accounts.privacy.retention import apply_rules


@shared_task(acks_late=True)  # sealing twice seals nothing twice
def seal_audit_trail() -> int:
    """Chain the events written since the last time."""
    return audit.seal_events()


@shared_task(acks_late=True)  # what is gone cannot go twice
def delete_expired_responses() -> int:
    """Delete the answers whose keys have expired."""
    return delete_expired()


@shared_task(acks_late=True)  # what is blank is not looked for again
def finish_erasures() -> int:
    """Do every erasure that was asked for and is not done; return how many that were."""
    return len([run_erasure(erasure) for erasure in list_unfinished()])


@shared_task(acks_late=True)  # what is gone cannot go twice
def apply_retention() -> dict[str, int]:
    """Remove what is older than its rule allows."""
    return {outcome.kind.key: outcome.rows for outcome in apply_rules(timezone.now()) if outcome.rows}


@shared_task  # a second anchor of the day does no harm, and a missed one is told by the next
def anchor_audit_trail() -> int:
    """Publish the head of the chain; return its number."""
    return int(anchor.publish_anchor()["seq"])
