"""Stored responses of requests that carry an ``Idempotency-Key``."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.models.users import User

IDEMPOTENCY_TTL = timedelta(hours=24)
"""How long a stored response is replayed for its key."""

_CLAIM_SQL = """
INSERT INTO kept_answers AS kept (place, user_id, body_digest, created_at, status, answer)
VALUES (%(place)s, %(user)s, %(body)s, %(now)s, 0, '')
ON CONFLICT (place) DO UPDATE
SET body_digest = excluded.body_digest, created_at = excluded.created_at, status = 0, answer = ''
WHERE kept.created_at < %(expired)s
"""


class IdempotentResponseQuerySet(models.QuerySet["IdempotentResponse"]):
    """Queries of stored responses, and the one statement that claims a key."""

    def expired(self) -> IdempotentResponseQuerySet:
        """Select the responses that are no longer replayed."""
        return self.filter(created_at__lt=timezone.now() - IDEMPOTENCY_TTL)

    def claim(self, row: IdempotentResponse) -> bool:
        """Insert the row; return whether its key was free or expired.

        Waits for a concurrent transaction that has claimed the same key; if it rolls back, the key is free.
        """
        now = row.created_at
        values: dict[str, str | UUID | datetime] = {
            "place": row.place,
            "user": row.user_id,
            "body": row.body_digest,
            "now": now,
            "expired": now - IDEMPOTENCY_TTL,
        }
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM_SQL, values)
            return bool(cursor.rowcount)


class IdempotentResponse(models.Model):
    """The stored response of one key. It may quote names, so it is encrypted."""

    place = models.CharField(max_length=64, primary_key=True, help_text="Digest of user, URL path and key.")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    body_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    status = models.PositiveSmallIntegerField(
        default=0, help_text="HTTP status of the response; 0 while the request is processed."
    )
    answer = EncryptedTextField(default="")

    objects = IdempotentResponseQuerySet.as_manager()

    class Meta:
        db_table = "kept_answers"

    def __str__(self) -> str:
        return gettext("{status} of {moment}").format(
            status=self.status, moment=format_moment(self.created_at)
        )
