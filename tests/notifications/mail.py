"""A mail server for notifications, and what tests read of its letters."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from notifications.models import Kind, Notification
from notifications.notices import Notice, notify
from tests.receivers import Mailbox, mail_server

SITE = "https://names.example"
JOB = {"job": "0190b6a0-0000-7000-8000-000000000001", "rows_total": 12, "rows_failed": 2}


@contextmanager
def run_trusted_mail_server(settings: Settings, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that this process trusts, in the settings."""
    with mail_server(folder) as (port, box):
        patch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", port, True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "notices", "letmein"
        settings.PUBLIC_URL = SITE
        yield box


def open_letter(letter: str) -> EmailMessage:
    """A letter as a mail program reads it."""
    message = message_from_string(letter, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(letter: str) -> str:
    """The body of a letter."""
    body = open_letter(letter).get_body()
    assert body is not None
    text: str = body.get_content()
    return text


def end_of(letter: str) -> str:
    """The path that ends such letters, from the header of RFC 2369."""
    link = re.sub(r"\s", "", str(open_letter(letter)["List-Unsubscribe"])).strip("<>")
    assert link in text_of(letter)
    return link.removeprefix(SITE)


def tell(user: User, kind: Kind = Kind.JOB_FAILED, key: str = "1") -> Notification | None:
    """Let something happen that a user is told; returns what was stored."""
    with transaction.atomic():
        notify([user.pk], Notice(kind, key, JOB))
    return Notification.objects.filter(user=user, key=f"{kind}:{key}").first()


def list_told_kinds(user: User) -> list[str]:
    """Kinds of what a user may know of now, oldest first."""
    rows = Notification.objects.of_user(user.pk, timezone.now()).order_by("id")
    return list(rows.values_list("kind", flat=True))
