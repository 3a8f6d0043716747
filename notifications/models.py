"""What people are told, and how each of them wants to be told it. No row holds a name of a party."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.dates import format_moment
from accounts.ids import uuid7


class Kind(models.TextChoices):
    """What a notification tells."""

    DECISION_MADE = "decision_made", _("Reviewers decided one of your comparisons")
    DOCUMENT_ASKED = "document_asked", _("A reviewer waits for a document from you")
    QUESTION_ASKED = "question_asked", _("A reviewer asked you a question")
    ANSWER_ARRIVED = "answer_arrived", _("What you asked a requester for arrived")
    JOB_FINISHED = "job_finished", _("One of your bulk jobs is done")
    JOB_FAILED = "job_failed", _("One of your bulk jobs failed")
    APPROVAL_WAITS = "approval_waits", _("Something waits for your approval")
    ADJUDICATION_WAITS = "adjudication_waits", _("An adjudication waits for a lead")
    ITEM_ASSIGNED = "item_assigned", _("Review items were assigned to you")
    ITEM_DUE_SOON = "item_due_soon", _("A review item of yours is due soon")
    ITEM_OVERDUE = "item_overdue", _("A review item of yours is overdue")
    KEY_EXPIRES = "key_expires", _("One of your API keys expires soon")
    QUOTA_USED = "quota_used", _("Most or all of a monthly quota is used")


class Delivery(models.TextChoices):
    """How somebody is told."""

    OFF = "off", _("Not at all")
    APP = "app", _("Here only")
    AT_ONCE = "at_once", _("Here, and by e-mail at once")
    DAILY = "daily", _("Here, and in a daily summary by e-mail")


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Queries of notifications."""

    def of_user(self, user_id: UUID, now: datetime) -> NotificationQuerySet:
        """Select what a user may know of at a time."""
        return self.filter(user_id=user_id, visible_at__lte=now)

    def unread(self) -> NotificationQuerySet:
        """Select what was not read."""
        return self.filter(read_at=None)

    def without_mail(self) -> NotificationQuerySet:
        """Select what waits for an e-mail."""
        by_mail = self.exclude(delivery=Delivery.APP)
        return by_mail.filter(emailed_at=None, given_up_at=None)

    def due(self, now: datetime) -> NotificationQuerySet:
        """Select whose e-mail is due at a time, the longest due first."""
        return self.without_mail().filter(not_before__lte=now).order_by("not_before", "id")


class Notification(models.Model):
    """One thing that one user is told; written in the transaction that made it happen."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=160, help_text="A user is told it once.")
    data = models.JSONField(help_text="Ids, verdicts, counts and dates; never a name.")
    created_at = models.DateTimeField(default=timezone.now)
    visible_at = models.DateTimeField(default=timezone.now, help_text="Nobody is told before.")
    read_at = models.DateTimeField(null=True, blank=True)
    delivery = models.CharField(
        max_length=7,
        choices=Delivery.choices,
        help_text="As the user wanted it when it was written, or since the preference was changed.",
    )
    not_before = models.DateTimeField(default=timezone.now, help_text="No e-mail before.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="E-mails that the server did not take.")
    emailed_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True, help_text="When the last attempt failed.")

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        ordering = ("-id",)
        permissions = (("receive_notifications", "Can be told what concerns them"),)
        indexes = (
            models.Index(fields=["user", "-id"], name="notifications_of_user"),
            models.Index(
                fields=["user", "visible_at"], condition=Q(read_at=None), name="notifications_unread"
            ),
            models.Index(
                fields=["not_before", "id"],
                condition=Q(delivery__in=["at_once", "daily"], emailed_at=None, given_up_at=None),
                name="notifications_without_mail",
            ),
            models.Index(fields=["visible_at"], name="notifications_by_age"),
        )
        constraints = (
            models.UniqueConstraint(fields=["user", "key"], name="notifications_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="notifications_known_kind"),
            models.CheckConstraint(
                condition=Q(delivery__in=["app", "at_once", "daily"]), name="notifications_known_delivery"
            ),
            models.CheckConstraint(
                condition=Q(emailed_at=None) | Q(given_up_at=None), name="notifications_mailed_or_given_up"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {format_moment(self.visible_at)}"


class Preference(models.Model):
    """How a user wants to be told one kind of thing; without a row the default of the role counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notification_preferences",
        db_index=False,
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    delivery = models.CharField(max_length=7, choices=Delivery.choices)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "notification_preferences"
        verbose_name = "notification preference"
        constraints = (
            models.UniqueConstraint(fields=["user", "kind"], name="notification_preferences_once"),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="notification_preferences_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(delivery__in=Delivery.values), name="notification_preferences_known_delivery"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_delivery_display()}"
