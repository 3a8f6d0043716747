"""Labelled pairs as arrays: features, and flags for what the rules leave to a model.

Does not import scikit-learn, so that a web process can use it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine import Kind, Score, Thresholds, Verdict, extract_features, score_many
from matching.training.synthetic import LabelledPair

ProgressReporter = Callable[[str], None]

SYNTHETIC_SOURCE = "constructed"
"""Source of the generated pairs."""

_TAG_PATTERN = re.compile(r"(?:org |ind )?[A-Za-z0-9_+-]{1,40}(?: - [a-z+]{1,40})?")
"""Tags, sources and slices that cannot contain a name, as opposed to free text."""


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """Pairs as arrays with one row per pair.

    ``needs_model``: the probability comes from the model. ``may_be_immaterial``: the model can decide
    *immaterial* alone. ``is_immaterial_by_rule``: a rule decides *immaterial*.
    """

    pairs: tuple[LabelledPair, ...]
    kinds: NDArray[np.str_]
    features: NDArray[np.float64]
    needs_model: NDArray[np.bool_]
    may_be_immaterial: NDArray[np.bool_]
    is_immaterial_by_rule: NDArray[np.bool_]


class NeutralScorer:
    """A scorer with probability 0.5 for every pair; its scores show what the rules leave to a model."""

    name = "probe"
    version = "0"

    def get_thresholds(self, kind: Kind) -> Thresholds:
        """Return thresholds under which everything a model can decide is immaterial."""
        return Thresholds(0.5, 2.0)

    def predict_probability(self, row: Sequence[float]) -> float:
        """Return 0.5."""
        return 0.5

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return 0.5 for each row."""
        return [0.5] * len(rows)

    def compute_contributions(self, row: Sequence[float]) -> dict[str, float]:
        """Return no contributions."""
        return {}


def score_pairs(pairs: Sequence[LabelledPair], profile: str, scorer: Any = None) -> list[Score | ValueError]:
    """Score labelled pairs in order, each under its own kind."""
    scores: dict[int, Score | ValueError] = {}
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        places = [at for at, pair in enumerate(pairs) if pair.kind == kind]
        of_kind = score_many([(pairs[at].left, pairs[at].right) for at in places], profile, kind, scorer)
        scores.update(zip(places, of_kind, strict=True))
    return [scores[at] for at in range(len(pairs))]


def build_dataset(pairs: Iterable[LabelledPair], report: ProgressReporter) -> LabelledDataset:
    """Compute features and flags of every readable pair; ``report`` gets the progress and the counts."""
    kept, kinds, rows, unreadable = [], [], [], 0
    for at, pair in enumerate(pairs, start=1):
        try:
            kind, row = extract_features(pair.left, pair.right, pair.kind)
        except ValueError:
            unreadable += 1
            continue
        kept.append(pair)
        kinds.append(kind.value)
        rows.append(row)
        if at % 20_000 == 0:
            report(f"{at:,} pairs read")
    report(f"{len(kept):,} pairs read, {unreadable} could not be")
    return _flag_rows(kept, kinds, np.array(rows))


def _flag_rows(pairs: list[LabelledPair], kinds: list[str], features: NDArray[np.float64]) -> LabelledDataset:
    """Flag the measured pairs: those of files, or generated ones where there are no others."""
    measured = [at for at, pair in enumerate(pairs) if pair.source != SYNTHETIC_SOURCE] or range(len(pairs))
    scores = score_pairs([pairs[at] for at in measured], "general", NeutralScorer())
    needs_model, is_immaterial = np.ones(len(pairs), dtype=bool), np.zeros(len(pairs), dtype=bool)
    for at, score in zip(measured, scores, strict=True):
        if isinstance(score, Score):
            needs_model[at] = score.material_probability == 0.5
            is_immaterial[at] = score.verdict is Verdict.IMMATERIAL
    return LabelledDataset(
        pairs=tuple(pairs),
        kinds=np.array(kinds),
        features=features,
        needs_model=needs_model,
        may_be_immaterial=needs_model & is_immaterial,
        is_immaterial_by_rule=~needs_model & is_immaterial,
    )


def is_safe_label(text: str) -> bool:
    """Return whether a tag, source or slice is a code of a program, not free text that could hold a name."""
    return _TAG_PATTERN.fullmatch(text) is not None


def get_safe_tag(pair: LabelledPair) -> str:
    """Return the category that the file or the corpus gives a pair; ``other`` for free text."""
    return pair.category if is_safe_label(pair.category) else "other"


def compute_digests(pairs: Iterable[LabelledPair]) -> dict[str, dict[str, Any]]:
    """Return the number of pairs of each source and the SHA-256 over them in order."""
    hashes: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    for pair in pairs:
        line = "\x1f".join((pair.left, pair.right, str(int(pair.material)), pair.kind)) + "\n"
        source = pair.source if is_safe_label(pair.source) else "file"
        hashes.setdefault(source, hashlib.sha256()).update(line.encode("utf-8", "surrogatepass"))
        counts[source] += 1
    return {
        source: {"pairs": counts[source], "sha256": digest.hexdigest()} for source, digest in hashes.items()
    }
