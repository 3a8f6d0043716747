"""Additive models as plain numbers: boosted trees or a linear score, evaluated without scikit-learn.

Scores are log-odds. One row costs tens of microseconds, a batch less for each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.execution import COMPILED, EXECUTION
from matching.engine.model.leaves import LeafLoops, LeafMasks, Tree, list_leaf_paths

FloatArray = NDArray[np.float64]


class Forest:
    """A sum of trees over named features.

    numpy finds and adds the leaves that the masks of rows leave (:class:`LeafMasks`), or loops where they are
    machine code (:class:`LeafLoops`). Raises :class:`ValueError` when a tree has too many leaves or uses a
    feature beyond ``features``.
    """

    def __init__(self, baseline: float, trees: Sequence[Tree], features: int) -> None:
        if any(max(tree.feature) >= features for tree in trees):
            raise ValueError("A tree asks for a feature that does not exist.")
        self.baseline = baseline
        self.trees = tuple(trees)
        self._masks = LeafMasks(trees, features)
        self._loops = LeafLoops(self._masks) if EXECUTION == COMPILED else None
        grown = self._masks.leaves
        self._leaf_values = np.array([value for leaves in grown for value in leaves])
        self._leaf_offsets = np.cumsum([0, *[len(leaves) for leaves in grown[:-1]]]) - 1
        self._latest: tuple[Sequence[float], bytes] = [], b""

    def score(self, row: Sequence[float]) -> float:
        """Return the log-odds of one row."""
        masks = self._find_row_masks(row)
        if self._loops:
            return self.baseline + self._loops.add_values(masks)
        return float(self._sum_leaves(self._find_leaves([masks]))[0])

    def score_rows(self, rows: Sequence[Sequence[float]]) -> FloatArray:
        """Return the log-odds of many rows."""
        if self._loops:
            return np.array([self.score(row) for row in rows])
        return self._sum_leaves(self._find_leaves([self._masks.find(row) for row in rows]))

    def compute_contributions(self, row: Sequence[float]) -> dict[int, float]:
        """Return what each feature adds to the score of one row along its paths; key -1 is the baseline."""
        features, shares = self._leaf_paths
        leaves = self._find_leaves([self._find_row_masks(row)])[0]
        added = np.bincount(features[leaves].ravel(), shares[leaves].ravel())
        found = {at: share for at, share in enumerate(added.tolist()) if share}
        return {**found, -1: self._mean_score}

    def explain_score(self, row: Sequence[float]) -> tuple[float, dict[int, float]]:
        """Return the log-odds of one row with its contributions."""
        return self.score(row), self.compute_contributions(row)

    def _find_row_masks(self, row: Sequence[float]) -> bytes:
        """Return the masks of one row; those of the row asked for last are kept, to explain its score."""
        known, masks = self._latest
        if row is not known or not isinstance(row, tuple):
            masks = self._loops.find(tuple(row)) if self._loops else self._masks.find(row)
            self._latest = row, masks
        return masks

    def _find_leaves(self, rows: Sequence[bytes]) -> NDArray[np.int64]:
        """Return the leaf that every row (down) reaches in every tree (across), numbered over all trees."""
        masks = np.frombuffer(b"".join(rows), f"<u{self._masks.mask_bytes}").reshape(len(rows), -1)
        lowest = (masks & -masks).astype(np.float64)
        leaves: NDArray[np.int64] = np.frexp(lowest)[1] + self._leaf_offsets
        return leaves

    def _sum_leaves(self, leaves: NDArray[np.int64]) -> FloatArray:
        sums: FloatArray = self.baseline + self._leaf_values.take(leaves).sum(axis=1)
        return sums

    @cached_property
    def _mean_score(self) -> float:
        return self.baseline + sum([tree.value[0] for tree in self.trees], 0.0)

    @cached_property
    def _leaf_paths(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return, for every leaf of every tree, the features on its path and what each of them adds."""
        paths = [path for tree in self.trees for path in list_leaf_paths(tree, 0, {})]
        longest = max([len(path) for path in paths])
        padded = [[*path.items(), *[(0, 0.0)] * (longest - len(path))] for path in paths]
        return np.array([[at for at, _ in path] for path in padded]), np.array(
            [[share for _, share in path] for path in padded]
        )


class LinearModel:
    """A weighted sum of standardised features."""

    def __init__(
        self, intercept: float, coefficients: FloatArray, means: FloatArray, scales: FloatArray
    ) -> None:
        self._weights = coefficients / scales
        self._means = means
        self.intercept = intercept

    def score(self, row: Sequence[float]) -> float:
        """Return the log-odds of one row."""
        return float(self.score_rows([row])[0])

    def score_rows(self, rows: Sequence[Sequence[float]]) -> FloatArray:
        """Return the log-odds of many rows."""
        scores: FloatArray = self.intercept + (np.asarray(rows, dtype=float) - self._means) @ self._weights
        return scores

    def compute_contributions(self, row: Sequence[float]) -> dict[int, float]:
        """Return what each feature adds; key -1 is the baseline (the score of a row of zeros)."""
        added = {at: float(value * self._weights[at]) for at, value in enumerate(row) if value}
        added[-1] = self.intercept - float(self._means @ self._weights)
        return added

    def explain_score(self, row: Sequence[float]) -> tuple[float, dict[int, float]]:
        """Return the log-odds of one row with its contributions."""
        return self.score(row), self.compute_contributions(row)


AdditiveModel = Forest | LinearModel


def build_additive_model(model: Mapping[str, Any], features: int) -> AdditiveModel:
    """Return the model of a compiled artefact.

    Raises :class:`ValueError` or :class:`KeyError` for a damaged one.
    """
    if model["form"] == "linear":
        vectors = [np.asarray(model[part], dtype=float) for part in ("coefficients", "means", "scales")]
        if any(vector.shape != (features,) for vector in vectors):
            raise ValueError("The linear model has another number of features.")
        return LinearModel(float(model["intercept"]), *vectors)
    if model["form"] == "forest":
        return Forest(float(model["baseline"]), [Tree(*tree) for tree in model["trees"]], features)
    raise ValueError(f"Models of form {model['form']!r} are not known.")
