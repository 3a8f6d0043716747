"""How far the review of a prediction is, as its requester sees it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ReviewStatus(models.TextChoices):
    """How far the review of a prediction is. The first two follow from the verdict and are not stored."""

    NOT_NEEDED = "not_needed", _("No review needed")
    AVAILABLE = "available", _("A reviewer can be asked")
    QUEUED = "queued", _("Waiting for a reviewer")
    IN_REVIEW = "in_review", _("In review")
    NEEDS_DOCUMENT = "needs_document", _("A document is missing")
    DECIDED = "decided", _("Decided")
    WITHDRAWN = "withdrawn", _("Withdrawn")


STORED_STATUSES = tuple(
    status for status in ReviewStatus if status not in (ReviewStatus.NOT_NEEDED, ReviewStatus.AVAILABLE)
)
"""The statuses that a review has a row for."""


def build_status_condition(status: str, now: datetime) -> Q:
    """Return the condition of predictions whose requester sees this status.

    Both users are compared, so that the index of reviews by user finds few rows in a long history.
    """
    if status == ReviewStatus.NOT_NEEDED:
        return Q(requester_review=None) & ~Q(verdict="review")
    if status == ReviewStatus.AVAILABLE:
        return Q(requester_review=None, verdict="review")
    reviewed = Q(requester_review__status=status, requester_review__user=F("user"))
    held = Q(requester_review__status=ReviewStatus.DECIDED, requester_review__released_at__gt=now)
    if status == ReviewStatus.DECIDED:
        return reviewed & Q(requester_review__released_at__lte=now)
    if status == ReviewStatus.IN_REVIEW:
        return Q(requester_review__user=F("user")) & (Q(requester_review__status=status) | held)
    return reviewed
