"""API keys of client applications, and the progress of field key rotations."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models.users import User


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Queries of API keys."""

    def usable(self, at: datetime) -> ApiKeyQuerySet:
        """Select the keys that are neither revoked nor expired and whose owner is active."""
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """The credential of a client application.

    Only a public prefix and a peppered digest are stored; the key itself is shown once.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="What uses this key, in words.")
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(default=list, blank=True, help_text="compare, read, feedback")
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="replacement",
        help_text="The key before its rotation.",
    )
    monthly_pairs = models.PositiveBigIntegerField(
        "pairs a month",
        null=True,
        blank=True,
        editable=False,
        help_text="The most that may be sent in a calendar month; empty for no bound.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"
        ordering = ("-created_at",)
        permissions = (("use_api_keys", "Can have API keys of their own"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        """Whether the key is neither revoked nor expired now; the state of its owner is not checked."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class ApiKeyAddress(models.Model):
    """A network address that an API key has been used from; IPv6 by its /64."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="addresses", db_index=False)
    address = models.GenericIPAddressField()
    first_used_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now, help_text="To the day.")

    class Meta:
        db_table = "api_key_addresses"
        constraints = (
            models.UniqueConstraint(fields=["key", "address"], name="api_key_addresses_once_per_key"),
        )

    def __str__(self) -> str:
        return self.address


class KeyRotation(models.Model):
    """How far the re-encryption of one table with one key has come; an interrupted rotation resumes here."""

    id = models.BigAutoField(primary_key=True)
    key_id = models.CharField(max_length=12, help_text="Id of the key that everything is re-encrypted with.")
    table = models.CharField(max_length=63)
    last_pk = models.CharField(max_length=64, blank=True, help_text="Rows up to here are done.")
    rows_seen = models.PositiveBigIntegerField(default=0)
    rows_rewritten = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "key_rotations"
        constraints = (
            models.UniqueConstraint(fields=["key_id", "table"], name="key_rotations_one_per_table"),
        )

    def __str__(self) -> str:
        return gettext("{table} to {key_id}: {rows_seen} rows seen, {rows_rewritten} rewritten").format(
            table=self.table, key_id=self.key_id, rows_seen=self.rows_seen, rows_rewritten=self.rows_rewritten
        )
