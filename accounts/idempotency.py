"""The same request twice does the same thing once.

The row of a key is inserted in the transaction of the work itself: whoever sends the key again meanwhile
waits for that transaction and then gets its answer; when the work fails, the key is free again. So no state
is ever half done, also after a crash. Answers may quote names, so they are kept encrypted, in PostgreSQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import person_of
from accounts.crypto import Purpose, digest
from accounts.models import KeptAnswer, User
from accounts.problems import ConflictError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")

V = TypeVar("V")
Handler = Callable[[V, Request], Response]


def idempotent(handler: Handler[V]) -> Handler[V]:
    """Let a handler do the work of one ``Idempotency-Key`` once; without the header nothing changes.

    The same key with the same body gets the first answer again; with another body it is a conflict. Only
    success is kept.
    """

    @wraps(handler)
    def once(view: V, request: Request) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request)
        row = _row(person_of(request), request, _checked(key))
        with transaction.atomic():
            if KeptAnswer.objects.claim(row):
                return _kept(row, handler(view, request))
            return _again(KeptAnswer.objects.get(pk=row.pk), row.body_digest)

    return once


def forget_expired() -> int:
    """Delete the answers that are no longer repeated; return how many."""
    deleted, _ = KeptAnswer.objects.expired().delete()
    return deleted


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: ["1 to 200 visible ASCII characters, such as a UUID."]})
    return key


def _row(user: User, request: Request, key: str) -> KeptAnswer:
    """Return the row of the key; key and body as digests, because either may hold a name.

    An upload is written as the digest of its content.
    """
    place = digest(Purpose.PAIR, "idempotency key", str(user.pk), request.path, key)
    said = json.dumps(request.data, sort_keys=True, default=str)
    body = digest(Purpose.PAIR, "idempotent body", said, place)
    return KeptAnswer(place=place, user=user, body_digest=body)


def _kept(row: KeptAnswer, response: Response) -> Response:
    row.status = response.status_code
    row.answer = json.dumps(response.data, ensure_ascii=False)
    row.save(force_update=True, update_fields=["status", "answer"])
    return response


def _again(row: KeptAnswer, body_digest: str) -> Response:
    if row.body_digest != body_digest:
        raise ConflictError("This Idempotency-Key was used with another body.", "idempotency_key_reused")
    said: Any = json.loads(row.answer)
    return Response(said, status=row.status, headers={REPLAYED: "true"})
