"""The review of a prediction as the API, the pages and the exports show it to its requester."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from accounts.models import User
from matching.models import (
    DecisionMaker,
    Prediction,
    PredictionReview,
    ReplacedGuideline,
    ReviewDecision,
    ReviewStatus,
    VerdictChoice,
)

STATUS_HELP = (
    "`not_needed`: the verdict decides. `available`: a reviewer can be asked. `queued`: it waits for one. "
    "`in_review`: one has opened it. `needs_document`: see `missing_document`. `decided`: see `verdict`."
    " `withdrawn`: the request was withdrawn, or the names were erased."
)
_MEMO_ADDRESS = "/api/v1/predictions/{}/memo"

REVIEW_COLUMNS = (
    "review_status",
    "review_verdict",
    "review_decided_by",
    "review_decided_at",
    "review_guideline",
    "review_clause",
    "review_reason",
    "review_people",
)
"""Columns of exports and job results that hold the review."""


class PredictionReviewSerializer(serializers.Serializer[Any]):
    """The review of a prediction; the model's own verdict stays what it was."""

    status = serializers.ChoiceField(choices=ReviewStatus.values, help_text=STATUS_HELP)
    requested_at = serializers.DateTimeField(
        allow_null=True, help_text="When you asked a reviewer; null when a sample or nobody did."
    )
    missing_document = serializers.CharField(allow_null=True, help_text="The document a reviewer asks for.")
    verdict = serializers.ChoiceField(
        choices=ReviewDecision.values, allow_null=True, help_text="What the reviewers decided."
    )
    decided_by = serializers.ChoiceField(
        choices=DecisionMaker.values,
        allow_null=True,
        help_text="`precedent`: the same pair was decided before, under the same profile and clauses.",
    )
    decided_at = serializers.DateTimeField(allow_null=True)
    guideline = serializers.CharField(allow_null=True, help_text="Version of the guideline.")
    guideline_replaced_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When another version took its place; where one prediction is read, null while none did.",
    )
    clause = serializers.CharField(allow_null=True, help_text="Number and title of the cited clause.")
    reason = serializers.CharField(allow_null=True, help_text="What the reviewers say about the decision.")
    people = serializers.IntegerField(allow_null=True, help_text="How many reviewers decided.")
    reviewers = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Their names, where the installation shows them and one prediction is read.",
    )
    memo = serializers.CharField(allow_null=True, help_text="Address of the memo of the decision.")


def serialize_review(prediction: Prediction, now: datetime | None = None) -> dict[str, Any]:
    """Return the review of a prediction; ``with_review`` must have joined it."""
    review = prediction.current_review
    status = _get_status(prediction, review, now or timezone.now())
    is_decided = review is not None and status == ReviewStatus.DECIDED
    needs_document = review is not None and status == ReviewStatus.NEEDS_DOCUMENT
    return {
        "status": status.value,
        "requested_at": review.requested_at.isoformat() if review and review.requested_at else None,
        "missing_document": (review.missing_document or "") if review and needs_document else None,
        **(_serialize_decision(review) if review and is_decided else _UNDECIDED),
    }


def serialize_named_review(prediction: Prediction) -> dict[str, Any]:
    """Return the review of a prediction, with the names of its reviewers where they are shown."""
    review = serialize_review(prediction)
    return {
        **review,
        "guideline_replaced_at": _find_replacement_time(review["guideline"]),
        "reviewers": _list_reviewers(prediction),
    }


def _find_replacement_time(version: str | None) -> str | None:
    at = ReplacedGuideline.objects.find_replacement_time(version) if version else None
    return at.isoformat() if at else None


def _list_reviewers(prediction: Prediction) -> list[str] | None:
    """Return the names of those who decided; ``None`` where the installation does not show them."""
    review = prediction.current_review
    if not settings.REVIEWERS_NAMED_TO_CLIENTS or review is None:
        return None
    if review.get_visible_status(timezone.now()) != ReviewStatus.DECIDED:
        return None
    return [user.get_full_name() for user in User.objects.filter(pk__in=review.reviewers).order_by("name")]


def build_review_record(prediction: Prediction) -> dict[str, Any]:
    """Return the review of a prediction by the columns of an export."""
    review = serialize_review(prediction)
    return {name: review[name.removeprefix("review_")] for name in REVIEW_COLUMNS}


_UNDECIDED: Mapping[str, None] = dict.fromkeys(
    (
        "verdict",
        "decided_by",
        "decided_at",
        "guideline",
        "guideline_replaced_at",
        "clause",
        "reason",
        "people",
        "reviewers",
        "memo",
    )
)


NO_REVIEW: Mapping[str, None] = {"status": None, "requested_at": None, "missing_document": None, **_UNDECIDED}
"""The fields of a review of which only the status is known."""


def _get_status(prediction: Prediction, review: PredictionReview | None, now: datetime) -> ReviewStatus:
    if review is not None:
        return review.get_visible_status(now)
    needs_review = prediction.verdict == VerdictChoice.REVIEW
    return ReviewStatus.AVAILABLE if needs_review else ReviewStatus.NOT_NEEDED


def _serialize_decision(review: PredictionReview) -> dict[str, Any]:
    return {
        "verdict": review.decision,
        "decided_by": review.decided_by,
        "decided_at": review.decided_at.isoformat() if review.decided_at else None,
        "guideline": review.guideline_version or None,
        "guideline_replaced_at": None,
        "clause": review.clause or None,
        "reason": review.reason or None,
        "people": review.people,
        "reviewers": None,
        "memo": _MEMO_ADDRESS.format(review.pk),
    }
