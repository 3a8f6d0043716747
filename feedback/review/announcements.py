"""Tell the programs of the requester how a review goes on, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from matching.models import PredictionReview, ReviewStatus
from webhooks.events import Occurrence, record_occurrence, withdraw_occurrences
from webhooks.models import EventType


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


def _record(row: PredictionReview, event_type: EventType, at: datetime, facts: Mapping[str, str]) -> None:
    key, data = f"{row.pk}:{at.isoformat()}", {"prediction": str(row.pk), **facts}
    record_occurrence(Occurrence(event_type, key, row.user_id, data, at, row.released_at))
