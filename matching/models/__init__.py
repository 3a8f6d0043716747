"""The tables of comparisons: predictions, bulk jobs, rescoring, review policy."""

from matching.models.batch_job import (
    UNFINISHED_STATUSES,
    BatchChunk,
    BatchChunkQuerySet,
    BatchJob,
    BatchJobQuerySet,
    BulkSample,
    FileFormat,
)
from matching.models.prediction import Prediction, PredictionQuerySet, ReviewStream, VerdictChoice
from matching.models.rescoring import Replay, ReplayChange, ShadowCursor, ShadowScore, ShadowScoreQuerySet
from matching.models.review_policy import ReviewPolicy

__all__ = [
    "UNFINISHED_STATUSES",
    "BatchChunk",
    "BatchChunkQuerySet",
    "BatchJob",
    "BatchJobQuerySet",
    "BulkSample",
    "FileFormat",
    "Prediction",
    "PredictionQuerySet",
    "Replay",
    "ReplayChange",
    "ReviewPolicy",
    "ReviewStream",
    "ShadowCursor",
    "ShadowScore",
    "ShadowScoreQuerySet",
    "VerdictChoice",
]
