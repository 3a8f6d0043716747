"""Ask a reviewer to look at a prediction, answer the reviewer's question, and withdraw that.

Each function changes rows, records an audit event and returns in one transaction.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import Feedback, FeedbackSource, ItemEvent, ReviewItem, ReviewRequest, ReviewStage
from feedback.review.decisions import close_item
from feedback.review.enqueueing import enqueue_prediction
from feedback.review.outcome import lock_review, update_review
from feedback.review.queue import resume_item
from feedback.review.routing import contradicts_prediction
from matching.models import (
    DecisionMaker,
    Prediction,
    PredictionReview,
    ReviewDecision,
    ReviewStatus,
    ReviewStream,
)

URGENT_PRIORITY = 30
"""The priority of an urgent request, that of an appeal."""

_WAITING = (ReviewStatus.QUEUED, ReviewStatus.IN_REVIEW, ReviewStatus.NEEDS_DOCUMENT)


class ReviewRequestError(Exception):
    """A reviewer cannot be asked, or the request not be withdrawn; the message is fit for the screen."""


@transaction.atomic
def request_review(
    prediction: Prediction,
    user: User,
    reason: str,
    priority: str = ReviewRequest.Priority.NORMAL,
    due_at: datetime | None = None,
) -> tuple[ReviewRequest, bool]:
    """Put a prediction into the review queue for its user; return the request and whether it is new.

    While a request is open it is returned unchanged. Raises :class:`ReviewRequestError` for erased names and
    for a prediction that reviewers have decided; after *cannot tell* and after a precedent it can be asked.
    """
    review = lock_review(prediction)
    open_request = ReviewRequest.objects.filter(prediction=prediction, closed_at=None).first()
    if open_request is not None and review.status in _WAITING:
        return open_request, False
    refuse_settled(prediction, review)
    now = timezone.now()
    ReviewRequest.objects.filter(prediction=prediction, closed_at=None).update(closed_at=now)
    request = ReviewRequest.objects.create(
        prediction=prediction, requested_by=user, reason=reason, priority=priority, due_at=due_at
    )
    PredictionReview.objects.filter(pk=prediction.pk).update(requested_at=now)
    urgency = URGENT_PRIORITY if priority == ReviewRequest.Priority.URGENT else None
    enqueue_prediction(prediction, ReviewStream.REQUEST, priority=urgency, latest=due_at)
    trail.record_event(
        "review_request.created", request, user, prediction=str(prediction.pk), priority=priority
    )
    return request, True


@transaction.atomic
def withdraw_request(prediction: Prediction, user: User) -> ReviewRequest:
    """Withdraw the open request of a prediction.

    The item is closed unless a stream drew the prediction or an objection was sent: what is sampled to
    measure the product cannot be withdrawn. Raises :class:`ReviewRequestError` without an open request and
    after the first decision.
    """
    lock_review(prediction)
    request = ReviewRequest.objects.filter(prediction=prediction, closed_at=None).first()
    if request is None:
        raise ReviewRequestError(gettext("There is no open request to withdraw."))
    if (
        Feedback.objects.by_reviewers()
        .filter(prediction=prediction)
        .exclude(stream=ReviewStream.GOLD)
        .exists()
    ):
        raise ReviewRequestError(
            gettext("A reviewer has decided already; the request can no longer be withdrawn.")
        )
    request.closed_at = request.withdrawn_at = timezone.now()
    request.save(update_fields=["closed_at", "withdrawn_at"])
    PredictionReview.objects.filter(pk=prediction.pk).update(requested_at=None)
    _release_item(prediction, user)
    update_review(prediction)
    trail.record_event("review_request.withdrawn", request, user, prediction=str(prediction.pk))
    return request


@transaction.atomic
def answer_reviewer(prediction: Prediction, user: User, text: str) -> None:
    """Send the requester's answer to a reviewer who waits for a document; the item returns to the reviewer.

    The answer is stored encrypted with the item. Raises :class:`ReviewRequestError` when no reviewer waits.
    """
    parked = ReviewItem.objects.filter(prediction=prediction, state=ReviewItem.State.PARKED)
    item = parked.exclude(stream=ReviewStream.GOLD).order_by("id").first()
    if item is None:
        raise ReviewRequestError(gettext("No reviewer waits for an answer."))
    resume_item(item, user, text, ItemEvent.Kind.ANSWERED)
    trail.record_event("review_request.answered", prediction, user)


def refuse_settled(prediction: Prediction, review: PredictionReview | None) -> None:
    """Raise :class:`ReviewRequestError` where there is nothing left to decide."""
    if prediction.erased_at is not None:
        raise ReviewRequestError(gettext("The names of this comparison were erased; nobody can decide it."))
    if review is None:
        return
    is_answered = review.decision in (ReviewDecision.IMMATERIAL, ReviewDecision.MATERIAL)
    if is_answered and review.decided_by == DecisionMaker.REVIEWERS:
        raise ReviewRequestError(gettext("Reviewers have decided this pair; send feedback to object."))


def _release_item(prediction: Prediction, user: User) -> None:
    """Close the item of a request, or give it back to the stream that it has beside the request."""
    item = ReviewItem.objects.select_for_update().filter(
        prediction=prediction, stage=ReviewStage.FIRST, stream=ReviewStream.REQUEST
    )
    stream = prediction.stream or (ReviewStream.APPEAL if _has_objection(prediction) else "")
    for row in item:
        if stream:
            row.stream = stream
            row.save(update_fields=["stream"])
            continue
        close_item(row, timezone.now())
        ItemEvent.objects.create(item=row, kind=ItemEvent.Kind.WITHDRAWN, actor=user)


def _has_objection(prediction: Prediction) -> bool:
    rows = Feedback.objects.not_withdrawn().filter(prediction=prediction, source=FeedbackSource.API)
    return any(contradicts_prediction(row.user_correction, prediction) for row in rows)
