"""The secrets of second factors, encrypted like names and moved to a new key with them."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

from accounts.encryption.fields import EncryptedTextField


class SecondFactorSecret(models.Model):
    """What an authenticator app or recovery codes are computed from.

    The row of allauth's table holds the id of this one in place of the secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    secret = EncryptedTextField()

    class Meta:
        db_table = "second_factor_secrets"

    def __str__(self) -> str:
        return str(self.pk)
