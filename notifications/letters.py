"""The e-mails: one notification, or a summary of many, with a link and an end to such e-mails.

No e-mail names a party: what happened is said with verdict, counts and dates, and the page behind the link
shows the rest to who may see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.language.choice import speak_to
from accounts.models import User
from notifications.kinds import describe
from notifications.models import Delivery, Kind, Notification
from notifications.preferences import list_summary_kinds, stop_mail

_SALT = "notification e-mails"
_SUMMARY = "summary"


class Subscription(NamedTuple):
    """Whose e-mails of what: of one kind, or (``None``) the daily summary."""

    user: User
    kind: Kind | None


def build_letter(rows: Sequence[Notification]) -> EmailMessage:
    """Return the e-mail of notifications of one user: one that is told at once, or a daily summary.

    The same rows get the same ``Message-ID``, so that a mail program recognises what was sent twice.
    """
    with speak_to(rows[0].user):
        return _write_letter(rows)


def _write_letter(rows: Sequence[Notification]) -> EmailMessage:
    first = rows[0]
    kind = None if first.delivery == Delivery.DAILY else Kind(first.kind)
    end = f"{settings.PUBLIC_URL}{reverse('notifications-unsubscribe', args=[build_token(first.user, kind)])}"
    context = {
        "entries": [(describe(row), _build_link(row)) for row in rows],
        "kind": str(kind.label) if kind else "",
        "preferences": f"{settings.PUBLIC_URL}{reverse('notifications-page')}#preferences",
        "unsubscribe": end,
    }
    headers = {
        "List-Unsubscribe": f"<{end}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Message-ID": f"<{first.pk}@legal-names>",
        "Auto-Submitted": "auto-generated",
    }
    body = render_to_string("notifications/letter.txt", context)
    subject = f"Legal Name Comparison: {_build_subject(rows, kind)}"
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [first.user.email], headers=headers)


def build_token(user: User, kind: Kind | None) -> str:
    """Return what ends these e-mails without signing in; it does nothing else and does not expire."""
    return signing.dumps([str(user.pk), kind.value if kind else _SUMMARY], salt=_SALT)


def find_subscription(token: str) -> Subscription | None:
    """Return whose e-mails of what a token ends; ``None`` if it was not signed here."""
    try:
        key, name = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key).first()
    return Subscription(user, None if name == _SUMMARY else Kind(name)) if user else None


def end_subscription(subscription: Subscription) -> None:
    """Send no such e-mail any more; what it told is told on the page."""
    user, kind = subscription
    stop_mail(user, [kind] if kind else list_summary_kinds(user))


def _build_link(row: Notification) -> str:
    return f"{settings.PUBLIC_URL}{reverse('notification-open', args=[row.pk])}"


def _build_subject(rows: Sequence[Notification], kind: Kind | None) -> str:
    if kind is not None:
        return str(kind.label)
    return ngettext("1 notification today", "{number} notifications today", len(rows)).format(
        number=len(rows)
    )
