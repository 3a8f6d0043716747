"""Tasks that send webhooks: one for each endpoint, so that a slow receiver delays no other."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from webhooks.sending import deliver_due_messages, give_up_unreachable, list_due_endpoints


@shared_task(acks_late=True)  # what is delivered is not due again
def deliver_to_endpoint(endpoint_id: str) -> int:
    """Send what is due to one endpoint; return how many messages it accepted."""
    return deliver_due_messages(UUID(endpoint_id))


@shared_task(acks_late=True)  # sends nothing itself
def send_due_messages() -> int:
    """Have each endpoint with something due served by a task of its own; return their number."""
    now = timezone.now()
    give_up_unreachable(now)
    endpoints = list_due_endpoints(now)
    for endpoint_id in endpoints:
        deliver_to_endpoint.delay(str(endpoint_id))
    return len(endpoints)
