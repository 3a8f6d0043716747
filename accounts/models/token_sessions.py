"""Sessions of API clients: one row per sign-in, which its refresh tokens share."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.models.users import User


class TokenSessionQuerySet(models.QuerySet["TokenSession"]):
    """Queries of token sessions."""

    def open(self, at: datetime) -> TokenSessionQuerySet:
        """Select the sessions that were not ended and have not run out."""
        return self.filter(ended_at=None, expires_at__gt=at)


class TokenSession(models.Model):
    """The refresh tokens that descend from one sign-in; only the newest of them is good, and only once.

    Holds ids, never a token: a reader of this table can take over no session.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="token_sessions")
    newest_token = models.CharField(max_length=64, help_text="Id (jti) of the refresh token that is good.")
    address = models.GenericIPAddressField(null=True)
    started_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TokenSessionQuerySet.as_manager()

    class Meta:
        db_table = "token_sessions"
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return gettext("{user_id} since {moment}").format(
            user_id=self.user_id, moment=format_moment(self.started_at)
        )
