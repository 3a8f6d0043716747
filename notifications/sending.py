"""Send the e-mails that are due: claimed, tried again with growing waits, given up after some attempts.

A row is claimed by postponing it (``accounts.outbox``), sent outside of any transaction, then marked: one
e-mail for a notification. Only where a worker is killed between the two is it sent again, with its
``Message-ID``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

import structlog
from django.conf import settings

from accounts.outbox import claim_rows, compute_wait
from notifications.letters import build_letter
from notifications.models import Delivery, Notification, NotificationQuerySet

MOST_LETTERS = 100
"""E-mails of one run; the schedule goes on with the rest."""

_MOST_IN_SUMMARY = 200

log = structlog.get_logger(__name__)


def send_due_mail(now: datetime) -> int:
    """Send what is due and return how many e-mails the server took; without a mail server none is tried.

    A server that cannot be reached ends the run; one that refuses a single e-mail does not.
    """
    if not settings.EMAIL_HOST:
        return 0
    sent = 0
    for _ in range(MOST_LETTERS):
        rows = claim_letter(now)
        if not rows:
            break
        try:
            sent += _send(rows, now)
        except (OSError, SMTPException) as error:
            _postpone(rows, now, error)
            if not isinstance(error, SMTPRecipientsRefused | SMTPDataError):
                break
    return sent


def claim_letter(now: datetime) -> list[Notification]:
    """Return the rows of the next e-mail, claimed: one, or all that a user is told in the summary."""
    due = Notification.objects.due(now)
    claimed = claim_rows(due.select_related("user"), now, 1)
    if claimed and claimed[0].delivery == Delivery.DAILY:
        others = due.filter(user_id=claimed[0].user_id, delivery=Delivery.DAILY).select_related("user")
        claimed += claim_rows(others, now, _MOST_IN_SUMMARY)
    return claimed


def _send(rows: Sequence[Notification], now: datetime) -> bool:
    """Send one e-mail and mark its rows; who may no longer sign in gets none."""
    is_wanted = rows[0].user.is_active
    if is_wanted:
        build_letter(rows).send()
    ended = {"emailed_at": now} if is_wanted else {"given_up_at": now}
    _select(rows).update(**ended)
    return is_wanted


def _postpone(rows: Sequence[Notification], now: datetime, error: Exception) -> None:
    """Count the failure; wait longer each time, and give up after ``NOTIFICATION_MAX_ATTEMPTS``."""
    log.warning("notification_not_sent", error=type(error).__name__, rows=len(rows))
    for row in rows:
        attempts = row.attempts + 1
        is_over = attempts >= settings.NOTIFICATION_MAX_ATTEMPTS
        changes = {"given_up_at": now} if is_over else {"not_before": now + compute_wait(attempts)}
        _select([row]).update(attempts=attempts, **changes)


def _select(rows: Sequence[Notification]) -> NotificationQuerySet:
    return Notification.objects.filter(pk__in=[row.pk for row in rows])
