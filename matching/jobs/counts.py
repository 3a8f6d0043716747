"""Counts of a chunk's verdicts for reports. They outlive the job, whose files and rows are deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from matching.jobs.formats.rows import JobRowResult
from matching.models import BatchChunk, BulkCount, VerdictChoice


def save_counts(chunk: BatchChunk, results: Sequence[JobRowResult], at: datetime) -> None:
    """Store the verdicts of a chunk, inside the transaction that completes the chunk: once."""
    job = chunk.job
    if job.model_id is None:  # no model, so no prediction to count
        return
    verdicts = Counter(result.verdict for result in results if not result.error)
    BulkCount.objects.create(
        user_id=job.user_id,
        model_id=job.model_id,
        profile=job.profile,
        kind=job.kind,
        at=at,
        refused=len(results) - verdicts.total(),
        confidence_sum=round(sum(result.confidence or 0.0 for result in results), 4),
        **{verdict: verdicts[verdict] for verdict in VerdictChoice.values},
    )
