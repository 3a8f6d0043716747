"""Periodic tasks: sealing, anchoring and forwarding the audit trail, erasure, retention and expiry."""

from __future__ import annotations

from smtplib import SMTPException

from celery import shared_task
from django.utils import timezone

from accounts.api.idempotency import delete_expired
from accounts.audit import anchor, forwarding
from accounts.audit import trail as audit
from accounts.models import User
from accounts.privacy.erasure import list_unfinished, run_erasure
from accounts.privacy.retention import apply_rules
from accounts.sign_in.mail import send_now
from accounts.usage.storing import store_usage


@shared_task(acks_late=True)  # sealed events are not sealed again
def seal_audit_trail() -> int:
    """Seal the events without a seal; return their number."""
    return audit.seal_events()


@shared_task(acks_late=True)  # idempotent: deletes by age
def delete_expired_responses() -> int:
    """Delete the stored responses whose idempotency keys have expired; return their number."""
    return delete_expired()


@shared_task(autoretry_for=(OSError, SMTPException), retry_backoff=5, max_retries=5)
def send_account_mail(user_id: str, template: str, facts: dict[str, str]) -> None:
    """Send a mail about an account to its owner."""
    send_now(User.objects.get(pk=user_id), template, facts)


@shared_task(acks_late=True)  # counts that are stored again stay the same
def store_api_usage() -> int:
    """Store the counters of API usage; return the number of counted senders."""
    return store_usage(timezone.now())


@shared_task(acks_late=True)  # blank rows are not selected again
def finish_erasures() -> int:
    """Run every unfinished erasure; return their number."""
    return len([run_erasure(erasure) for erasure in list_unfinished()])


@shared_task(acks_late=True)  # idempotent: deletes by age
def apply_retention() -> dict[str, int]:
    """Remove the data older than its rule allows; return the rows removed by kind."""
    return {outcome.kind.key: outcome.rows for outcome in apply_rules(timezone.now()) if outcome.rows}


@shared_task(acks_late=True)  # a target that has the checkpoint gets it no second time
def anchor_audit_trail() -> int:
    """Publish the checkpoint of everything sealed; return its number of seals."""
    checkpoint = anchor.publish_anchor()
    return checkpoint.size if checkpoint else 0


@shared_task(acks_late=True)  # the receiver's place moves only after it has accepted
def forward_audit_trail() -> int:
    """Send the events that the receiver outside does not have; return how many it accepted."""
    return forwarding.forward_events()
