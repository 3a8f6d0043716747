"""How far the review of a prediction is, and what the reviewers decided.

The apps that review write these rows in the transaction of their own change; the prediction itself, with the
verdict of the model, is never changed. A prediction that no reviewer was asked about has no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.encryption.fields import EncryptedTextField
from accounts.language.sentences import lower
from matching.models.pair_precedent import PairPrecedent
from matching.models.prediction import Prediction
from matching.models.review_status import STORED_STATUSES, ReviewStatus


class ReviewDecision(models.TextChoices):
    """What reviewers decided on a pair."""

    IMMATERIAL = "immaterial", _("Immaterial")
    MATERIAL = "material", _("Material")
    CANNOT_TELL = "cannot_tell", _("Cannot tell")


class DecisionMaker(models.TextChoices):
    """Whether reviewers looked at this prediction, or decided the same pair before."""

    REVIEWERS = "reviewers", _("Reviewers")
    PRECEDENT = "precedent", _("Precedent")


UNDECIDED_COLUMNS: Mapping[str, Any] = {
    "decision": "",
    "decided_by": "",
    "decided_at": None,
    "released_at": None,
    "people": 0,
    "reviewers": (),
}
"""The columns of a review without a decision; a constraint of the table demands them."""


class PredictionReview(models.Model):
    """The review of one prediction as its requester sees it.

    A decision is shown to the requester from ``released_at`` on, when it can no longer be undone.
    """

    prediction = models.OneToOneField(
        Prediction, on_delete=models.CASCADE, primary_key=True, related_name="requester_review"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The user of the prediction, for lists.",
    )
    status = models.CharField(max_length=14, choices=ReviewStatus.choices, default=ReviewStatus.QUEUED)
    requested_at = models.DateTimeField(
        null=True, blank=True, help_text="When the user asked a reviewer; empty after a withdrawal."
    )
    missing_document = EncryptedTextField(  # type: ignore[misc]  # null only in rows of an earlier version
        null=True, blank=True, help_text="The document that a reviewer asked for."
    )
    decision = models.CharField(max_length=11, choices=ReviewDecision.choices, blank=True)
    decided_by = models.CharField(max_length=9, choices=DecisionMaker.choices, blank=True)
    precedent = models.ForeignKey(
        PairPrecedent,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="answers",
        help_text="The precedent that answers, or that did before it was revoked.",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True, help_text="From then on the requester sees it.")
    guideline_version = models.CharField(max_length=20, blank=True)
    clause = models.CharField(max_length=140, blank=True, help_text="Number and title of the cited clause.")
    reason = EncryptedTextField(  # type: ignore[misc]  # as above
        null=True, blank=True, help_text="What the reviewers wrote for the requester."
    )
    people = models.PositiveSmallIntegerField(default=0, help_text="How many reviewers decided.")
    reviewers = ArrayField(models.UUIDField(), default=list, help_text=_("The users who decided."))
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "prediction_reviews"
        ordering = ("-prediction_id",)
        indexes = (models.Index(fields=["user", "status", "-prediction"], name="prediction_reviews_of_user"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(decided_by="precedent") | Q(precedent__isnull=False),
                name="prediction_reviews_name_their_precedent",
            ),
            models.CheckConstraint(
                condition=Q(status__in=STORED_STATUSES), name="prediction_reviews_status_is_stored"
            ),
            models.CheckConstraint(
                condition=Q(
                    status="decided",
                    decided_by__in=DecisionMaker.values,
                    decision__in=ReviewDecision.values,
                    decided_at__isnull=False,
                    released_at__isnull=False,
                    released_at__gte=F("decided_at"),
                    people__gt=0,
                )
                | ~Q(status="decided")
                & Q(decision="", decided_by="", decided_at=None, released_at=None, people=0),
                name="prediction_reviews_decided_in_full",
            ),
        )

    def __str__(self) -> str:
        return gettext("review of a prediction: {status}").format(status=lower(self.get_status_display()))

    def get_visible_status(self, now: datetime) -> ReviewStatus:
        """Return the status that the requester sees; a decision that can still be undone is in review."""
        if self.status == ReviewStatus.DECIDED and self.released_at is not None and self.released_at > now:
            return ReviewStatus.IN_REVIEW
        return ReviewStatus(self.status)
