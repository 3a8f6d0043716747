"""The weekly digest: figures of the last week by e-mail to who subscribes, with a link to unsubscribe."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, gettext

from accounts.audit import trail
from accounts.language.choice import speak_to
from accounts.models import User
from analytics.dashboards.executive import build_executive_page
from analytics.models import DigestSubscription
from analytics.reports.content import Page
from analytics.reports.period import EVERYTHING, ReportPeriod

PERMISSION = "analytics.view_reports"
_SALT = "weekly digest"
_SECTIONS, _RISKS = ("summary", "review"), "risks"
"""Keys of the sections of the dashboard that a letter shows."""

log = structlog.get_logger(__name__)


@transaction.atomic
def subscribe(user: User) -> bool:
    """Send a user every week from now on; return whether that is new."""
    row, is_new = DigestSubscription.objects.get_or_create(user=user)
    if is_new:
        trail.record_event("digest.subscribed", row.user, user)
    return is_new


@transaction.atomic
def unsubscribe(user: User) -> bool:
    """Send a user no week any more; return whether there was a subscription."""
    was_subscribed = bool(DigestSubscription.objects.filter(user=user).delete()[0])
    if was_subscribed:
        trail.record_event("digest.unsubscribed", user, user)
    return was_subscribed


def is_subscribed(user: User) -> bool:
    """Return whether a user gets the digest."""
    return DigestSubscription.objects.filter(user=user).exists()


def get_last_week(today: date) -> ReportPeriod:
    """Return the newest week that is over, from Monday to Sunday."""
    monday = today - timedelta(days=today.weekday() + 7)
    return ReportPeriod(monday, monday + timedelta(days=6))


def send_due_digests(now: datetime) -> int:
    """Send the last week to every subscriber who has not got it; return how many letters left.

    A letter that the mail server does not take is tried again by the next run; the others are sent.
    """
    if not settings.EMAIL_HOST:
        return 0
    week = get_last_week(now.date())
    due = list(DigestSubscription.objects.exclude(sent_until__gte=week.last).values_list("pk", flat=True))
    if not due:
        return 0
    pages = _Pages(week, now)
    return sum(_send_once(key, pages) for key in due)


class _Pages:
    """The dashboard of a week in each language that a subscriber reads."""

    def __init__(self, week: ReportPeriod, now: datetime) -> None:
        self.week, self._now = week, now
        self._built: dict[str | None, Page] = {}

    def get(self) -> Page:
        """Return the page in the language that is spoken now."""
        language = get_language()
        if language not in self._built:
            self._built[language] = build_executive_page(self.week, EVERYTHING, False, self._now)
        return self._built[language]


@transaction.atomic
def _send_once(key: UUID, pages: _Pages) -> bool:
    """Send a week to one subscriber; the lock of the row keeps a second process from sending it too."""
    week = pages.week
    waiting = DigestSubscription.objects.select_for_update(skip_locked=True).exclude(
        sent_until__gte=week.last
    )
    row = waiting.filter(pk=key).first()
    if row is None or not row.user.is_active or not row.user.has_perm(PERMISSION):
        return False
    try:
        with speak_to(row.user):
            build_letter(row.user, week, pages.get()).send()
    except (OSError, SMTPException) as error:
        log.warning("digest_not_sent", error=type(error).__name__)
        return False
    row.sent_until = week.last
    row.save(update_fields=["sent_until"])
    return True


def build_letter(user: User, week: ReportPeriod, page: Page) -> EmailMessage:
    """Return the letter of a week from its dashboard: figures and open risks, no client and no name."""
    link = f"{settings.PUBLIC_URL}{reverse('digest-unsubscribe', args=[build_token(user)])}"
    address = f"{reverse('analytics-executive')}?first={week.first}&last={week.last}"
    (risks,) = next(section.tables for section in page.sections if section.key == _RISKS)
    context = {
        "lead": page.lead,
        "sections": [section for section in page.sections if section.key in _SECTIONS],
        "risks": risks.texts,
        "no_risks": risks.empty,
        "dashboard": f"{settings.PUBLIC_URL}{address}",
        "unsubscribe": link,
    }
    body = render_to_string("analytics/digest.txt", context)
    headers = {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    subject = gettext("Legal Name Comparison: {week}").format(week=week)
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers)


def build_token(user: User) -> str:
    """Return what lets the reader of a letter unsubscribe without signing in; it does nothing else."""
    return signing.dumps(str(user.pk), salt=_SALT)


def find_user(token: str) -> User | None:
    """Return the user of a token; ``None`` if it was not signed here."""
    try:
        return User.objects.filter(pk=signing.loads(token, salt=_SALT)).first()
    except signing.BadSignature:
        return None
