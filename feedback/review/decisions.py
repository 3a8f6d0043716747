"""Objections, decisions and what they undo. Each verb changes, audits and returns in one transaction."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.audit import trail
from accounts.ids import build_min_uuid7
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
from feedback.review.queue import lock_claimed_item, save_draft
from feedback.review.routing import (
    STREAM_PRIORITIES,
    compute_due_at,
    contradicts_prediction,
    find_unstarted_items,
    is_override,
    schedule_follow_up,
)
from matching.compare import sampling
from matching.models import Prediction, ReviewStream, ShadowScore

_LOOKBACK = timedelta(minutes=10)
"""Answers may become visible a little after their time of birth; collecting looks back that far."""

_ENQUEUE_LOCK = 0x6C6E63_05
"""Advisory lock of the one collector at work."""


_DISAGREEMENT_WINDOW = timedelta(days=1)
_MAX_DISAGREEMENTS = 1_000
_SAMPLING_BUCKETS = 1 << 20

_UNIQUE_CONSTRAINTS = ("feedback_once_per_person", "feedback_revises_id")
"""Constraints that let a person speak once."""


class DuplicateFeedbackError(Exception):
    """This person has given a word on this prediction before."""


class DecisionChangeError(Exception):
    """A decision cannot be taken back or revised any more; the message says why."""


class _SampledPrediction(NamedTuple):
    """A prediction that a stream picked."""

    pk: UUID
    stream: str
    selection_probability: float | None
    created_at: datetime
    profile: str


@transaction.atomic
def enqueue_sampled_predictions() -> int:
    """Put the predictions that a stream picked since the last time into the queue, as far as its quota goes.

    Return how many were new. Of more than fit into a day's quota a random part is taken, and the stored
    chances are lowered to match. Only one collector works at a time; another returns 0 at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ENQUEUE_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    by_stream: dict[str, list[_SampledPrediction]] = defaultdict(list)
    for row in [*_find_sampled_predictions(), *_sample_disagreements()]:
        by_stream[row.stream].append(row)
    return sum(_create_items(stream, rows) for stream, rows in by_stream.items())


def _find_sampled_predictions() -> list[_SampledPrediction]:
    # Appeals, known answers and second looks are born by themselves: they say nothing about how far it came.
    collected = ReviewItem.objects.filter(stage=ReviewStage.FIRST).exclude(
        stream__in=[ReviewStream.APPEAL, ReviewStream.GOLD]
    )
    newest = collected.order_by("-created_at").values_list("created_at", flat=True).first()
    picked = Prediction.objects.for_review(newest - _LOOKBACK if newest else None).filter(review_items=None)
    columns = ("pk", "stream", "selection_probability", "created_at", "profile")
    return [
        _SampledPrediction(*row) for row in picked.exclude(stream=ReviewStream.GOLD).values_list(*columns)
    ]


def _sample_disagreements() -> list[_SampledPrediction]:
    """Mark and return answers of the last day on which a challenger or shadow disagrees with the champion.

    Which of them are picked follows from their ids, so that asking again picks the same.
    """
    share = sampling.get_policy().disagreement
    recent = ShadowScore.objects.disagreements().filter(
        prediction_id__gte=build_min_uuid7(timezone.now() - _DISAGREEMENT_WINDOW),
        prediction__stream="",
        prediction__erased_at=None,
    )
    unseen = recent.filter(prediction__review_items=None).values_list("prediction_id", flat=True)[
        :_MAX_DISAGREEMENTS
    ]
    chosen = [pk for pk in dict.fromkeys(unseen) if pk.int % _SAMPLING_BUCKETS < share * _SAMPLING_BUCKETS]
    rows = Prediction.objects.filter(pk__in=chosen)
    rows.update(stream=ReviewStream.DISAGREEMENT, selection_probability=share)
    picked = rows.values_list("pk", "stream", "selection_probability", "created_at", "profile")
    return [_SampledPrediction(*row) for row in picked]


def _create_items(stream: str, rows: list[_SampledPrediction]) -> int:
    """Make items of what the day's quota of a stream has room for."""
    room = _compute_remaining_quota(stream)
    chosen = rows if room is None or len(rows) <= room else random.sample(rows, room)
    factor = len(chosen) / len(rows)
    if factor < 1:
        _discard_over_quota(
            {row.pk for row in rows} - {row.pk for row in chosen}, [row.pk for row in chosen], factor
        )
    items = [_build_item(row, factor) for row in chosen]
    return len(ReviewItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=1_000))


def _compute_remaining_quota(stream: str) -> int | None:
    """Return how many more items a stream may have today, ``None`` without a limit."""
    quota = sampling.get_policy().quotas.get(stream)
    if quota is None:
        return None
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = ReviewItem.objects.filter(stream=stream, stage=ReviewStage.FIRST, created_at__gte=midnight)
    return max(0, quota - today.count())


def _discard_over_quota(dropped: set[UUID], chosen: list[UUID], factor: float) -> None:
    """Forget that predictions were picked; those that stay were picked with a smaller chance."""
    Prediction.objects.filter(pk__in=dropped).update(stream="", selection_probability=None)
    Prediction.objects.filter(pk__in=chosen).update(selection_probability=F("selection_probability") * factor)


def _build_item(row: _SampledPrediction, factor: float) -> ReviewItem:
    priority = STREAM_PRIORITIES[ReviewStream(row.stream)]
    return ReviewItem(
        prediction_id=row.pk,
        stream=row.stream,
        selection_probability=(row.selection_probability or 1.0) * factor,
        priority=priority,
        due_at=compute_due_at(row.created_at, priority, row.profile),
        created_at=row.created_at,
    )


@transaction.atomic
def submit_client_feedback(
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
        source=FeedbackSource.API,
        model_id=prediction.model_id,
        answer_shown=True,
    )
    _insert_feedback(row)
    if contradicts_prediction(user_correction, prediction):
        enqueue_prediction(prediction, ReviewStream.APPEAL)
    trail.record_event("feedback.given", row, user, source=row.source, material=user_correction)
    return row


@transaction.atomic
def submit_decision(
    item: ReviewItem,
    reviewer: User,
    material: bool | None,
    text: str = "",
    confidence: Decimal | None = None,
    guideline_version: str = "",
    clause: Clause | None = None,
) -> Feedback:
    """Store a reviewer's decision (``None``: cannot tell), close the item and open what must follow.

    An adjudication cites a clause and becomes a precedent. Raises ``ClaimLostError`` unless the reviewer
    holds the item, :class:`AlreadySaidError` the second time.
    """
    now = timezone.now()
    item = lock_claimed_item(item, reviewer, now)
    row = _build_decision(item, reviewer, material)
    row.feedback_text, row.confidence_score, row.clause = text, confidence, clause
    row.guideline_version = guideline_version
    row.seconds = (now - item.claimed_at).total_seconds() if item.claimed_at else None
    _insert_feedback(row)
    _close_item(item, now)
    Draft.objects.filter(item=item, reviewer=reviewer).delete()
    schedule_follow_up(row, item)
    if row.adjudicated and clause is not None:
        _create_precedent(row, item.prediction, clause)
    trail.record_event(
        "feedback.given", row, reviewer, source=row.source, material=material, stage=item.stage
    )
    return row


@transaction.atomic
def revise_decision(word: Feedback, reviewer: User, material: bool | None, text: str) -> Feedback:
    """Store another word after the model's answer was seen; the first stays as it was.

    Raises :class:`UndoError` when it is too late, or was revised before.
    """
    word = _lock_own_decision(word, reviewer)
    if word.processed or word.adjudicated:
        raise DecisionChangeError("This decision is learnt from or final; it can no longer be revised.")
    if has_adjudication_started(word):
        raise DecisionChangeError("A third person is hearing this pair; it can no longer be revised.")
    item = ReviewItem.objects.select_related("prediction").get(words=word)
    row = _build_decision(item, reviewer, material)
    row.feedback_text, row.revises, row.answer_shown = text, word, True
    row.guideline_version = word.guideline_version
    try:
        _insert_feedback(row)
    except DuplicateFeedbackError as error:
        raise DecisionChangeError("You have revised this decision before.") from error
    schedule_follow_up(row, item, draw=False)
    trail.record_event("feedback.revised", row, reviewer, material=material, revises=str(word.pk))
    return row


@transaction.atomic
def undo_decision(word: Feedback, reviewer: User) -> ReviewItem:
    """Take a decision back within ten minutes; the item is the reviewer's again, with what was typed.

    Raises :class:`UndoError` when it is too late: time, a training run, or a third person at work.
    """
    now = timezone.now()
    word = _lock_own_decision(word, reviewer)
    if not word.can_be_undone(now):
        raise DecisionChangeError(
            "Ten minutes have passed, or a model has learnt from it: it can no longer be undone."
        )
    if has_adjudication_started(word) and not word.adjudicated:
        raise DecisionChangeError("A third person is hearing this pair; it can no longer be undone.")
    item = ReviewItem.objects.select_for_update().get(words=word)
    Feedback.objects.filter(revises=word).update(withdrawn_at=now)
    Feedback.objects.filter(pk=word.pk).update(withdrawn_at=now)
    Precedent.objects.filter(word=word).update(withdrawn_at=now)
    if item.stage != ReviewStage.ADJUDICATION:
        later = [ReviewStage.ADJUDICATION, *([ReviewStage.SECOND] if item.stage == ReviewStage.FIRST else [])]
        find_unstarted_items(item, later).delete()
    _reopen_item(item, reviewer, now)
    save_draft(item, reviewer, word.decision, word.feedback_text)
    ItemEvent.objects.create(item=item, kind=ItemEvent.Kind.UNDONE, actor=reviewer)
    trail.record_event("feedback.undone", word, reviewer)
    return item


@transaction.atomic
def add_override_reason(word: Feedback, reviewer: User, text: str) -> Feedback:
    """Add the reason that overriding the model needs, once. Raises :class:`UndoError` when there is one."""
    word = _lock_own_decision(word, reviewer)
    if word.feedback_text:
        raise DecisionChangeError("A reason was given before.")
    word.feedback_text = text
    word.save(update_fields=["feedback_text"])
    trail.record_event("feedback.reasoned", word, reviewer)
    return word


@transaction.atomic
def enqueue_prediction(prediction: Prediction, stream: ReviewStream, chance: float = 1.0) -> ReviewItem:
    """Put a prediction before a reviewer by a stream, also if it was decided before; an open item only rises.

    Return its item; whoever holds it keeps it.
    """
    priority = STREAM_PRIORITIES[stream]
    urgency = {
        "stream": stream,
        "selection_probability": chance,
        "priority": priority,
        "due_at": compute_due_at(timezone.now(), priority, prediction.profile),
    }
    item, made = ReviewItem.objects.select_for_update().get_or_create(
        prediction=prediction, stage=ReviewStage.FIRST, defaults=urgency
    )
    if not made:
        again = {"state": ReviewItem.State.OPEN, "done_at": None} if item.done_at else {}
        ReviewItem.objects.filter(pk=item.pk).update(**urgency, **again)
    return item


@transaction.atomic
def close_erased_item(item: ReviewItem, actor: User) -> None:
    """Close an item whose names were erased: there is nothing left to judge."""
    _close_item(item, timezone.now())
    trail.record_event("review_item.erased", item, actor)


@transaction.atomic
def record_export(actor: User, rows: int) -> None:
    """Record that somebody took words away together with the names."""
    trail.record_event("feedback.exported", actor, actor, rows=rows, names=True)


def needs_override_reason(word: Feedback) -> bool:
    """Say whether a word goes against the model without saying why."""
    by_desk = word.source == FeedbackSource.REVIEW and word.revises_id is None
    return by_desk and not word.feedback_text and is_override(word.user_correction, word.prediction)


def has_adjudication_started(word: Feedback) -> bool:
    """Say whether a third person hears the pair, or has."""
    third = ReviewItem.objects.filter(prediction_id=word.prediction_id, stage=ReviewStage.ADJUDICATION)
    return third.exclude(state=ReviewItem.State.OPEN).exists()


def _build_decision(item: ReviewItem, reviewer: User, material: bool | None) -> Feedback:
    third = item.stage == ReviewStage.ADJUDICATION
    return Feedback(
        prediction=item.prediction,
        item=item,
        reviewer=reviewer,
        user_correction=material,
        source=FeedbackSource.ADJUDICATION if third else FeedbackSource.REVIEW,
        adjudicated=third,
        stage=item.stage,
        stream=item.stream,
        selection_probability=item.selection_probability,
        model_id=item.prediction.model_id,
    )


def _lock_own_decision(word: Feedback, reviewer: User) -> Feedback:
    """Lock a person's own standing word. Raises :class:`UndoError` for another's."""
    rows = Feedback.objects.select_for_update().not_withdrawn().filter(pk=word.pk, reviewer=reviewer)
    found = rows.first()
    if found is None or found.item_id is None:
        raise DecisionChangeError("This is not a decision of yours that stands.")
    return found


def _close_item(item: ReviewItem, now: datetime) -> None:
    item.state, item.done_at, item.claimed_by, item.claimed_until = ReviewItem.State.DONE, now, None, None
    item.save(update_fields=["state", "done_at", "claimed_by", "claimed_until"])


def _reopen_item(item: ReviewItem, reviewer: User, now: datetime) -> None:
    item.state, item.done_at = ReviewItem.State.CLAIMED, None
    item.claimed_by, item.claimed_at, item.claimed_until = reviewer, now, now + CLAIM_DURATION
    item.save(update_fields=["state", "done_at", "claimed_by", "claimed_at", "claimed_until"])


def _create_precedent(word: Feedback, prediction: Prediction, clause: Clause) -> None:
    Precedent.objects.create(
        word=word,
        prediction=prediction,
        clause=clause,
        material=word.user_correction,
        profile=prediction.profile,
        kind=prediction.kind,
        categories=sorted(prediction.categories),
    )


def _insert_feedback(row: Feedback) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if not any(name in str(error) for name in _UNIQUE_CONSTRAINTS):
            raise
        raise DuplicateFeedbackError from error
