"""Secrets and signatures as Standard Webhooks define them. Pure: no Django, no database."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

_SECRET_PREFIX = "whsec_"  # noqa: S105 - marks a secret, is none
_SECRET_BYTES = 32


def generate_secret() -> str:
    """Return a new secret: ``whsec_`` and 32 random bytes in base64."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def build_headers(message_id: str, at: datetime, body: str, signing_secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of a message; with several secrets, one signature of each, separated by spaces.

    ``at`` is the time of the attempt: receivers refuse messages whose time is more than minutes away.
    """
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in signing_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
