"""Messages of webhooks: verify before you believe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from legal_names_client.errors import LegalNamesError


class ForgedMessageError(LegalNamesError):
    """A message whose signature does not fit, or whose time is more than five minutes away."""


@dataclass(frozen=True)
class WebhookMessage:
    """A verified message.

    Keep ``id`` and skip the ones you have seen. ``data`` holds ids and verdicts, never names.
    """

    id: str
    type: str
    timestamp: datetime
    data: Mapping[str, Any]


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes | str) -> WebhookMessage:
    """Return a message that the holder of the secret signed, from its bytes as they came.

    Raises ForgedMessageError otherwise. ``headers`` are those of the request, in any case.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        payload = Webhook(secret).verify(body, lower)
        at = datetime.fromisoformat(payload["timestamp"])
        return WebhookMessage(lower["webhook-id"], payload["type"], at, payload["data"])
    except (WebhookVerificationError, ValueError, KeyError, TypeError) as error:
        raise ForgedMessageError(str(error) or "The message cannot be read.") from error
