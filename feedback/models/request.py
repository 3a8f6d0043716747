"""Requests of users that a reviewer looks at one of their predictions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from matching.models import Prediction


class ReviewRequest(models.Model):
    """A user asks that a reviewer looks at a prediction; one request of a prediction is open at a time."""

    class Priority(models.TextChoices):
        """How urgent the requester says it is."""

        NORMAL = "normal", gettext_lazy("Normal")
        URGENT = "urgent", gettext_lazy("Urgent")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="review_requests")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    reason = EncryptedTextField(blank=True, default="", help_text="May quote names, so it is encrypted.")
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When the requester needs the decision.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was withdrawn, or another request followed its decision."
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "review_requests"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["prediction"], condition=Q(closed_at=None), name="review_requests_one_open"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(closed_at=F("withdrawn_at")),
                name="review_requests_withdrawn_are_closed",
            ),
        )

    def __str__(self) -> str:
        return str(self.prediction)
