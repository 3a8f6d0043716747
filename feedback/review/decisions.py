"""Store, revise and undo client feedback and reviewers' decisions.

Each function changes rows, records an audit event and returns the row in one transaction.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import (
    CLAIM_DURATION,
    Clause,
    Draft,
    Feedback,
    FeedbackSource,
    ItemEvent,
    Precedent,
    ReviewItem,
    ReviewStage,
)
from feedback.review.enqueueing import enqueue_prediction
from feedback.review.outcome import update_review
from feedback.review.queue import lock_claimed_item, save_draft
from feedback.review.routing import (
    contradicts_prediction,
    find_unstarted_items,
    is_override,
    schedule_follow_up,
)
from matching.models import Prediction, ReviewStream

_UNIQUE_CONSTRAINTS = ("feedback_once_per_person", "feedback_revises_id")
"""Constraints that allow one decision and one revision for each person and prediction."""


class DuplicateFeedbackError(Exception):
    """The person has given feedback on this prediction before."""


class Reasons(NamedTuple):
    """The reason of a decision as the reviewers keep it, and what the requester reads."""

    internal: str
    for_requester: str = ""


class DecisionChangeError(Exception):
    """A decision can no longer be changed or undone; the message states the reason."""


@transaction.atomic
def submit_client_feedback(
    user: User,
    prediction: Prediction,
    user_correction: bool,
    confidence_score: Decimal | None = None,
    feedback_text: str = "",
) -> Feedback:
    """Store a client's feedback; a contradiction is enqueued as an appeal.

    It is never a label: a reviewer decides. Raises :class:`DuplicateFeedbackError` the second time.
    """
    row = Feedback(
        prediction=prediction,
        reviewer=user,
        user_correction=user_correction,
        confidence_score=confidence_score,
        feedback_text=feedback_text,
        source=FeedbackSource.API,
        model_id=prediction.model_id,
        prediction_shown=True,
    )
    _insert_feedback(row)
    if contradicts_prediction(user_correction, prediction):
        enqueue_prediction(prediction, ReviewStream.APPEAL)
    trail.record_event("feedback.submitted", row, user, source=row.source, material=user_correction)
    return row


@transaction.atomic
def submit_decision(
    item: ReviewItem,
    reviewer: User,
    material: bool | None,
    text: str | Reasons = "",
    confidence: Decimal | None = None,
    guideline_version: str = "",
    clause: Clause | None = None,
) -> Feedback:
    """Store a reviewer's decision (``None``: cannot tell), close the item and schedule what follows.

    An adjudication must cite a clause and becomes a precedent. Raises ``ClaimLostError`` unless the reviewer
    holds the item, :class:`DuplicateFeedbackError` the second time.
    """
    now = timezone.now()
    item = lock_claimed_item(item, reviewer, now)
    row = _build_decision(item, reviewer, material)
    row.feedback_text, row.client_reason = text if isinstance(text, Reasons) else Reasons(text)
    row.confidence_score, row.clause, row.guideline_version = confidence, clause, guideline_version
    row.seconds = (now - item.claimed_at).total_seconds() if item.claimed_at else None
    _insert_feedback(row)
    close_item(item, now)
    Draft.objects.filter(item=item, reviewer=reviewer).delete()
    schedule_follow_up(row, item)
    if row.adjudicated and clause is not None:
        _create_precedent(row, item.prediction, clause)
    update_review(item.prediction)
    trail.record_event(
        "feedback.submitted", row, reviewer, source=row.source, material=material, stage=item.stage
    )
    return row


@transaction.atomic
def revise_decision(decision: Feedback, reviewer: User, material: bool | None, text: str) -> Feedback:
    """Store a second decision made after the model's prediction was shown; the first one stays unchanged.

    Raises :class:`DecisionChangeError` when it is too late, or was revised before.
    """
    decision = _lock_own_decision(decision, reviewer)
    if decision.processed or decision.adjudicated:
        raise DecisionChangeError(
            gettext("This decision was used for training or is final; it can no longer be revised.")
        )
    if has_adjudication_started(decision):
        raise DecisionChangeError(
            gettext("The adjudication of this pair has begun; it can no longer be revised.")
        )
    item = ReviewItem.objects.select_related("prediction").get(decisions=decision)
    row = _build_decision(item, reviewer, material)
    row.feedback_text, row.revises, row.prediction_shown = text, decision, True
    row.guideline_version = decision.guideline_version
    if material == decision.user_correction:
        row.client_reason, row.clause = decision.client_reason, decision.clause
    try:
        _insert_feedback(row)
    except DuplicateFeedbackError as error:
        raise DecisionChangeError(gettext("You have revised this decision before.")) from error
    schedule_follow_up(row, item, draw=False)
    update_review(item.prediction)
    trail.record_event("feedback.revised", row, reviewer, material=material, revises=str(decision.pk))
    return row


@transaction.atomic
def undo_decision(decision: Feedback, reviewer: User) -> ReviewItem:
    """Withdraw a decision while it can be undone and return its item, claimed again with the text as a draft.

    Raises :class:`DecisionChangeError` when time, a training run or an adjudication forbids it.
    """
    now = timezone.now()
    decision = _lock_own_decision(decision, reviewer)
    if not decision.can_be_undone(now):
        raise DecisionChangeError(
            gettext("The time to undo it has passed, or the decision was used for training: it is final.")
        )
    if has_adjudication_started(decision) and not decision.adjudicated:
        raise DecisionChangeError(
            gettext("The adjudication of this pair has begun; it can no longer be undone.")
        )
    rows = ReviewItem.objects.select_for_update(of=("self",)).select_related("prediction")
    item = rows.get(decisions=decision)
    _withdraw(decision, now)
    if item.stage != ReviewStage.ADJUDICATION:
        later = [ReviewStage.ADJUDICATION, *([ReviewStage.SECOND] if item.stage == ReviewStage.FIRST else [])]
        find_unstarted_items(item, later).delete()
    _reopen_item(item, reviewer, now)
    save_draft(item, reviewer, decision.decision, decision.feedback_text, decision.client_reason or "")
    update_review(item.prediction)
    ItemEvent.objects.create(item=item, kind=ItemEvent.Kind.UNDONE, actor=reviewer)
    trail.record_event("feedback.undone", decision, reviewer)
    return item


@transaction.atomic
def add_override_reason(decision: Feedback, reviewer: User, text: str) -> Feedback:
    """Add the reason that an override needs. Raises :class:`DecisionChangeError` if there is one already."""
    decision = _lock_own_decision(decision, reviewer)
    if decision.feedback_text:
        raise DecisionChangeError(gettext("A reason was given before."))
    decision.feedback_text = text
    decision.save(update_fields=["feedback_text"])
    trail.record_event("feedback.reason_added", decision, reviewer)
    return decision


@transaction.atomic
def close_erased_item(item: ReviewItem, actor: User) -> None:
    """Close an item whose names were erased, because nobody can decide it any more."""
    close_item(item, timezone.now())
    update_review(item.prediction)
    trail.record_event("review_item.erased", item, actor)


def needs_override_reason(decision: Feedback) -> bool:
    """Return whether a decision overrides the model and has no reason yet."""
    initial = decision.source == FeedbackSource.REVIEW and decision.revises_id is None
    return (
        initial and not decision.feedback_text and is_override(decision.user_correction, decision.prediction)
    )


def has_adjudication_started(decision: Feedback) -> bool:
    """Return whether somebody has claimed or finished the adjudication of the same prediction."""
    items = ReviewItem.objects.filter(prediction_id=decision.prediction_id, stage=ReviewStage.ADJUDICATION)
    return items.exclude(state=ReviewItem.State.OPEN).exists()


def _build_decision(item: ReviewItem, reviewer: User, material: bool | None) -> Feedback:
    adjudicated = item.stage == ReviewStage.ADJUDICATION
    return Feedback(
        prediction=item.prediction,
        item=item,
        reviewer=reviewer,
        user_correction=material,
        source=FeedbackSource.ADJUDICATION if adjudicated else FeedbackSource.REVIEW,
        adjudicated=adjudicated,
        stage=item.stage,
        stream=item.stream,
        selection_probability=item.selection_probability,
        model_id=item.prediction.model_id,
    )


def _lock_own_decision(decision: Feedback, reviewer: User) -> Feedback:
    """Lock and return the reviewer's own decision. Raises :class:`DecisionChangeError` for any other."""
    rows = Feedback.objects.select_for_update().not_withdrawn().filter(pk=decision.pk, reviewer=reviewer)
    row = rows.first()
    if row is None or row.item_id is None:
        raise DecisionChangeError(gettext("This is not a decision of yours that stands."))
    return row


def _withdraw(decision: Feedback, now: datetime) -> None:
    """Withdraw a decision with its revision and its precedent."""
    Feedback.objects.filter(revises=decision).update(withdrawn_at=now)
    Feedback.objects.filter(pk=decision.pk).update(withdrawn_at=now)
    Precedent.objects.filter(adjudication=decision).update(withdrawn_at=now)


def close_item(item: ReviewItem, now: datetime) -> None:
    """Mark an item as done and claimed by nobody."""
    item.state, item.done_at, item.claimed_by, item.claimed_until = ReviewItem.State.DONE, now, None, None
    item.save(update_fields=["state", "done_at", "claimed_by", "claimed_until"])


def _reopen_item(item: ReviewItem, reviewer: User, now: datetime) -> None:
    item.state, item.done_at = ReviewItem.State.CLAIMED, None
    item.claimed_by, item.claimed_at, item.claimed_until = reviewer, now, now + CLAIM_DURATION
    item.save(update_fields=["state", "done_at", "claimed_by", "claimed_at", "claimed_until"])


def _create_precedent(decision: Feedback, prediction: Prediction, clause: Clause) -> None:
    Precedent.objects.create(
        adjudication=decision,
        prediction=prediction,
        clause=clause,
        material=decision.user_correction,
        profile=prediction.profile,
        kind=prediction.kind,
        categories=sorted(prediction.categories),
    )


def _insert_feedback(row: Feedback) -> None:
    """Insert a row. Raises :class:`DuplicateFeedbackError` when the person has given feedback before."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if not any(name in str(error) for name in _UNIQUE_CONSTRAINTS):
            raise
        raise DuplicateFeedbackError from error
