"""Mail about accounts, sent by a worker: the page answers as fast for unknown addresses as for known ones.

A task holds the id of a user, never an address or a link: links are made when the mail is sent.
"""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from celery import current_app
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.language.choice import speak_to
from accounts.models import User

_WITH_LINK = frozenset({"password_reset", "invitation"})
"""Templates whose mail lets the reader set a password."""


def is_configured() -> bool:
    """Return whether there is a mail server."""
    return bool(settings.EMAIL_HOST)


def send_later(user: User, template: str, **facts: str) -> None:
    """Have a worker send a mail once the transaction is over; without a mail server nothing happens."""
    if is_configured():
        arguments = [str(user.pk), template, facts]
        transaction.on_commit(
            lambda: current_app.send_task("accounts.tasks.send_account_mail", arguments, retry=False),
            robust=True,
        )


def send_now(user: User, template: str, facts: dict[str, str]) -> None:
    """Send a mail; the first line of the template is its subject.

    Raises ``OSError`` and ``SMTPException``.
    """
    with speak_to(user):
        subject, body = _write(user, template, facts)
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])


def _write(user: User, template: str, facts: dict[str, str]) -> tuple[str, str]:
    context = {**facts, "user": user, "site": settings.PUBLIC_URL}
    if template in _WITH_LINK:
        context["link"] = build_password_link(user)
        context["hours"] = settings.PASSWORD_RESET_TIMEOUT // 3600
    subject, _, body = render_to_string(f"accounts/mail/{template}.txt", context).strip().partition("\n")
    return subject, body.strip() + "\n"


def build_password_link(user: User) -> str:
    """Return a link with which a user sets a password once, within ``PASSWORD_RESET_TIMEOUT``."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return f"{settings.PUBLIC_URL}{reverse('account_reset_password_from_key', kwargs=key)}"
