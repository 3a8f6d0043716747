"""The audit trail and its hash chain."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.users import User


class AuditEvent(models.Model):
    """One recorded action: who did what to which object.

    Written in the transaction of the change; database triggers refuse every later update or deletion.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=60, db_index=True)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "audit_events"
        ordering = ("-id",)
        indexes = (models.Index(fields=["object_type", "object_id"], name="audit_events_object"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.object_type} {self.object_id}"


class AuditSeal(models.Model):
    """One link of the hash chain over the audit events, added seconds after the event."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "audit_seals"
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.seq}: {self.hash[:12]}"
