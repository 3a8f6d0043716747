"""What a piece leaves for those who watch: some of its answers as numbers, nothing of the names.

A sample, because the features of every row would cost a tenth of the work and say nothing more.
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
"""Answers of a piece, at most."""


def save_sample(
    chunk: BatchChunk, rows: Sequence[PairRow], results: Sequence[JobRowResult], at: datetime
) -> None:
    """Keep some answers of a piece; in the transaction that completes it, so that they are kept once."""
    job, model_id = chunk.job, chunk.job.model_id
    if model_id is None:  # nothing answered, nothing to watch
        return
    answered = [(row, said) for row, said in zip(rows, results, strict=True) if not said.error]
    dice = random.Random(chunk.pk)  # noqa: S311 - a sample, not a secret
    kept: dict[str, list[FeatureSnapshot]] = {}
    for row, said in dice.sample(answered, min(MAX_SAMPLE_SIZE, len(answered))):
        pair = engine.extract_pair_features(row.left, row.right, job.kind)
        kept.setdefault(pair.kind.value, []).append(
            snapshot_pair(pair, said.material_probability or 0.0, said.verdict)
        )
    BulkSample.objects.bulk_create(
        BulkSample(
            model_id=model_id,
            profile=job.profile,
            kind=kind,
            at=at,
            answers=[answer.to_json() for answer in found],
        )
        for kind, found in kept.items()
    )
