"""The tables of review: queue, feedback, guideline, precedents, gold items."""

from feedback.models.decision import Decision
from feedback.models.document import MAX_DOCUMENT_BYTES, DocumentType, ReviewDocument
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
from feedback.models.message import MAX_MESSAGE_LENGTH, ReviewMessage
from feedback.models.queue import (
    CLAIM_DURATION,
    Absence,
    Draft,
    ItemEvent,
    ReviewItem,
    ReviewItemQuerySet,
    ReviewStage,
)
from feedback.models.report import (
    MAX_LETTERHEAD_LENGTH,
    MAX_LOGO_BYTES,
    IssuedReport,
    Letterhead,
    LogoType,
)
from feedback.models.request import ReviewRequest

__all__ = [
    "CLAIM_DURATION",
    "MAX_DOCUMENT_BYTES",
    "MAX_LETTERHEAD_LENGTH",
    "MAX_LOGO_BYTES",
    "MAX_MESSAGE_LENGTH",
    "MAX_REASON_LENGTH",
    "UNDO_WINDOW",
    "Absence",
    "Clause",
    "Decision",
    "DocumentType",
    "Draft",
    "Feedback",
    "FeedbackQuerySet",
    "FeedbackSource",
    "GoldAnswer",
    "Guideline",
    "ImportPreview",
    "IssuedReport",
    "ItemEvent",
    "Letterhead",
    "LogoType",
    "Precedent",
    "ReviewDocument",
    "ReviewItem",
    "ReviewItemQuerySet",
    "ReviewMessage",
    "ReviewRequest",
    "ReviewStage",
]
