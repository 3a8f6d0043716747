"""What every outbox shares: the claim of rows that are due, the wait after a failure, and the request itself.

A row is claimed by postponing its next attempt, sent outside of any transaction, then marked. When a worker
is killed between sending and marking, the claim runs out and the row is sent again: a duplicate is better
than a message lost. Whoever receives it tells duplicates by the id, which stays the same.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.http_address import ReceiverAddressError
from accounts.http_post import HttpAnswer, describe_failure, post

RECEIVER_TIMEOUT_SECONDS = 10.0
"""Seconds to wait for a receiver: in all for a webhook, for each reply of a mail server."""

CLAIM_DURATION = timedelta(minutes=2)
"""How long a row is left to the worker that claimed it; longer than an attempt can take."""

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=6)
_MAX_QUOTED_BYTES = 200
"""Bytes of an answer that a receipt or a refusal quotes."""

M = TypeVar("M", bound=Model)


class DeliveryRefusedError(Exception):
    """The receiver refused a message.

    ``is_final`` rules out another attempt; ``retry_after_seconds`` is the delay the receiver asked for;
    ``status`` is that of its answer, ``None`` when none came.
    """

    def __init__(
        self, message: str, final: bool = False, again_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.is_final = final
        self.retry_after_seconds = again_after
        self.status = status


@transaction.atomic
def claim_rows(due: QuerySet[M], now: datetime, limit: int) -> list[M]:
    """Return up to ``limit`` rows of an outbox, claimed for :data:`CLAIM_DURATION`.

    ``due`` is ordered and selects by a column ``not_before``; rows that another worker holds are left out.
    """
    rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    claimed = due.model._default_manager.filter(pk__in=[row.pk for row in rows])
    claimed.update(not_before=now + CLAIM_DURATION)
    return rows


def compute_wait(failures: int, again_after: float | None = None) -> timedelta:
    """Return the wait after the n-th failure in a row: 30 seconds, then four times as long, at most 6 hours.

    ``again_after`` are the seconds that the receiver asked for; they count instead, within the same bound.
    """
    if again_after:
        return min(timedelta(seconds=min(again_after, 1e6)), _LONGEST_WAIT)
    factor: int = 4 ** min(max(failures - 1, 0), 10)
    return min(_FIRST_WAIT * factor, _LONGEST_WAIT)


def post_to_receiver(address: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
    """Post to a receiver that a user entered and return its answer, which accepts the message (2xx).

    Raises :class:`DeliveryRefusedError` for an address that may not be reached and for every failure; a
    redirect is one, because its target is not the address that was entered.
    """
    allowed = settings.WEBHOOK_ALLOWED_NETWORKS
    try:
        answer = post(address, body, headers, allowed, RECEIVER_TIMEOUT_SECONDS)
    except ReceiverAddressError as error:
        raise DeliveryRefusedError(str(error), final=True) from None
    except OSError as error:
        raise DeliveryRefusedError(f"the webhook cannot be reached: {describe_failure(error)}") from None
    except http.client.HTTPException as error:
        raise DeliveryRefusedError(f"the webhook answered no HTTP: {type(error).__name__}") from None
    if not 200 <= answer.status < 300:
        raise _build_refusal(answer)
    return answer


def format_answer(answer: HttpAnswer) -> str:
    """Return the status and the beginning of the text of an answer."""
    return f"{answer.status} {answer.body[:_MAX_QUOTED_BYTES].decode(errors='replace')}".strip()


def _build_refusal(answer: HttpAnswer) -> DeliveryRefusedError:
    again = float(answer.retry_after) if answer.retry_after.isdigit() else None
    final = 300 <= answer.status < 500 and answer.status not in (408, 425, 429)
    return DeliveryRefusedError(format_answer(answer), final, again, answer.status)
