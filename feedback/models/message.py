"""Messages between the requester of a review and the reviewers of the item."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.dates import format_moment
from accounts.encryption.fields import EncryptedTextField
from accounts.ids import uuid7
from accounts.language.sentences import lower
from feedback.models.queue import ReviewItem
from matching.models import Prediction

MAX_MESSAGE_LENGTH = 2_000
"""Characters of one message."""


class ReviewMessage(models.Model):
    """One message about the review of a prediction; a setting says whether requesters read who reviews."""

    class Side(models.TextChoices):
        """Who wrote it."""

        REQUESTER = "requester", gettext_lazy("The requester")
        REVIEWER = "reviewer", gettext_lazy("A reviewer")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="review_messages")
    item = models.ForeignKey(
        ReviewItem,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        help_text="The item that the reviewer held.",
    )
    side = models.CharField(max_length=9, choices=Side.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    text = EncryptedTextField(help_text="May quote names, so it is encrypted.")
    is_held = models.BooleanField(
        default=False,
        help_text="Reviewers read it after their decision: unasked, or about the answer.",
    )

    class Meta:
        db_table = "review_messages"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(side="reviewer", item__isnull=False, is_held=False)
                | Q(side="requester", item=None),
                name="review_messages_of_two_sides",
            ),
        )

    def __str__(self) -> str:
        return f"{lower(self.get_side_display())}, {format_moment(self.sent_at)}"

    @property
    def author_for_requester(self) -> str:
        """The author as the requester reads it; a reviewer has a name only where a setting says so."""
        if self.side == self.Side.REQUESTER:
            return gettext("You")
        return self.author.get_full_name() if settings.REVIEWERS_NAMED_TO_CLIENTS else gettext("A reviewer")
