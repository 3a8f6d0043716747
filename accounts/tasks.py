"""Periodic work on the audit trail and on what is kept for a day."""

from __future__ import annotations

from celery import shared_task

from accounts import audit
from accounts.idempotency import forget_expired


@shared_task(acks_late=True)  # sealing twice seals nothing twice
def seal_audit_trail() -> int:
    """Chain the events written since the last time."""
    return audit.seal()


@shared_task(acks_late=True)  # what is gone cannot go twice
def forget_kept_answers() -> int:
    """Delete the answers whose keys have expired."""
    return forget_expired()
