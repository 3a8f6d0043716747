"""The audit trail and its hash chain."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
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
        return f"{format_moment(self.at)}: {self.action} {self.object_type} {self.object_id}"


class AuditSeal(models.Model):
    """One link of the hash chain over the audit events, added seconds after the event."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="seal")
    prev_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    mac = models.CharField(max_length=64, blank=True, default="", help_text="HMAC-SHA-256 of the hash.")
    key_id = models.CharField(max_length=12, blank=True, default="", help_text="Id of the key of the HMAC.")
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "audit_seals"
        ordering = ("seq",)

    def __str__(self) -> str:
        return f"{self.seq}: {self.hash[:12]}"


class AuditCheckpoint(models.Model):
    """The root of the Merkle tree (RFC 6962) over the first ``size`` seals, as a signed note (C2SP)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=64)
    head = models.CharField(max_length=64, help_text="Hash of the last seal in the tree.")
    frontier = models.JSONField(help_text="Roots of the complete subtrees, largest first, for the next one.")
    note = models.TextField(help_text="The checkpoint as it is published.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "audit_checkpoints"
        ordering = ("-size",)

    def __str__(self) -> str:
        return f"{self.size}: {self.root[:12]}"


class AuditAnchor(models.Model):
    """Proof that a checkpoint was published to one target outside of this database."""

    class Target(models.TextChoices):
        """Where checkpoints are published."""

        FILE = "file", gettext_lazy("File")
        EMAIL = "email", gettext_lazy("E-mail")
        OBJECT_STORE = "object store", gettext_lazy("Object store")
        TIME_STAMP = "time stamp", gettext_lazy("Time-stamp authority (RFC 3161)")

    id = models.BigAutoField(primary_key=True)
    checkpoint = models.ForeignKey(AuditCheckpoint, on_delete=models.PROTECT, related_name="anchors")
    target = models.CharField(max_length=12, choices=Target.choices)
    at = models.DateTimeField(default=timezone.now)
    receipt = models.CharField(max_length=300, blank=True, help_text="What the target answered.")
    token = models.BinaryField(default=b"", help_text="Time-stamp response in DER; empty for other targets.")

    class Meta:
        db_table = "audit_anchors"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["target", "checkpoint"], name="audit_anchors_once_per_target"),
        )

    def __str__(self) -> str:
        return gettext("{checkpoint_id} to {target}").format(
            checkpoint_id=self.checkpoint_id, target=self.target
        )


class AuditForwarding(models.Model):
    """How far the audit trail was sent to one receiver outside (a SIEM)."""

    receiver = models.CharField(max_length=64, primary_key=True, help_text="Digest of the address.")
    last_seq = models.BigIntegerField(default=0, help_text="Number of the last seal that was accepted.")
    sent_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "audit_forwardings"

    def __str__(self) -> str:
        return gettext("sent up to seal {last_seq}").format(last_seq=self.last_seq)
