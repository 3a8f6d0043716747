"""Objections, the queue, and decisions. Each verb changes, audits and returns in one transaction."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from feedback.models import Feedback, ReviewItem, Source
from matching.models import Prediction, Stream

PRIORITIES = {
    Stream.APPEAL: 30,
    Stream.DISAGREEMENT: 20,
    Stream.UNCERTAIN: 10,
    Stream.GOLD: 5,
    Stream.AUDIT: 5,
}
"""What reviewers see first: somebody waits for an appeal, nobody for an audit."""

_OVERLAP = timedelta(minutes=10)
"""Answers may become visible a little after their time of birth; collecting looks back that far."""


class AlreadySaidError(Exception):
    """This person has given a word on this prediction before."""


class ClaimLostError(Exception):
    """The item is no longer held by this reviewer; nothing was stored."""


def collect() -> int:
    """Put the predictions that a stream picked since the last time into the queue.

    Return how many were new.
    """
    # Appeals are born by themselves, so they say nothing about how far collecting came.
    collected = ReviewItem.objects.exclude(stream=Stream.APPEAL).order_by("-created_at")
    newest = collected.values_list("created_at", flat=True).first()
    picked = Prediction.objects.for_review(newest - _OVERLAP if newest else None).filter(review_item=None)
    rows = [
        ReviewItem(
            prediction_id=pk,
            stream=stream,
            selection_probability=chance or 1.0,
            priority=PRIORITIES[Stream(stream)],
            created_at=created_at,
        )
        for pk, stream, chance, created_at in picked.values_list(
            "pk", "stream", "selection_probability", "created_at"
        )
    ]
    return len(ReviewItem.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000))


@transaction.atomic
def object_to(
    user: User,
    prediction: Prediction,
    user_correction: bool,
    confidence_score: Decimal | None = None,
    feedback_text: str = "",
) -> Feedback:
    """Store a client's word; a contradiction becomes an appeal. Raises :class:`AlreadySaidError` the second
    time.

    A client's word is never a label: a reviewer decides.
    """
    row = Feedback(
        prediction=prediction,
        reviewer=user,
        user_correction=user_correction,
        confidence_score=confidence_score,
        feedback_text=feedback_text,
        source=Source.API,
        answer_shown=True,
    )
    _insert(row)
    if user_correction != prediction.prediction:
        _appeal(prediction)
    audit.record("feedback.given", row, user, source=row.source, material=user_correction)
    return row


@transaction.atomic
def decide(
    item: ReviewItem,
    reviewer: User,
    material: bool,
    text: str = "",
    confidence: Decimal | None = None,
    guideline_version: str = "",
    answer_shown: bool = False,
) -> Feedback:
    """Store a reviewer's decision and close the item.

    Raises :class:`ClaimLostError` unless the reviewer holds the item, :class:`AlreadySaidError` the second
    time.
    """
    item = ReviewItem.objects.select_for_update().get(pk=item.pk)
    now = timezone.now()
    if not item.is_held_by(reviewer, now):
        raise ClaimLostError("this item is no longer yours; claim it again")
    row = Feedback(
        prediction_id=item.prediction_id,
        reviewer=reviewer,
        user_correction=material,
        confidence_score=confidence,
        feedback_text=text,
        source=Source.REVIEW,
        guideline_version=guideline_version,
        answer_shown=answer_shown,
    )
    _insert(row)
    item.state, item.done_at, item.claimed_by, item.claimed_until = ReviewItem.State.DONE, now, None, None
    item.save(update_fields=["state", "done_at", "claimed_by", "claimed_until"])
    audit.record("feedback.given", row, reviewer, source=row.source, material=material)
    return row


@transaction.atomic
def release(item: ReviewItem, actor: User, reason: str) -> ReviewItem:
    """Give a claimed item back to the queue."""
    item = ReviewItem.objects.select_for_update().get(pk=item.pk)
    if item.state == ReviewItem.State.CLAIMED:
        item.state, item.claimed_by, item.claimed_until = ReviewItem.State.OPEN, None, None
        item.save(update_fields=["state", "claimed_by", "claimed_until"])
        audit.record("review_item.released", item, actor, reason=reason)
    return item


def _insert(row: Feedback) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadySaidError from error


def _appeal(prediction: Prediction) -> None:
    """Put the prediction before a reviewer, ahead of the others, also if it was decided before."""
    ReviewItem.objects.update_or_create(
        prediction=prediction,
        defaults={
            "stream": Stream.APPEAL,
            "selection_probability": 1.0,
            "priority": PRIORITIES[Stream.APPEAL],
            "state": ReviewItem.State.OPEN,
            "claimed_by": None,
            "claimed_until": None,
            "done_at": None,
        },
    )
