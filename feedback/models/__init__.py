"""The tables of review: words, the queue, the guideline, precedents, known answers."""

from feedback.models.feedback import (
    UNDO_WINDOW,
    Feedback,
    FeedbackQuerySet,
    FeedbackSource,
    GoldAnswer,
    get_answer_name,
)
from feedback.models.guideline import Clause, Guideline, Precedent
from feedback.models.queue import (
    CLAIM_DURATION,
    Absence,
    Draft,
    ItemEvent,
    ReviewItem,
    ReviewItemQuerySet,
    ReviewStage,
)

__all__ = [
    "CLAIM_DURATION",
    "UNDO_WINDOW",
    "Absence",
    "Clause",
    "Draft",
    "Feedback",
    "FeedbackQuerySet",
    "FeedbackSource",
    "GoldAnswer",
    "Guideline",
    "ItemEvent",
    "Precedent",
    "ReviewItem",
    "ReviewItemQuerySet",
    "ReviewStage",
    "get_answer_name",
]
