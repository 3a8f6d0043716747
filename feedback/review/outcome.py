"""Keep the review of a prediction, as its requester sees it, up to date with items and decisions.

Every function that changes an item or a decision calls :func:`update_review` in its own transaction, so that
what the requester sees can never differ from what the reviewers did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from feedback.models import UNDO_WINDOW, Feedback, ItemEvent, ReviewItem
from feedback.review.announcements import announce_review, withdraw_announcement
from feedback.review.precedents import update_precedent
from matching.models import (
    UNDECIDED_COLUMNS,
    DecisionMaker,
    Prediction,
    PredictionReview,
    ReviewStatus,
    ReviewStream,
)

_NO_STATE: Mapping[str, Any] = {
    **UNDECIDED_COLUMNS,
    "missing_document": "",
    "precedent": None,
    "guideline_version": "",
    "clause": "",
    "reason": "",
}
"""The columns that follow from items and decisions, without any."""

_REQUESTED_STREAMS = (ReviewStream.APPEAL, ReviewStream.REQUEST)
"""Streams of items that the requester asked for."""


@transaction.atomic
def update_review(prediction: Prediction) -> None:
    """Write what items and decisions say now; without an item the prediction has no review.

    A prediction that a precedent answered keeps that answer while reviewers look at it by their own choice.
    """
    row, now = lock_review(prediction), timezone.now()
    items = list(_list_items(prediction))
    if row.decided_by == DecisionMaker.PRECEDENT and _is_unrequested(items):
        return
    withdraw_announcement(row, now)
    if not items:
        row.delete()
        return
    earlier_status = row.status
    for name, value in {**_NO_STATE, **_read_state(prediction, items)}.items():
        setattr(row, name, value)
    row.updated_at = now
    row.save()
    announce_review(row, earlier_status)
    update_precedent(prediction, row)


def create_reviews(predictions: Iterable[tuple[Any, Any]]) -> None:
    """Create the reviews of newly queued predictions, given as ids of the prediction and of its user."""
    rows = [PredictionReview(prediction_id=pk, user_id=user_id) for pk, user_id in predictions]
    PredictionReview.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)


def mark_in_review(item: ReviewItem) -> None:
    """Record that a reviewer opened a queued prediction."""
    queued = PredictionReview.objects.filter(pk=item.prediction_id, status=ReviewStatus.QUEUED)
    queued.update(status=ReviewStatus.IN_REVIEW, updated_at=timezone.now())


def lock_review(prediction: Prediction) -> PredictionReview:
    """Lock the row before items and decisions are read, so that two writers cannot miss each other."""
    PredictionReview.objects.bulk_create(
        [PredictionReview(prediction=prediction, user_id=prediction.user_id)], ignore_conflicts=True
    )
    return PredictionReview.objects.select_for_update(of=("self",)).get(pk=prediction.pk)


def _list_items(prediction: Prediction) -> Iterable[ReviewItem]:
    return ReviewItem.objects.filter(prediction=prediction).exclude(stream=ReviewStream.GOLD)


def _is_unrequested(items: Sequence[ReviewItem]) -> bool:
    """Return whether the requester asked for none of the items and one is still open."""
    is_open = any(item.state != ReviewItem.State.DONE for item in items)
    return is_open and not any(item.stream in _REQUESTED_STREAMS for item in items)


def _read_state(prediction: Prediction, items: Sequence[ReviewItem]) -> dict[str, Any]:
    """Return the columns that follow from the items and the decisions."""
    parked = next((item for item in items if item.state == ReviewItem.State.PARKED), None)
    if parked is not None:
        return {"status": ReviewStatus.NEEDS_DOCUMENT, "missing_document": _read_missing_document(parked)}
    decisions = _list_decisions(prediction)
    if any(item.state != ReviewItem.State.DONE for item in items):
        is_begun = bool(decisions) or any(item.claimed_at for item in items)
        return {"status": ReviewStatus.IN_REVIEW if is_begun else ReviewStatus.QUEUED}
    return _read_decision(decisions) if decisions else {"status": ReviewStatus.WITHDRAWN}


def _list_decisions(prediction: Prediction) -> list[Feedback]:
    """Return the decisions of reviewers that stand, revised ones included."""
    rows = Feedback.objects.by_reviewers().filter(prediction=prediction).exclude(stream=ReviewStream.GOLD)
    return list(rows.select_related("clause").order_by("id"))


def _read_missing_document(item: ReviewItem) -> str:
    event = item.events.filter(kind=ItemEvent.Kind.PARKED).order_by("-id").first()
    return event.reason if event else ""


def _read_decision(decisions: Sequence[Feedback]) -> dict[str, Any]:
    """Return the columns of the settled decision: the adjudication, or the latest one without any."""
    settled = max(decisions, key=lambda row: (row.adjudicated, row.pk))
    reviewers = sorted({row.reviewer_id for row in decisions})
    return {
        "status": ReviewStatus.DECIDED,
        "decision": settled.decision.value,
        "decided_by": DecisionMaker.REVIEWERS,
        "decided_at": settled.created_at,
        "released_at": settled.created_at + UNDO_WINDOW,
        "guideline_version": settled.guideline_version,
        "clause": str(settled.clause) if settled.clause else "",
        "reason": settled.client_reason or "",
        "people": len(reviewers),
        "reviewers": reviewers,
    }
