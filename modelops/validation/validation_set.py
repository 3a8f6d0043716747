"""Validation sets: held-out rows of numbers with labels, stored with the version they validate.

A set holds only rows that depend on the model: what rules decide is the same under every model. It contains
no name, only features, labels and slices, so candidate and champion are scored on the same rows at any time.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from modelops.arrays import BoolArray, FloatArray, IntArray, StringArray

IMMATERIAL, REVIEW, MATERIAL = 0, 1, 2


class DecisionThresholds(Protocol):
    """The thresholds at which a probability decides without review."""

    @property
    def immaterial_below(self) -> float:
        """Highest probability decided as immaterial."""

    @property
    def material_above(self) -> float:
        """Lowest probability decided as material."""


class BatchScorer(Protocol):
    """A model that scores many rows at once."""

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Return the calibrated probability of *material* of every row."""


@dataclass(frozen=True)
class ValidationSet:
    """Labelled rows (``True`` is *material*).

    ``slices`` names, by dimension (kind, script, ...), the slice of each row; ``+`` joins several.
    ``model_decides`` marks, by profile, the rows it leaves to the model; ``may_be_immaterial`` those of them
    that may be *immaterial*.
    """

    features: FloatArray
    labels: BoolArray
    slices: Mapping[str, StringArray]
    model_decides: Mapping[str, BoolArray]
    may_be_immaterial: Mapping[str, BoolArray]

    def __len__(self) -> int:
        return len(self.labels)

    def score_with(self, scorer: BatchScorer) -> FloatArray:
        """Return the probability of *material* of every row."""
        return np.asarray(scorer.predict_probabilities(self.features), dtype=np.float64)  # type: ignore[arg-type]

    def compute_verdicts(
        self, probabilities: FloatArray, bands: Mapping[str, DecisionThresholds], profile: str
    ) -> IntArray:
        """Return the verdict of every row under a profile: 0 immaterial, 1 review, 2 material."""
        kinds = self.slices["kind"]
        below = np.array([bands[kind].immaterial_below for kind in kinds])
        above = np.array([bands[kind].material_above for kind in kinds])
        low = np.where((probabilities <= below) & self.may_be_immaterial[profile], IMMATERIAL, REVIEW)
        return np.where(probabilities >= above, MATERIAL, low)

    def list_slices(self, min_rows: int) -> list[tuple[str, str, BoolArray]]:
        """Return dimension, name and row mask of every slice with at least ``min_rows`` rows."""
        slices = []
        for dimension, names in self.slices.items():
            parts = [frozenset(name.split("+")) for name in names]
            for slice_ in sorted(set().union(*parts)):
                inside = np.array([slice_ in part for part in parts], dtype=bool)
                if inside.sum() >= min_rows:
                    slices.append((dimension, slice_, inside))
        return slices + [
            ("profile", name, rows) for name, rows in self.model_decides.items() if rows.sum() >= min_rows
        ]


def pack_validation_set(validation_set: ValidationSet) -> bytes:
    """Return a validation set as compressed bytes."""
    columns: dict[str, Any] = {"features": validation_set.features, "labels": validation_set.labels}
    for prefix, part in (
        ("slices", validation_set.slices),
        ("open", validation_set.model_decides),
        ("free", validation_set.may_be_immaterial),
    ):
        columns |= {f"{prefix}/{name}": column for name, column in part.items()}
    target = io.BytesIO()
    np.savez_compressed(target, **columns)
    return target.getvalue()


def unpack_validation_set(content: bytes) -> ValidationSet:
    """Return the validation set of packed bytes. Raises ``ValueError`` or ``KeyError`` for other bytes."""
    with np.load(io.BytesIO(content), allow_pickle=False) as columns:
        return ValidationSet(
            columns["features"],
            columns["labels"],
            *(
                {name: columns[f"{part}/{name}"] for name in _list_column_names(columns, part)}
                for part in _COLUMN_GROUPS
            ),
        )


_COLUMN_GROUPS = ("slices", "open", "free")


def _list_column_names(columns: Mapping[str, Any], part: str) -> list[str]:
    return [name.removeprefix(f"{part}/") for name in columns if name.startswith(f"{part}/")]
