"""Alerts, where they are sent, and the outbox between the two."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from modelops.alert_rules import (
    ALERT_RULES,
    CRITICAL,
    FIRING,
    PASSED,
    PENDING,
    RESOLVED,
    WARNING,
    EpisodeState,
)


class AlertQuerySet(models.QuerySet["Alert"]):
    """Reads of alerts."""

    def open(self) -> AlertQuerySet:
        """Episodes that go on: seen, or told."""
        return self.filter(state__in=[PENDING, FIRING])

    def firing(self) -> AlertQuerySet:
        """Episodes people were told of and that are not over."""
        return self.filter(state=FIRING)


class Alert(models.Model):
    """One episode of one rule in one scope; at most one is open. Never holds a compared name."""

    class State(models.TextChoices):
        """Where the episode stands."""

        PENDING = PENDING, "Seen, not yet for long enough"
        FIRING = FIRING, "Firing"
        RESOLVED = RESOLVED, "Over"
        PASSED = PASSED, "Over before it fired"

    class Severity(models.TextChoices):
        """How bad it is."""

        WARNING = WARNING, "Warning"
        CRITICAL = CRITICAL, "Critical"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.CharField(max_length=40)
    scope = models.CharField(max_length=120, blank=True, help_text="What it is about; empty for the whole.")
    fingerprint = models.CharField(max_length=16, help_text="Digest of rule and scope.")
    severity = models.CharField(max_length=8, choices=Severity.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=PENDING)
    what = models.CharField(max_length=500, help_text="What was seen last.")
    bad = models.PositiveIntegerField(default=0, help_text="Bad observations in a row.")
    good = models.PositiveIntegerField(default=0, help_text="Good observations in a row.")
    since = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    fired_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When it was last put into the outbox.")
    times_told = models.PositiveIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=500, blank=True, help_text="Why it was acknowledged, snoozed or closed."
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "alerts"
        ordering = ("-id",)
        indexes = (models.Index(fields=["state", "-id"], name="alerts_by_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=["rule", "scope"],
                condition=Q(state__in=[PENDING, FIRING]),
                name="alerts_one_open_per_scope",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False) & ~Q(reason=""),
                name="alerts_acknowledged_by_someone_who_says_why",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, state__in=[PENDING, FIRING])
                | Q(resolved_at__isnull=False, state__in=[RESOLVED, PASSED]),
                name="alerts_over_means_resolved_at",
            ),
        )
        permissions = (("handle_alert", "Can acknowledge, snooze and close alerts"),)

    def __str__(self) -> str:
        return f"{self.title}{f' ({self.scope})' if self.scope else ''}"

    @property
    def title(self) -> str:
        """The rule in words, also when this program no longer knows it."""
        return ALERT_RULES[self.rule].title if self.rule in ALERT_RULES else self.rule

    @property
    def episode_state(self) -> EpisodeState:
        """The part that the state machine sees."""
        return EpisodeState(self.state, self.bad, self.good)

    def is_quiet(self, now: datetime) -> bool:
        """Say whether people asked not to be told again for now."""
        return self.acknowledged_at is not None or (
            self.snoozed_until is not None and self.snoozed_until > now
        )


class AlertChannel(models.Model):
    """Where alerts are sent. The address is encrypted: a webhook's address is its password."""

    class Kind(models.TextChoices):
        """How a message travels."""

        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook (Slack-compatible)"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    address = EncryptedTextField(help_text="An e-mail address, or the https address of a webhook.")
    enabled = models.BooleanField(default=True)
    least = models.CharField(
        "least severity", max_length=8, choices=Alert.Severity.choices, default=Alert.Severity.WARNING
    )
    second_line = models.BooleanField(
        default=False, help_text="Is told only what nobody of the first line has acknowledged in time."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        db_table = "alert_channels"
        ordering = ("name",)
        permissions = (("test_alertchannel", "Can send a test message to a channel"),)

    def __str__(self) -> str:
        return self.name

    def accepts_severity(self, severity: str) -> bool:
        """Say whether an alert of this severity is sent here."""
        return self.enabled and (severity == CRITICAL or self.least == WARNING)


class AlertMessage(models.Model):
    """The outbox: one thing to tell one channel, written with what it tells of, kept with its receipt."""

    class State(models.TextChoices):
        """How far the message came."""

        WAITING = "waiting", "Waiting"
        SENT = "sent", "Taken by the receiver"
        GIVEN_UP = "given up", "Given up"

    class Occasion(models.TextChoices):
        """Why it is sent."""

        FIRING = "firing", "Firing"
        REPEAT = "repeat", "Still firing"
        ESCALATED = "escalated", "Nobody has acknowledged"
        RESOLVED = "resolved", "Over"
        TEST = "test", "Test"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True, help_text="Nothing is told twice under one key.")
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="messages")
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    group = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    receipt = models.CharField(max_length=300, blank=True, help_text="What the receiver answered.")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "alert_messages"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["not_before"], condition=Q(state="waiting"), name="alert_messages_waiting"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="alert_messages_sent_at",
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} to {self.channel}"


class Heartbeat(models.Model):
    """When a part of the machinery was last seen at work."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "heartbeats"
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}, {self.at:%Y-%m-%d %H:%M:%S}"
