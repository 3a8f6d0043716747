"""Feature snapshots: what drift monitoring reads of a prediction, features and categories without the names.

A feature takes two bytes (half precision), and only the block of the kind is kept: 86 bytes for
organisations, 134 for individuals. The comparison computes them anyway, so monitoring reads no name and
computes nothing twice.
"""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine import FEATURE_NAMES, Comparison, Kind, PairFeatures
from matching.engine.organisation.features import ORGANISATION_FEATURES
from matching.engine.person.compare import PERSON_FEATURE_MEANINGS
from matching.engine.text.lexicon import compute_rarity
from matching.engine.text.tokenise import romanise_token
from modelops.monitoring.histograms import FigureSample

_MAX_HALF_FLOAT = 60_000.0
"""Larger values are cut to this one; half precision ends at 65,504."""


def _get_feature_block(kind: str) -> slice:
    """Return the slice of a kind's features in the row of all; the first one belongs to both kinds."""
    organisations = sum(name.startswith("o_") for name in FEATURE_NAMES)
    first = 1 if kind == Kind.ORGANISATION else 1 + organisations
    return slice(first, 1 + organisations if kind == Kind.ORGANISATION else None)


_FEATURE_BLOCKS = {kind.value: _get_feature_block(kind) for kind in Kind}
_FEATURE_MEANINGS = {f"o_{name}": meaning for name, (_, meaning) in ORGANISATION_FEATURES.items()} | {
    f"p_{name}": meaning for name, meaning in PERSON_FEATURE_MEANINGS.items()
}
_FIGURE_NAMES = {
    kind: [_FEATURE_MEANINGS[name] for name in FEATURE_NAMES[block]]
    for kind, block in _FEATURE_BLOCKS.items()
}
"""Names of the numeric figures by kind: what they measure, because people read the drift reports."""


@dataclass(frozen=True, slots=True)
class FeatureSnapshot:
    """The features and categories of one result, for drift monitoring."""

    features: bytes
    traits: dict[str, str]
    probability: float
    verdict: str

    def to_json(self) -> list[Any]:
        """Return a list that JSON can hold."""
        return [b64encode(self.features).decode(), self.traits, self.probability, self.verdict]

    @classmethod
    def from_json(cls, values: Sequence[Any]) -> FeatureSnapshot:
        """Return the snapshot of a list that :meth:`to_json` returned."""
        return cls(b64decode(values[0]), *values[1:])


def snapshot_comparison(comparison: Comparison) -> FeatureSnapshot:
    """Return the snapshot of a comparison."""
    return snapshot_pair(comparison, comparison.material_probability, comparison.verdict.value)


def snapshot_pair(pair: Comparison | PairFeatures, probability: float, verdict: str) -> FeatureSnapshot:
    """Return the snapshot of a pair with its probability and verdict."""
    values = pair.features[_FEATURE_BLOCKS[pair.kind.value]]
    if max(values) > _MAX_HALF_FLOAT:
        values = tuple([min(value, _MAX_HALF_FLOAT) for value in values])
    packed = struct.pack(f"<{len(values)}e", *values)
    return FeatureSnapshot(packed, _compute_mix(pair), round(probability, 4), verdict)


def build_sample(kind: str, rows: Sequence[FeatureSnapshot]) -> FigureSample:
    """Return the figures of results of one kind, without those of an older program with other features."""
    names = _FIGURE_NAMES[kind]
    fitting = [row for row in rows if len(row.features) == 2 * len(names)]
    matrix = _unpack_matrix(b"".join(row.features for row in fitting), len(names))
    numbers = {name: matrix[:, at] for at, name in enumerate(names)}
    numbers["material probability"] = np.array([row.probability for row in fitting], dtype=np.float64)
    labels = {"verdict": [row.verdict for row in fitting]}
    for figure in _LABEL_FIGURES[kind]:
        labels[figure] = [row.traits.get(figure, "") for row in fitting]
    return FigureSample(numbers, labels, len(fitting))


_LABEL_FIGURES = {
    Kind.ORGANISATION.value: ("script", "legal form", "unknown words"),
    Kind.INDIVIDUAL.value: ("script",),
}


def _unpack_matrix(packed: bytes, width: int) -> NDArray[np.float64]:
    return np.frombuffer(packed, dtype="<f2").astype(np.float64).reshape(-1, width)


def _compute_mix(pair: Comparison | PairFeatures) -> dict[str, str]:
    """Return the categories of a pair by figure: scripts; of organisations also form and unknown words."""
    left, right = pair.left, pair.right
    scripts = {"+".join(side.get("scripts", ())) or "none" for side in (left, right)}
    traits = {"script": " - ".join(sorted(scripts))}
    if pair.kind is Kind.ORGANISATION:
        forms = [*left.get("legal_forms", ()), *right.get("legal_forms", ())]
        families = [form["families"][0] for form in forms if form["families"]]
        traits["legal form"] = families[0] if families else "none"
        traits["unknown words"] = _grade_unknown_words([*left.get("stem", ()), *right.get("stem", ())])
    return traits


def _grade_unknown_words(words: Iterable[str]) -> str:
    """Return the share of words that no register holds, in four grades."""
    in_register = [compute_rarity(romanise_token(word)) < 1.0 for word in words]
    share = 1 - sum(in_register) / len(in_register) if in_register else 0.0
    return "none" if share == 0 else "all" if share == 1 else "up to half" if share <= 0.5 else "most"
