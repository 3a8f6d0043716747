"""Idempotent requests: repeating a request with the same ``Idempotency-Key`` runs it once.

The row of a key is inserted in the transaction of the request itself. A concurrent request with the same key
waits for that transaction and gets its response; if the request fails, the key is free again. So no state is
left half done, also after a crash. Responses may quote names, so they are stored encrypted in PostgreSQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import transaction
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.problems import UnprocessableError
from accounts.auth.authentication import require_user
from accounts.encryption.crypto import DigestPurpose, compute_digest
from accounts.models import IdempotentResponse, User

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
_KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,200}")

V = TypeVar("V")
P = ParamSpec("P")
ViewMethod = Callable[Concatenate[V, Request, P], Response]


def idempotent(handler: ViewMethod[V, P]) -> ViewMethod[V, P]:
    """Run a handler once for each ``Idempotency-Key``; without the header, run it as usual.

    The same key with the same body gets the stored response; with another body it is refused (422, as
    draft-ietf-httpapi-idempotency-key-header-07 has it). Only successful responses are stored.
    """

    @wraps(handler)
    def run_once(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(KEY_HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        row = _build_record(require_user(request), request, _validate_key(key))
        with transaction.atomic():
            if IdempotentResponse.objects.claim(row):
                return _store_response(row, handler(view, request, *args, **kwargs))
            return _replay_response(IdempotentResponse.objects.get(pk=row.pk), row.body_digest)

    return run_once


def delete_expired() -> int:
    """Delete the responses that are no longer replayed; return their number."""
    deleted, _ = IdempotentResponse.objects.expired().delete()
    return deleted


def _validate_key(key: str) -> str:
    if not _KEY_PATTERN.fullmatch(key):
        raise ValidationError({KEY_HEADER: ["1 to 200 visible ASCII characters, such as a UUID."]})
    return key


def _build_record(user: User, request: Request, key: str) -> IdempotentResponse:
    """Return the unsaved row of a key; key and body are digests, because either may hold a name.

    An uploaded file is represented by the digest of its content.
    """
    place = compute_digest(DigestPurpose.PAIR, "idempotency key", str(user.pk), request.path, key)
    body = json.dumps(request.data, sort_keys=True, default=str)
    body_digest = compute_digest(DigestPurpose.PAIR, "idempotent body", body, place)
    return IdempotentResponse(place=place, user=user, body_digest=body_digest)


def _store_response(row: IdempotentResponse, response: Response) -> Response:
    row.status = response.status_code
    row.answer = json.dumps(response.data, ensure_ascii=False)
    row.save(force_update=True, update_fields=["status", "answer"])
    return response


def _replay_response(row: IdempotentResponse, body_digest: str) -> Response:
    if row.body_digest != body_digest:
        raise UnprocessableError(
            gettext("This Idempotency-Key was used with another body; send a new key with a new request."),
            "idempotency_key_reused",
        )
    data: Any = json.loads(row.answer)
    return Response(data, status=row.status, headers={REPLAYED_HEADER: "true"})
