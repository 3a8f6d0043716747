"""Alerts, the channels they are sent to, and the outbox of messages."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.http_address import ReceiverAddressError, parse_permitted_address
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
    """Queries on alerts."""

    def open(self) -> AlertQuerySet:
        """Return episodes that are pending or firing."""
        return self.filter(state__in=[PENDING, FIRING])

    def firing(self) -> AlertQuerySet:
        """Return episodes that people were notified of and that are not resolved."""
        return self.filter(state=FIRING)


class Alert(models.Model):
    """One episode of one rule in one scope; at most one is open. Never holds a compared name."""

    class State(models.TextChoices):
        """State of the episode."""

        PENDING = PENDING, gettext_lazy("Pending")
        FIRING = FIRING, gettext_lazy("Firing")
        RESOLVED = RESOLVED, gettext_lazy("Resolved")
        PASSED = PASSED, gettext_lazy("Resolved before it fired")

    class Severity(models.TextChoices):
        """How urgent it is."""

        WARNING = WARNING, gettext_lazy("Warning")
        CRITICAL = CRITICAL, gettext_lazy("Critical")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.CharField(max_length=40)
    scope = models.CharField(
        max_length=120,
        blank=True,
        help_text="What it concerns, such as a profile; empty for the installation.",
    )
    fingerprint = models.CharField(max_length=16, help_text="Digest of rule and scope.")
    severity = models.CharField(max_length=8, choices=Severity.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=PENDING)
    observation = models.CharField(max_length=500, help_text="The last observation.")
    bad_count = models.PositiveIntegerField(
        "bad observations", default=0, help_text="Bad observations in a row."
    )
    good_count = models.PositiveIntegerField(
        "good observations", default=0, help_text="Good observations in a row."
    )
    since = models.DateTimeField(default=timezone.now)
    observed_at = models.DateTimeField("last observed at", default=timezone.now)
    fired_at = models.DateTimeField(null=True, blank=True)
    notified_at = models.DateTimeField(
        "last notified at", null=True, blank=True, help_text="When messages were last put into the outbox."
    )
    notification_count = models.PositiveIntegerField("notifications", default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=500, blank=True, help_text="Why it was acknowledged, snoozed or resolved."
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
        permissions = (("handle_alert", "Can acknowledge, snooze and resolve alerts"),)

    def __str__(self) -> str:
        return f"{self.title}{f' ({self.scope})' if self.scope else ''}"

    @property
    def title(self) -> str:
        """The title of the rule; its id when this program has no such rule."""
        return gettext(ALERT_RULES[self.rule].title) if self.rule in ALERT_RULES else self.rule

    @property
    def episode_state(self) -> EpisodeState:
        """State and counters, as :func:`modelops.alert_rules.apply_observation` takes them."""
        return EpisodeState(self.state, self.bad_count, self.good_count)

    def is_quiet(self, now: datetime) -> bool:
        """Say whether repeated notifications are off: acknowledged, or snoozed at this time."""
        return self.acknowledged_at is not None or (
            self.snoozed_until is not None and self.snoozed_until > now
        )


class AlertChannel(models.Model):
    """A destination of alerts. The address is encrypted, because the address of a webhook is its password."""

    class Kind(models.TextChoices):
        """How messages are delivered."""

        EMAIL = "email", gettext_lazy("E-mail")
        WEBHOOK = "webhook", gettext_lazy("Webhook (Slack-compatible)")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    address = EncryptedTextField(help_text="An e-mail address, or the https address of a webhook.")
    enabled = models.BooleanField(default=True)
    minimum_severity = models.CharField(
        max_length=8, choices=Alert.Severity.choices, default=Alert.Severity.WARNING
    )
    second_line = models.BooleanField(
        default=False,
        help_text="Receives only alerts that nobody of the first line has acknowledged in time.",
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

    def clean(self) -> None:
        """Refuse an address that does not fit the kind of channel, or a host that no message may reach.

        The addresses of a host name are checked when a message is sent, because they change.
        """
        if not self.address:
            return
        try:
            self._check_address()
        except (ValidationError, ReceiverAddressError) as error:
            raise ValidationError({"address": getattr(error, "messages", str(error))}) from None

    def _check_address(self) -> None:
        if self.kind == self.Kind.EMAIL:
            validate_email(self.address)
            return
        parse_permitted_address(self.address, settings.WEBHOOK_ALLOWED_NETWORKS)

    def accepts_severity(self, severity: str) -> bool:
        """Say whether the channel is enabled for alerts of this severity."""
        return self.enabled and (severity == CRITICAL or self.minimum_severity == WARNING)


class AlertMessage(models.Model):
    """A message of the outbox to one channel: written in its alert's transaction, kept with its receipt."""

    class State(models.TextChoices):
        """State of delivery."""

        WAITING = "waiting", gettext_lazy("Waiting")
        SENT = "sent", gettext_lazy("Accepted by the receiver")
        GIVEN_UP = "given up", gettext_lazy("Given up")

    class Occasion(models.TextChoices):
        """Why the message is sent."""

        FIRING = "firing", gettext_lazy("Firing")
        REPEAT = "repeat", gettext_lazy("Still firing")
        ESCALATED = "escalated", gettext_lazy("Nobody has acknowledged")
        RESOLVED = "resolved", gettext_lazy("Resolved")
        TEST = "test", gettext_lazy("Test")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(
        max_length=120, unique=True, help_text="Idempotency key: at most one message exists for it."
    )
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
        return gettext("{subject} to {channel}").format(subject=self.subject, channel=self.channel)


class Heartbeat(models.Model):
    """The last heartbeat of a background component."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "heartbeats"
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}, {format_moment(self.at)}"
