"""Tell the requester and their programs how a review goes on, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from feedback.models import ReviewItem, ReviewMessage
from feedback.permissions import LEAD_PERMISSION
from matching.models import PredictionReview, ReviewStatus
from matters.wall import may_be_told, select_members
from notifications.models import Kind
from notifications.notices import Notice, list_holders, notify, withdraw_notices
from webhooks.events import Occurrence, record_occurrence, withdraw_occurrences
from webhooks.models import EventType

_KINDS = {
    EventType.PREDICTION_DECIDED: Kind.DECISION_MADE,
    EventType.REVIEW_NEEDS_DOCUMENT: Kind.DOCUMENT_ASKED,
}


def announce_review(row: PredictionReview, earlier_status: str) -> None:
    """Write the event of a decision, or of a document that is missing since this change.

    Nobody is told of a decision before it can no longer be undone.
    """
    if row.status == ReviewStatus.DECIDED and row.decided_at is not None:
        decision = {"verdict": row.decision, "decided_at": row.decided_at.isoformat()}
        _record(row, EventType.PREDICTION_DECIDED, row.decided_at, decision)
    elif row.status == ReviewStatus.NEEDS_DOCUMENT and earlier_status != ReviewStatus.NEEDS_DOCUMENT:
        question = {"asked_at": row.updated_at.isoformat()}
        _record(row, EventType.REVIEW_NEEDS_DOCUMENT, row.updated_at, question)


def withdraw_announcement(row: PredictionReview, now: datetime) -> None:
    """Delete the event of a decision that changes while it can still be undone; nobody was told of it."""
    if row.released_at is not None and row.released_at > now:
        withdraw_occurrences(EventType.PREDICTION_DECIDED, f"{row.pk}:")
        withdraw_notices(Kind.DECISION_MADE, f"{row.pk}:")


def announce_adjudication(item: ReviewItem) -> None:
    """Tell the leads of an adjudication that waits, once; of one in a matter those who are members."""
    data = {"item": str(item.pk), "due_at": item.due_at.isoformat()}
    leads = select_members(item.prediction.matter_id, list_holders(LEAD_PERMISSION))
    notify(leads.values_list("pk", flat=True), Notice(Kind.ADJUDICATION_WAITS, str(item.pk), data))


def announce_assignment(items: Sequence[ReviewItem], person: User) -> None:
    """Tell a reviewer of the items that somebody assigned to them, together as one notice."""
    first = min(items, key=lambda item: item.due_at)
    data = {"items": [str(item.pk) for item in items], "due_at": first.due_at.isoformat()}
    key = f"{first.pk}:{timezone.now().isoformat()}"
    notify([person.pk], Notice(Kind.ITEM_ASSIGNED, key, data))


def announce_question(message: ReviewMessage) -> None:
    """Tell the requester that a reviewer asked something; the notice does not hold the question."""
    prediction = message.prediction
    if may_be_told(prediction.matter_id, prediction.user_id):
        notice = Notice(Kind.QUESTION_ASKED, str(message.pk), {"prediction": str(prediction.pk)})
        notify([prediction.user_id], notice)


def announce_answer(item: ReviewItem, reviewers: Iterable[UUID]) -> None:
    """Tell those of the reviewers who still see an item that the requester answered on it."""
    key = f"{item.pk}:{timezone.now().isoformat()}"
    seeing = [
        user.pk
        for user in User.objects.filter(pk__in=list(reviewers))
        if ReviewItem.objects.visible_to(user).filter(pk=item.pk).exists()
    ]
    notify(seeing, Notice(Kind.ANSWER_ARRIVED, key, {"item": str(item.pk)}))


def _record(row: PredictionReview, event_type: EventType, at: datetime, facts: Mapping[str, str]) -> None:
    if not may_be_told(row.prediction.matter_id, row.user_id):
        return
    key, data = f"{row.pk}:{at.isoformat()}", {"prediction": str(row.pk), **facts}
    record_occurrence(Occurrence(event_type, key, row.user_id, data, at, row.released_at))
    notify([row.user_id], Notice(_KINDS[event_type], key, data, row.released_at))
