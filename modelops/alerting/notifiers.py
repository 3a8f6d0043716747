"""Notifiers: e-mail by SMTP with STARTTLS, and HTTPS webhooks in the format of Slack."""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from django.conf import settings

from accounts.outbox import (
    RECEIVER_TIMEOUT_SECONDS,
    DeliveryRefusedError,
    format_answer,
    post_to_receiver,
)


@dataclass(frozen=True)
class Notification:
    """Content of a message to send. ``message_id`` stays the same when it is sent again."""

    message_id: str
    subject: str
    body: str


def send_email(address: str, notification: Notification) -> str:
    """Send a notification through the mail server and return its reply to the message.

    Unless ``EMAIL_USE_TLS`` is off, a connection without encryption or with an invalid certificate is refused
    before anything is sent. Raises :class:`~accounts.outbox.DeliveryRefusedError`, ``SMTPException`` or
    ``OSError``.
    """
    if not settings.EMAIL_HOST:
        raise DeliveryRefusedError("EMAIL_HOST is not set: no mail can leave", again_after=3_600)
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=RECEIVER_TIMEOUT_SECONDS) as server:
        if settings.EMAIL_USE_TLS:
            server.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        return _submit_message(server, address, _build_message(address, notification))


def post_webhook(address: str, notification: Notification) -> str:
    """Post a notification as ``{"text": ...}`` and return status and body of the response.

    Raises :class:`~accounts.outbox.DeliveryRefusedError` for an address that may not be reached and for every
    failure, a redirect included.
    """
    body = json.dumps({"text": f"*{notification.subject}*\n{notification.body}"}).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": notification.message_id}
    return format_answer(post_to_receiver(address, body, headers))


NOTIFIERS: dict[str, Callable[[str, Notification], str]] = {"email": send_email, "webhook": post_webhook}


def _submit_message(server: smtplib.SMTP, address: str, message: EmailMessage) -> str:
    """Send the SMTP commands one by one, because only the reply to DATA is a receipt."""
    server.ehlo_or_helo_if_needed()
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    for code, answer in (server.mail(sender), server.rcpt(address)):
        _check_reply(code, answer)
    code, answer = server.data(message.as_bytes())
    _check_reply(code, answer)
    return f"{code} {answer.decode(errors='replace')}"


def _check_reply(code: int, answer: bytes) -> None:
    """Raise :class:`DeliveryRefusedError` for a refusal: final for 5xx, retryable for 4xx."""
    if code >= 400:
        raise DeliveryRefusedError(f"{code} {answer.decode(errors='replace')}", final=code >= 500)


def _build_message(address: str, notification: Notification) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = settings.DEFAULT_FROM_EMAIL, address
    message["Subject"] = " ".join(notification.subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{notification.message_id}@legal-names>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(notification.body)
    return message
