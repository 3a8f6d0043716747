"""Sample of a chunk's predictions for monitoring: features and results as numbers, without the names.

A sample, because the features of every row would cost a tenth of the work and add no information.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from matching import engine
from matching.jobs.formats.rows import JobRowResult, PairRow
from matching.models import BatchChunk, BulkSample
from matching.monitoring.feature_snapshot import FeatureSnapshot, snapshot_pair

MAX_SAMPLE_SIZE = 100
"""Most predictions that are kept of one chunk."""


def save_sample(
    chunk: BatchChunk, rows: Sequence[PairRow], results: Sequence[JobRowResult], at: datetime
) -> None:
    """Store a sample of a chunk, inside the transaction that completes the chunk: once."""
    job, model_id = chunk.job, chunk.job.model_id
    if model_id is None:  # no model, so no prediction to monitor
        return
    compared = [(row, result) for row, result in zip(rows, results, strict=True) if not result.error]
    generator = random.Random(chunk.pk)  # noqa: S311 - a sample, not a secret
    snapshots: dict[str, list[FeatureSnapshot]] = {}
    for row, result in generator.sample(compared, min(MAX_SAMPLE_SIZE, len(compared))):
        pair = engine.extract_pair_features(row.left, row.right, job.kind)
        snapshots.setdefault(pair.kind.value, []).append(
            snapshot_pair(pair, result.material_probability or 0.0, result.verdict)
        )
    BulkSample.objects.bulk_create(
        BulkSample(
            model_id=model_id,
            profile=job.profile,
            kind=kind,
            at=at,
            snapshots=[snapshot.to_json() for snapshot in of_kind],
        )
        for kind, of_kind in snapshots.items()
    )
