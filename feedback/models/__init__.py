"""The tables of review: queue, feedback, guideline, precedents, gold items."""

from feedback.models.decision import Decision
from feedback.models.feedback import (
    MAX_REASON_LENGTH,
    UNDO_WINDOW,
    Feedback,
    FeedbackQuerySet,
    FeedbackSource,
    GoldAnswer,
)
from feedback.models.guideline import Clause, Guideline, Precedent
from feedback.models.label_import import ImportPreview
from feedback.models.queue import (
    CLAIM_DURATION,
    Absence,
    Draft,
    ItemEvent,
    ReviewItem,
    ReviewItemQuerySet,
    ReviewStage,
)
from feedback.models.request import ReviewRequest

__all__ = [
    "CLAIM_DURATION",
    "MAX_REASON_LENGTH",
    "UNDO_WINDOW",
    "Absence",
    "Clause",
    "Decision",
    "Draft",
    "Feedback",
    "FeedbackQuerySet",
    "FeedbackSource",
    "GoldAnswer",
    "Guideline",
    "ImportPreview",
    "ItemEvent",
    "Precedent",
    "ReviewItem",
    "ReviewItemQuerySet",
    "ReviewRequest",
    "ReviewStage",
]
