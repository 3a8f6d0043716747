"""The tables of review: words, the queue, the guideline, precedents, known answers."""

from feedback.models.guideline import Clause, Guideline, Precedent
from feedback.models.queue import (
    CLAIM_LASTS,
    Absence,
    Draft,
    ItemEvent,
    ReviewItem,
    ReviewItemQuerySet,
    Stage,
)
from feedback.models.words import UNDO_FOR, Feedback, FeedbackQuerySet, GoldAnswer, Source, answer_name

__all__ = [
    "CLAIM_LASTS",
    "UNDO_FOR",
    "Absence",
    "Clause",
    "Draft",
    "Feedback",
    "FeedbackQuerySet",
    "GoldAnswer",
    "Guideline",
    "ItemEvent",
    "Precedent",
    "ReviewItem",
    "ReviewItemQuerySet",
    "Source",
    "Stage",
    "answer_name",
]
