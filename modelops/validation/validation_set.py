"""The exam of a model: held-out rows of numbers with known answers, kept with the version that must pass it.

Only rows a model can change are in it: what rules decide is the same under every model. There is no name in
an exam, only features, labels and the slices a row belongs to, so a candidate and the champion of the day can
sit the same one whenever somebody asks.
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
    """Where a probability decides alone."""

    @property
    def immaterial_below(self) -> float:
        """Highest probability decided as immaterial."""

    @property
    def material_above(self) -> float:
        """Lowest probability decided as material."""


class BatchScorer(Protocol):
    """What sits an exam: rows in, probabilities of *material* out."""

    def predict_probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """Calibrated probabilities of many rows."""


@dataclass(frozen=True)
class ValidationSet:
    """Rows with known answers.

    ``slices`` names, per dimension (kind, script, ...), the slice of each row; ``+`` joins several. ``open``
    says per profile which rows it leaves to the model, ``free`` which of those may be *immaterial*.
    """

    features: FloatArray
    labels: BoolArray
    slices: Mapping[str, StringArray]
    model_decides: Mapping[str, BoolArray]
    may_be_immaterial: Mapping[str, BoolArray]

    def __len__(self) -> int:
        return len(self.labels)

    def score_with(self, pupil: BatchScorer) -> FloatArray:
        """Return the probabilities a model gives every row."""
        return np.asarray(pupil.predict_probabilities(self.features), dtype=np.float64)  # type: ignore[arg-type]

    def compute_verdicts(
        self, said: FloatArray, bands: Mapping[str, DecisionThresholds], profile: str
    ) -> IntArray:
        """Return the verdict of every row under a profile: 0 immaterial, 1 review, 2 material."""
        kinds = self.slices["kind"]
        below = np.array([bands[kind].immaterial_below for kind in kinds])
        above = np.array([bands[kind].material_above for kind in kinds])
        settled = np.where((said <= below) & self.may_be_immaterial[profile], IMMATERIAL, REVIEW)
        return np.where(said >= above, MATERIAL, settled)

    def list_slices(self, fewest: int) -> list[tuple[str, str, BoolArray]]:
        """Return every slice with at least that many rows: its dimension, its name, its rows."""
        found = []
        for dimension, names in self.slices.items():
            parts = [frozenset(name.split("+")) for name in names]
            for slice_ in sorted(set().union(*parts)):
                inside = np.array([slice_ in part for part in parts], dtype=bool)
                if inside.sum() >= fewest:
                    found.append((dimension, slice_, inside))
        return found + [
            ("profile", name, rows) for name, rows in self.model_decides.items() if rows.sum() >= fewest
        ]


def pack_validation_set(exam: ValidationSet) -> bytes:
    """Return the exam as compressed bytes."""
    columns: dict[str, Any] = {"features": exam.features, "labels": exam.labels}
    for prefix, part in (
        ("slices", exam.slices),
        ("open", exam.model_decides),
        ("free", exam.may_be_immaterial),
    ):
        columns |= {f"{prefix}/{name}": column for name, column in part.items()}
    target = io.BytesIO()
    np.savez_compressed(target, **columns)
    return target.getvalue()


def unpack_validation_set(content: bytes) -> ValidationSet:
    """Return the exam of :func:`packed` bytes. Raises ``ValueError`` or ``KeyError`` for other bytes."""
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
