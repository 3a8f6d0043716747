"""Labelled pairs as numbers: rows of features, and marks of what rules leave to a model.

Light: a web process may use it, because it brings no scikit-learn.
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
"""Source of the pairs the corpus makes."""

_TAG_PATTERN = re.compile(r"(?:org |ind )?[A-Za-z0-9_+-]{1,40}(?: - [a-z+]{1,40})?")
"""Tags, sources and slices that are words of a program, not free text in which a name could stand."""


@dataclass(frozen=True, slots=True)
class LabelledDataset:
    """Pairs as arrays. ``depends``: the answer depends on the model; ``decided``: it may decide alone;
    ``settled``: a rule decides *immaterial*.
    """

    pairs: tuple[LabelledPair, ...]
    kinds: NDArray[np.str_]
    features: NDArray[np.float64]
    needs_model: NDArray[np.bool_]
    may_be_immaterial: NDArray[np.bool_]
    is_immaterial_by_rule: NDArray[np.bool_]


class NeutralScorer:
    """A scorer that never knows: what is answered under it shows what the rules leave to a model."""

    name = "probe"
    version = "0"

    def get_thresholds(self, kind: Kind) -> Thresholds:
        """Decide everything as immaterial that a model may decide."""
        return Thresholds(0.5, 2.0)

    def predict_probability(self, row: Sequence[float]) -> float:
        """Even odds."""
        return 0.5

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Even odds for each."""
        return [0.5] * len(rows)

    def compute_contributions(self, row: Sequence[float]) -> dict[str, float]:
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


def build_dataset(pairs: Iterable[LabelledPair], report: ProgressReporter) -> LabelledDataset:
    """Features and marks of every pair that can be read; the report counts the others."""
    kept, kinds, rows, unread = [], [], [], 0
    for at, pair in enumerate(pairs, start=1):
        try:
            kind, row = extract_features(pair.left, pair.right, pair.kind)
        except ValueError:
            unread += 1
            continue
        kept.append(pair)
        kinds.append(kind.value)
        rows.append(row)
        if at % 20_000 == 0:
            report(f"{at:,} pairs read")
    report(f"{len(kept):,} pairs read, {unread} could not be")
    return _mark_rows(kept, kinds, np.array(rows))


def _mark_rows(pairs: list[LabelledPair], kinds: list[str], features: NDArray[np.float64]) -> LabelledDataset:
    """Marks matter for measured pairs only: constructed ones are spared the work where there are others."""
    measured = [at for at, pair in enumerate(pairs) if pair.source != SYNTHETIC_SOURCE] or range(len(pairs))
    even, same = np.ones(len(pairs), dtype=bool), np.zeros(len(pairs), dtype=bool)
    for at, answer in zip(
        measured, score_pairs([pairs[at] for at in measured], "general", NeutralScorer()), strict=True
    ):
        if isinstance(answer, Score):
            even[at] = answer.material_probability == 0.5
            same[at] = answer.verdict is Verdict.IMMATERIAL
    return LabelledDataset(tuple(pairs), np.array(kinds), features, even, even & same, ~even & same)


def is_safe_label(text: str) -> bool:
    """Whether a tag, source or slice is a word of a program, not free text in which a name could stand."""
    return _TAG_PATTERN.fullmatch(text) is not None


def get_safe_tag(pair: LabelledPair) -> str:
    """What kind of difference a pair shows, as a file or the corpus says; ``other`` for free text."""
    return pair.category if is_safe_label(pair.category) else "other"


def compute_digests(pairs: Iterable[LabelledPair]) -> dict[str, dict[str, Any]]:
    """Per source, how many pairs there are and the SHA-256 over all of them in order: what was trained on."""
    hashes: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    for pair in pairs:
        line = "\x1f".join((pair.left, pair.right, str(int(pair.material)), pair.kind)) + "\n"
        source = pair.source if is_safe_label(pair.source) else "file"
        hashes.setdefault(source, hashlib.sha256()).update(line.encode("utf-8", "surrogatepass"))
        counts[source] += 1
    return {
        source: {"pairs": counts[source], "sha256": found.hexdigest()} for source, found in hashes.items()
    }
