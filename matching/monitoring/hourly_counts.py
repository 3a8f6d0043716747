"""Counting the answers of an hour for those who watch, and what they are compared with."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple

from matching import engine
from matching.engine import EngineError, Scorer
from matching.models import BulkSample, Prediction
from matching.monitoring.feature_snapshot import FeatureSnapshot, build_sample, snapshot_comparison
from matching.serving.live_models import build_scorer
from matching.training.synthetic import generate_pairs
from modelops.models import HourlyCount, ModelVersion, Reference, TrafficSource
from modelops.monitoring import reporting
from modelops.monitoring.histograms import HistogramBinning, HistogramCounts, count_histograms, sum_histograms
from modelops.monitoring.reporting import HOUR
from modelops.monitoring.windows import TrafficSlice, find_reference
from modelops.serving.loader import read_verified_artefact

CORPUS_SEED = 20
REFERENCE_SIZE = 2_000
"""Pairs a reference rests on."""

MIN_TRAFFIC = 1_000
"""Answers under a profile, at least, before traffic is the reference instead of the corpus."""

BATCH_SIZE = 2_000
"""Answers counted together, so that memory does not grow with the traffic."""

BULK_SAMPLE_RETENTION = timedelta(days=2)
"""How long samples of bulk files wait to be counted: an hour is looked at for a day."""

_LOOKBACK = timedelta(days=30)
_CORPUS_SIZE = 4_000
_SNAPSHOT_COLUMNS = ("model_id", "profile", "kind", "features", "mix", "material_probability", "verdict")


class _SliceKey(NamedTuple):
    """Whose answers, as columns say it."""

    model: str
    profile: str
    kind: str
    source: str


@dataclass
class _SliceTotal:
    """What was counted of a slice so far."""

    traffic_slice: TrafficSlice
    reference: Reference
    n: int = 0
    counts: HistogramCounts = field(default_factory=dict)

    def add(self, rows: Sequence[FeatureSnapshot]) -> None:
        """Count some answers more."""
        more = build_sample(self.traffic_slice.kind, rows)
        counts = count_histograms(more, HistogramBinning.from_dict(self.reference.frame))
        self.n += more.n
        self.counts = sum_histograms([self.counts, counts]) if self.counts else counts


def count_hour(hour: datetime) -> list[HourlyCount]:
    """Count the answers given from ``hour`` to the next, by slice; twice is the same."""
    totals: dict[_SliceKey, _SliceTotal] = {}
    rows = chain(_read_predictions(hour), _read_bulk_samples(hour))
    while portion := list(islice(rows, BATCH_SIZE)):
        for key, answers in _group_by_slice(portion).items():
            if key not in totals:
                totals[key] = _create_total(key)
            totals[key].add(answers)
    return [_save_total(total, hour) for _, total in sorted(totals.items())]


def delete_old_samples(before: datetime) -> None:
    """Delete the samples of bulk files that were counted long ago."""
    BulkSample.objects.filter(at__lt=before - BULK_SAMPLE_RETENTION).delete()


def get_reference(of: TrafficSlice) -> Reference:
    """Return what a slice is compared with; frozen now where there is none yet."""
    return find_reference(of) or build_reference(replace(of, source=TrafficSource.SINGLE))


def build_reference(of: TrafficSlice) -> Reference:
    """Answer recent traffic (the corpus, where there is too little) by the version, and keep the figures.

    Reads names, so it runs in workers and commands only.
    """
    scorer = build_scorer(read_verified_artefact(of.model))
    pairs, origin = list(_read_traffic_pairs(of)), Reference.Origin.TRAFFIC
    if len(pairs) < MIN_TRAFFIC:
        pairs, origin = list(_sample_corpus_pairs(of.kind)), Reference.Origin.CORPUS
    rows = list(_compute_snapshots(pairs, of, scorer))
    return reporting.store_reference(of, build_sample(of.kind, rows), origin)


def _read_predictions(hour: datetime) -> Iterator[tuple[_SliceKey, FeatureSnapshot]]:
    rows = Prediction.objects.filter(created_at__gte=hour, created_at__lt=hour + HOUR).order_by()
    for model_id, profile, kind, *rest in rows.values_list(*_SNAPSHOT_COLUMNS).iterator(
        chunk_size=BATCH_SIZE
    ):
        yield _SliceKey(str(model_id), profile, kind, TrafficSource.SINGLE), _build_snapshot(*rest)


def _read_bulk_samples(hour: datetime) -> Iterator[tuple[_SliceKey, FeatureSnapshot]]:
    rows = BulkSample.objects.filter(at__gte=hour, at__lt=hour + HOUR).order_by()
    for row in rows.iterator(chunk_size=20):
        key = _SliceKey(str(row.model_id), row.profile, row.kind, TrafficSource.BULK)
        yield from ((key, FeatureSnapshot.from_json(answer)) for answer in row.answers)


def _group_by_slice(
    rows: Iterable[tuple[_SliceKey, FeatureSnapshot]],
) -> dict[_SliceKey, list[FeatureSnapshot]]:
    groups: dict[_SliceKey, list[FeatureSnapshot]] = {}
    for key, answer in rows:
        groups.setdefault(key, []).append(answer)
    return groups


def _create_total(key: _SliceKey) -> _SliceTotal:
    model = ModelVersion.objects.select_related("artefact").get(pk=key.model)
    of = TrafficSlice(model, key.profile, key.kind, key.source)
    return _SliceTotal(of, get_reference(of))


def _save_total(total: _SliceTotal, hour: datetime) -> HourlyCount:
    return reporting.store_hourly_count(total.traffic_slice, hour, total.n, total.counts, total.reference)


def _build_snapshot(
    features: bytes, mix: dict[str, str], probability: float, verdict: str
) -> FeatureSnapshot:
    return FeatureSnapshot(bytes(features), mix, float(probability), verdict)


def _read_traffic_pairs(of: TrafficSlice) -> Iterator[tuple[str, str]]:
    """Pairs that other versions answered, the newest before this one was registered."""
    earlier = Prediction.objects.filter(
        created_at__lt=of.model.created_at, created_at__gte=of.model.created_at - _LOOKBACK
    )
    rows = earlier.filter(profile=of.profile, kind=of.kind, erased_at=None).order_by("-created_at")
    for row in rows.only("name1", "name2")[:REFERENCE_SIZE]:
        yield row.name1, row.name2


def _sample_corpus_pairs(kind: str) -> Iterator[tuple[str, str]]:
    """Pairs of a kind in the proportions of the corpus; the same ones every time."""
    fitting = [pair for pair in generate_pairs(CORPUS_SEED, _CORPUS_SIZE) if pair.kind == kind]
    dice = random.Random(CORPUS_SEED)  # noqa: S311 - a sample, not a secret
    for pair in dice.sample(fitting, min(REFERENCE_SIZE, len(fitting))):
        yield pair.left, pair.right


def _compute_snapshots(
    pairs: Iterable[tuple[str, str]], of: TrafficSlice, scorer: Scorer
) -> Iterator[FeatureSnapshot]:
    for left, right in pairs:
        try:
            yield snapshot_comparison(engine.compare(left, right, of.profile, of.kind, scorer=scorer))
        except EngineError:
            continue
