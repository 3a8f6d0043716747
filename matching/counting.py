"""Counting the answers of an hour for those who watch, and what they are compared with."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from matching import engine
from matching.corpus import generate
from matching.engine import EngineError, Scorer
from matching.models import Prediction
from matching.observation import Observed, observed, sample
from matching.services import build_scorer
from modelops import watching
from modelops.loader import verified_content
from modelops.models import ModelVersion
from modelops.watch_models import HourlyCount, Reference
from modelops.watching import HOUR
from modelops.windows import Slice

SEED = 20
REFERENCE_SIZE = 2_000
"""Pairs a reference rests on."""

ENOUGH_TRAFFIC = 1_000
"""Answers under a profile, at least, before traffic is the reference instead of the corpus."""

_LOOKED_BACK = timedelta(days=30)
_CORPUS_SIZE = 4_000
_COLUMNS = ("model_id", "profile", "kind", "features", "mix", "material_probability", "verdict")


def count_hour(hour: datetime) -> list[HourlyCount]:
    """Count the answers given from ``hour`` to the next, by version, profile and kind; twice is the same."""
    groups: dict[tuple[str, str, str], list[Observed]] = {}
    rows = Prediction.objects.filter(created_at__gte=hour, created_at__lt=hour + HOUR).order_by()
    for model_id, profile, kind, *rest in rows.values_list(*_COLUMNS).iterator(chunk_size=2_000):
        groups.setdefault((str(model_id), profile, kind), []).append(_observed(*rest))
    versions = ModelVersion.objects.select_related("artefact").in_bulk({model for model, _, _ in groups})
    by_id = {str(pk): version for pk, version in versions.items()}
    return [
        _count(Slice(by_id[model], profile, kind), hour, rows_)
        for (model, profile, kind), rows_ in sorted(groups.items())
    ]


def reference(of: Slice) -> Reference:
    """Return what a slice is compared with; frozen now where there is none yet."""
    return Reference.objects.newest(of.model.pk, of.profile, of.kind) or freeze(of)


def freeze(of: Slice) -> Reference:
    """Answer recent traffic (the corpus, where there is too little) by the version, and keep the figures.

    Reads names, so it runs in workers and commands only.
    """
    scorer = build_scorer(verified_content(of.model))
    pairs, origin = list(_traffic(of)), Reference.Origin.TRAFFIC
    if len(pairs) < ENOUGH_TRAFFIC:
        pairs, origin = list(_corpus(of.kind)), Reference.Origin.CORPUS
    rows = list(_answers(pairs, of, scorer))
    return watching.freeze(of, sample(of.kind, rows), origin)


def _count(of: Slice, hour: datetime, rows: list[Observed]) -> HourlyCount:
    return watching.count_hour(of, hour, sample(of.kind, rows), reference(of))


def _observed(features: bytes, mix: dict[str, str], probability: float, verdict: str) -> Observed:
    return Observed(bytes(features), mix, float(probability), verdict)


def _traffic(of: Slice) -> Iterator[tuple[str, str]]:
    """Pairs that other versions answered, the newest before this one was registered."""
    earlier = Prediction.objects.filter(
        created_at__lt=of.model.created_at, created_at__gte=of.model.created_at - _LOOKED_BACK
    )
    rows = earlier.filter(profile=of.profile, kind=of.kind, erased_at=None).order_by("-created_at")
    for row in rows.only("name1", "name2")[:REFERENCE_SIZE]:
        yield row.name1, row.name2


def _corpus(kind: str) -> Iterator[tuple[str, str]]:
    """Pairs of a kind in the proportions of the corpus; the same ones every time."""
    fitting = [pair for pair in generate(SEED, _CORPUS_SIZE) if pair.kind == kind]
    dice = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    for pair in dice.sample(fitting, min(REFERENCE_SIZE, len(fitting))):
        yield pair.left, pair.right


def _answers(pairs: Iterable[tuple[str, str]], of: Slice, scorer: Scorer) -> Iterator[Observed]:
    for left, right in pairs:
        try:
            yield observed(engine.compare(left, right, of.profile, of.kind, scorer=scorer))
        except EngineError:
            continue
