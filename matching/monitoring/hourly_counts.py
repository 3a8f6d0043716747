"""Hourly histograms of features and verdicts for drift monitoring, and the references to compare them to."""

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
"""Most pairs of a reference."""

MIN_TRAFFIC = 1_000
"""Fewest predictions of a slice for a reference from traffic; below it the synthetic corpus is used."""

BATCH_SIZE = 2_000
"""Results counted at once, so that memory does not grow with the traffic."""

BULK_SAMPLE_RETENTION = timedelta(days=2)
"""How long samples of bulk jobs are kept; an hour is counted again for a day."""

_LOOKBACK = timedelta(days=30)
"""Age of the oldest traffic in a reference, before the registration of the version."""
_CORPUS_SIZE = 4_000
_SNAPSHOT_COLUMNS = ("model_id", "profile", "kind", "features", "traits", "material_probability", "verdict")


class _SliceKey(NamedTuple):
    """The slice of traffic a result belongs to, as the columns name it."""

    model: str
    profile: str
    kind: str
    source: str


@dataclass
class _SliceTotal:
    """The counts of a slice so far."""

    traffic_slice: TrafficSlice
    reference: Reference
    n: int = 0
    counts: HistogramCounts = field(default_factory=dict)

    def add(self, rows: Sequence[FeatureSnapshot]) -> None:
        """Add results to the counts."""
        sample = build_sample(self.traffic_slice.kind, rows)
        counts = count_histograms(sample, HistogramBinning.from_dict(self.reference.binning))
        self.n += sample.n
        self.counts = sum_histograms([self.counts, counts]) if self.counts else counts


def count_hour(hour: datetime) -> list[HourlyCount]:
    """Count the results of the hour that begins at ``hour``, by slice, and store the counts; repeatable."""
    totals: dict[_SliceKey, _SliceTotal] = {}
    rows = chain(_read_predictions(hour), _read_bulk_samples(hour))
    while batch := list(islice(rows, BATCH_SIZE)):
        for key, snapshots in _group_by_slice(batch).items():
            if key not in totals:
                totals[key] = _create_total(key)
            totals[key].add(snapshots)
    return [_save_total(total, hour) for _, total in sorted(totals.items())]


def delete_old_samples(before: datetime) -> None:
    """Delete the samples of bulk jobs that are older than their retention at the time ``before``."""
    BulkSample.objects.filter(at__lt=before - BULK_SAMPLE_RETENTION).delete()


def get_reference(traffic: TrafficSlice) -> Reference:
    """Return the reference of a slice; build and store one from single requests where there is none."""
    return find_reference(traffic) or build_reference(replace(traffic, source=TrafficSource.SINGLE))


def build_reference(traffic: TrafficSlice) -> Reference:
    """Score recent traffic with the version of the slice, and store the figures as its reference.

    Too little traffic is replaced by the synthetic corpus. It decrypts names, so only workers and commands
    may call it.
    """
    scorer = build_scorer(read_verified_artefact(traffic.model))
    pairs, origin = list(_read_traffic_pairs(traffic)), Reference.Origin.TRAFFIC
    if len(pairs) < MIN_TRAFFIC:
        pairs, origin = list(_sample_corpus_pairs(traffic.kind)), Reference.Origin.CORPUS
    rows = list(_compute_snapshots(pairs, traffic, scorer))
    return reporting.store_reference(traffic, build_sample(traffic.kind, rows), origin)


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
        yield from ((key, FeatureSnapshot.from_json(values)) for values in row.snapshots)


def _group_by_slice(
    rows: Iterable[tuple[_SliceKey, FeatureSnapshot]],
) -> dict[_SliceKey, list[FeatureSnapshot]]:
    groups: dict[_SliceKey, list[FeatureSnapshot]] = {}
    for key, snapshot in rows:
        groups.setdefault(key, []).append(snapshot)
    return groups


def _create_total(key: _SliceKey) -> _SliceTotal:
    model = ModelVersion.objects.select_related("artefact").get(pk=key.model)
    traffic = TrafficSlice(model, key.profile, key.kind, key.source)
    return _SliceTotal(traffic, get_reference(traffic))


def _save_total(total: _SliceTotal, hour: datetime) -> HourlyCount:
    return reporting.store_hourly_count(total.traffic_slice, hour, total.n, total.counts, total.reference)


def _build_snapshot(
    features: bytes, traits: dict[str, str], probability: float, verdict: str
) -> FeatureSnapshot:
    return FeatureSnapshot(bytes(features), traits, float(probability), verdict)


def _read_traffic_pairs(traffic: TrafficSlice) -> Iterator[tuple[str, str]]:
    """Yield the names of the newest predictions of a slice from before its version was registered."""
    earlier = Prediction.objects.filter(
        created_at__lt=traffic.model.created_at,
        created_at__gte=traffic.model.created_at - _LOOKBACK,
    )
    rows = earlier.filter(profile=traffic.profile, kind=traffic.kind, erased_at=None).order_by("-created_at")
    for row in rows.only("name1", "name2")[:REFERENCE_SIZE]:
        yield row.name1, row.name2


def _sample_corpus_pairs(kind: str) -> Iterator[tuple[str, str]]:
    """Yield pairs of a kind in the proportions of the synthetic corpus, always the same ones."""
    fitting = [pair for pair in generate_pairs(CORPUS_SEED, _CORPUS_SIZE) if pair.kind == kind]
    generator = random.Random(CORPUS_SEED)  # noqa: S311 - a sample, not a secret
    for pair in generator.sample(fitting, min(REFERENCE_SIZE, len(fitting))):
        yield pair.left, pair.right


def _compute_snapshots(
    pairs: Iterable[tuple[str, str]], traffic: TrafficSlice, scorer: Scorer
) -> Iterator[FeatureSnapshot]:
    for left, right in pairs:
        try:
            yield snapshot_comparison(
                engine.compare(left, right, traffic.profile, traffic.kind, scorer=scorer)
            )
        except EngineError:
            continue
