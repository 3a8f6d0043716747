"""Tasks of notifications: send the e-mails that are due, and tell owners of keys and quotas that end."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from notifications.key_expiry import warn_owners
from notifications.quota_use import warn_of_used_quotas
from notifications.sending import send_due_mail


@shared_task(acks_late=True)  # what was sent is not due again
def send_mail() -> int:
    """Send the e-mails that are due; return how many the server took."""
    return send_due_mail(timezone.now())


@shared_task(acks_late=True)  # an owner is told once for each number of days
def warn_of_expiring_keys() -> int:
    """Tell owners of the API keys that expire soon; return the number of these keys."""
    return warn_owners(timezone.now())


@shared_task(acks_late=True)  # an owner is told once for each level
def warn_of_quotas() -> int:
    """Tell owners of the monthly quotas that are used to 80 % or up; return the number of these quotas."""
    return warn_of_used_quotas(timezone.now())
