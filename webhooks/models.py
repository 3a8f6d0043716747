"""Endpoints of customers, the events they are told, and every attempt to deliver one. No row holds a name."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7


class EventType(models.TextChoices):
    """What a customer can be told, by the id that the payload carries."""

    PREDICTION_DECIDED = "prediction.decided", _("Reviewers decided one of your comparisons")
    REVIEW_NEEDS_DOCUMENT = "review.needs_document", _("A reviewer waits for a document from you")
    JOB_FINISHED = "job.finished", _("One of your bulk jobs is done")
    JOB_FAILED = "job.failed", _("One of your bulk jobs failed")
    MODEL_PROMOTED = "model.promoted", _("Another model version answers from now on")


TEST_EVENT = "webhook.test"
"""The type of the event that the test button sends; nobody subscribes to it."""


class EndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Queries of endpoints."""

    def current(self) -> EndpointQuerySet:
        """Select the endpoints that were not removed."""
        return self.filter(removed_at=None)

    def of_user(self, user_id: UUID) -> EndpointQuerySet:
        """Select the endpoints of one user that were not removed."""
        return self.current().filter(user_id=user_id)

    def reachable(self) -> EndpointQuerySet:
        """Select the endpoints that get messages: switched on, of users who may sign in."""
        return self.current().filter(switched_off_at=None, user__is_active=True)


class WebhookEndpoint(models.Model):
    """An address of a customer's program, what it is told, and the secrets that sign it.

    Address and secrets are encrypted; ``host`` is what lists show. A removed endpoint keeps its row, without
    address and secrets, until its last delivery is deleted.
    """

    class SwitchedOffBy(models.TextChoices):
        """Who or what switched an endpoint off."""

        OWNER = "owner", _("Switched off by its owner")
        ADMINISTRATOR = "administrator", _("Switched off by an administrator")
        FAILURES = "failures", _("Switched off after failing for days")
        RECEIVER = "receiver", _("Switched off because the receiver answered 410")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="webhook_endpoints"
    )
    description = models.CharField(max_length=100, blank=True, help_text="What it is for, in words.")
    address = EncryptedTextField(help_text="The https address that messages are posted to.")
    host = models.CharField(max_length=255, help_text="The host of the address.")
    event_types = ArrayField(models.CharField(max_length=30, choices=EventType.choices))
    secret = EncryptedTextField(help_text="Signs every message.")
    previous_secret = EncryptedTextField(
        blank=True, default="", help_text="Signs beside it until the overlap of a rotation ends."
    )
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now, help_text="No attempt before, after a failure.")
    failures = models.PositiveIntegerField(default=0, help_text="Failed attempts in a row.")
    failing_since = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField("last delivered at", null=True, blank=True)
    switched_off_at = models.DateTimeField(null=True, blank=True)
    switched_off_by = models.CharField(max_length=13, choices=SwitchedOffBy.choices, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        db_table = "webhook_endpoints"
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=["user", "-id"], condition=Q(removed_at=None), name="webhook_endpoints_of_user"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(event_types__contained_by=list(EventType.values)) & Q(event_types__len__gt=0),
                name="webhook_endpoints_known_event_types",
            ),
            models.CheckConstraint(
                condition=Q(switched_off_at=None, switched_off_by="")
                | Q(switched_off_at__isnull=False) & ~Q(switched_off_by=""),
                name="webhook_endpoints_off_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None) | Q(failures__gt=0, failing_since__isnull=False),
                name="webhook_endpoints_failing_since",
            ),
        )
        permissions = (
            ("use_webhooks", "Can have webhooks of their own"),
            ("switch_off_endpoint", "Can switch off the webhooks of others"),
        )

    def __str__(self) -> str:
        return self.host  # the admin shows it

    @property
    def title(self) -> str:
        """What its owner calls it, which may name a case: for the owner's eyes alone."""
        return self.description or self.host

    def list_signing_secrets(self, now: datetime) -> list[str]:
        """Return the secrets that sign at a time: the current one, and the old one until its overlap ends."""
        until = self.previous_secret_until
        is_overlapping = bool(until and now < until and self.previous_secret)
        return [self.secret, *([self.previous_secret] if is_overlapping else [])]


class WebhookEvent(models.Model):
    """Something that happened to what a customer asked; written in the transaction that made it happen."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=160, unique=True, help_text="At most one event exists for it.")
    event_type = models.CharField(max_length=30)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Whom it is about; empty: every subscriber.",
    )
    data = models.JSONField(help_text="Ids, verdicts, counts and dates; never a name.")
    occurred_at = models.DateTimeField(default=timezone.now)
    visible_at = models.DateTimeField(default=timezone.now, help_text="Nobody is told before.")

    class Meta:
        db_table = "webhook_events"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.event_type}, {format_moment(self.occurred_at)}"


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Queries of deliveries."""

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Select what is to be sent at a time, the longest due first."""
        reachable = Q(
            endpoint__switched_off_at=None,
            endpoint__removed_at=None,
            endpoint__not_before__lte=now,
            endpoint__user__is_active=True,
        )
        waiting = self.filter(reachable, state=WebhookDelivery.State.WAITING, not_before__lte=now)
        return waiting.order_by("not_before", "id")

    def visible(self, now: datetime) -> DeliveryQuerySet:
        """Select the deliveries whose event the customer may know of."""
        return self.filter(event__visible_at__lte=now)


class WebhookDelivery(models.Model):
    """One event to one endpoint, with how far its delivery is."""

    class State(models.TextChoices):
        """State of delivery."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        GIVEN_UP = "given_up", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts since the event, or since it was last asked to be sent again."
    )
    not_before = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was delivered or given up.")
    status_code = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Status of the last answer; empty when none came."
    )
    error = models.CharField(max_length=200, blank=True, help_text="Why the last attempt failed.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "webhook deliveries"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["endpoint", "-id"], name="webhook_deliveries_of_endpoint"),
            models.Index(
                fields=["not_before"], condition=Q(state="waiting"), name="webhook_deliveries_waiting"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_deliveries_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None)
                | Q(state__in=["delivered", "given_up"], ended_at__isnull=False),
                name="webhook_deliveries_ended_at",
            ),
        )

    def __str__(self) -> str:
        return gettext("{event_id} to {endpoint_id}").format(
            event_id=self.event_id, endpoint_id=self.endpoint_id
        )


class WebhookAttempt(models.Model):
    """One request to an endpoint and its outcome; what the receiver wrote is not kept."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempt_log")
    at = models.DateTimeField(default=timezone.now)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: no answer came.")
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(help_text="How long it took.")

    class Meta:
        db_table = "webhook_attempts"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.status_code or self.error}, {format_moment(self.at)}"
