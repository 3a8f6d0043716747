"""From labelled pairs to a trained, shipped model: rows of features, marks, artefact and model card.

What is trained here never sees a name: names become features, and rules say which pairs a model decides at
all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops.io
from numpy.typing import NDArray

from matching.corpus import LabelledPair, Part, part
from matching.engine import (
    FEATURE_NAMES,
    MONOTONE,
    Kind,
    Score,
    Thresholds,
    Verdict,
    feature_schema_hash,
    features_of,
    score_many,
)
from modelops import training
from modelops.training import TrainedModel

Report = Callable[[str], None]

MODEL_NAME = "legal-names"
CONSTRUCTED = "constructed"
"""Source of the pairs the corpus makes."""
HELD_OUT = 0.2
"""Share of the entities of real pairs that is never trained on, and that results are reported on."""
CONSTRUCTED_WEIGHT = 0.04
"""What a constructed pair weighs against a real one, beside the weight of its recipe."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pairs as arrays. ``depends``: the answer depends on the model; ``decided``: it may decide alone;
    ``settled``: a rule decides *immaterial*.
    """

    pairs: tuple[LabelledPair, ...]
    kinds: NDArray[np.str_]
    features: NDArray[np.float64]
    depends: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    settled: NDArray[np.bool_]


class _Probe:
    """A scorer that never knows: what is answered under it shows what the rules leave to a model."""

    name = "probe"
    version = "0"

    def thresholds(self, kind: Kind) -> Thresholds:
        """Decide everything as immaterial that a model may decide."""
        return Thresholds(0.5, 2.0)

    def probability(self, row: Sequence[float]) -> float:
        """Even odds."""
        return 0.5

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Even odds for each."""
        return [0.5] * len(rows)

    def contributions(self, row: Sequence[float]) -> dict[str, float]:
        """Nothing."""
        return {}


def score_pairs(pairs: Sequence[LabelledPair], profile: str, scorer: Any = None) -> list[Score | ValueError]:
    """Answers for labelled pairs in order, each under its own kind."""
    found: dict[int, Score | ValueError] = {}
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        places = [at for at, pair in enumerate(pairs) if pair.kind == kind]
        answers = score_many([(pairs[at].left, pairs[at].right) for at in places], profile, kind, scorer)
        found.update(zip(places, answers, strict=True))
    return [found[at] for at in range(len(pairs))]


def dataset(pairs: Iterable[LabelledPair], report: Report) -> Dataset:
    """Features and marks of every pair that can be read; the report counts the others."""
    kept, kinds, rows, unread = [], [], [], 0
    for at, pair in enumerate(pairs, start=1):
        try:
            kind, row = features_of(pair.left, pair.right, pair.kind)
        except ValueError:
            unread += 1
            continue
        kept.append(pair)
        kinds.append(kind.value)
        rows.append(row)
        if at % 20_000 == 0:
            report(f"{at:,} pairs read")
    report(f"{len(kept):,} pairs read, {unread} could not be")
    return _marked(kept, kinds, np.array(rows))


def _marked(pairs: list[LabelledPair], kinds: list[str], features: NDArray[np.float64]) -> Dataset:
    """Marks matter for measured pairs only: constructed ones are spared the work where there are others."""
    measured = [at for at, pair in enumerate(pairs) if pair.source != CONSTRUCTED] or range(len(pairs))
    even, same = np.ones(len(pairs), dtype=bool), np.zeros(len(pairs), dtype=bool)
    for at, answer in zip(
        measured, score_pairs([pairs[at] for at in measured], "general", _Probe()), strict=True
    ):
        if isinstance(answer, Score):
            even[at] = answer.material_probability == 0.5
            same[at] = answer.verdict is Verdict.IMMATERIAL
    return Dataset(tuple(pairs), np.array(kinds), features, even, even & same, ~even & same)


def train(data: Dataset, seed: int, report: Report) -> TrainedModel:
    """Train on everything but the held-out entities of real pairs (of all pairs, where none is real)."""
    real = np.array([pair.source != CONSTRUCTED for pair in data.pairs])
    measured = real if real.any() else np.ones(len(real), dtype=bool)
    parts = np.array([part(pair, HELD_OUT, seed) for pair in data.pairs])
    chosen = np.flatnonzero(~measured | (parts == Part.TRAIN))
    weights = np.array([_weight(pair) for pair in data.pairs])
    report(f"training on {len(chosen):,} pairs, {int(measured[chosen].sum()):,} of them measured")
    return training.fit(
        data.features[chosen],
        [int(data.pairs[at].material) for at in chosen],
        [data.pairs[at].entity for at in chosen],
        weights[chosen],
        FEATURE_NAMES,
        MONOTONE,
        counted=(measured & data.depends)[chosen],
        decided=data.decided[chosen],
        settled=(measured & data.settled)[chosen],
        slices=data.kinds[chosen],
        seed=seed,
        report=report,
    )


def held_out_pairs(data: Dataset, seed: int) -> list[LabelledPair]:
    """The pairs of real entities (of all, where none is real) that training left out."""
    real = any(pair.source != CONSTRUCTED for pair in data.pairs)
    candidates = [pair for pair in data.pairs if not real or pair.source != CONSTRUCTED]
    return [pair for pair in candidates if part(pair, HELD_OUT, seed) is Part.HELD_OUT]


def _weight(pair: LabelledPair) -> float:
    return pair.weight * (CONSTRUCTED_WEIGHT if pair.source == CONSTRUCTED else 1.0)


def save(trained: TrainedModel, folder: Path, version: str, command: str) -> bytes:
    """Write ``model.skops`` and ``model.json`` into a folder; return the bytes of the latter.

    The version carries the beginning of the estimator's digest: every training has a version of its own, and
    an installation registers it beside the one it has. What the serving side must check is in ``model.json``:
    schema hash, digest of the estimator, library versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    estimator = skops.io.dumps(trained.estimator)
    digest = hashlib.sha256(estimator).hexdigest()
    (folder / "model.skops").write_bytes(estimator)
    settings = {
        "command": command,
        "trained_on": datetime.now(UTC).date().isoformat(),
        "estimator_sha256": digest,
        "libraries": {
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "skops": skops.__version__,
        },
        "calibration": trained.calibration,
        "metrics": dict(trained.metrics),
    }
    compiled = training.compile(
        replace(trained, settings=settings), MODEL_NAME, f"{version}+{digest[:8]}", feature_schema_hash()
    )
    content = json.dumps(compiled, separators=(",", ":"), sort_keys=True).encode()
    (folder / "model.json").write_bytes(content)
    return content
