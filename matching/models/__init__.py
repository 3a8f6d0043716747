"""The tables of comparisons: predictions, bulk jobs, rescoring, review policy."""

from matching.models.batch_job import (
    UNFINISHED_STATUSES,
    BatchChunk,
    BatchChunkQuerySet,
    BatchJob,
    BatchJobQuerySet,
    BulkCount,
    BulkSample,
    FileFormat,
)
from matching.models.export_request import ARCHIVE_FORMAT, ExportRequest
from matching.models.job_draft import JobDraft
from matching.models.job_review_row import JobReviewRow
from matching.models.pair_precedent import PairPrecedent, PairPrecedentQuerySet
from matching.models.prediction import (
    SHORT_NUMBER_LENGTH,
    Prediction,
    PredictionQuerySet,
    PredictionSource,
    ReviewStream,
    VerdictChoice,
    join_prediction,
)
from matching.models.prediction_review import (
    UNDECIDED_COLUMNS,
    DecisionMaker,
    PredictionReview,
    ReviewDecision,
)
from matching.models.replaced_guideline import ReplacedGuideline
from matching.models.rescoring import Replay, ReplayChange, ShadowCursor, ShadowScore, ShadowScoreQuerySet
from matching.models.review_policy import ReviewPolicy
from matching.models.review_status import ReviewStatus, build_status_condition
from matching.models.saved_filter import SavedFilter

__all__ = [
    "ARCHIVE_FORMAT",
    "SHORT_NUMBER_LENGTH",
    "UNDECIDED_COLUMNS",
    "UNFINISHED_STATUSES",
    "BatchChunk",
    "BatchChunkQuerySet",
    "BatchJob",
    "BatchJobQuerySet",
    "BulkCount",
    "BulkSample",
    "DecisionMaker",
    "ExportRequest",
    "FileFormat",
    "JobDraft",
    "JobReviewRow",
    "PairPrecedent",
    "PairPrecedentQuerySet",
    "Prediction",
    "PredictionQuerySet",
    "PredictionReview",
    "PredictionSource",
    "ReplacedGuideline",
    "Replay",
    "ReplayChange",
    "ReviewDecision",
    "ReviewPolicy",
    "ReviewStatus",
    "ReviewStream",
    "SavedFilter",
    "ShadowCursor",
    "ShadowScore",
    "ShadowScoreQuerySet",
    "VerdictChoice",
    "build_status_condition",
    "join_prediction",
]
