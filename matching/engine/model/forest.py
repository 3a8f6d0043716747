"""Additive models as plain numbers: boosted trees or a linear score, evaluated without scikit-learn.

Scores are log-odds. One row costs tens of microseconds, a batch less for each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property, reduce
from itertools import accumulate, compress
from operator import and_
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
MAX_LEAVES = 64


class Tree(NamedTuple):
    """One tree in arrays: ``feature`` is -1 at a leaf; ``value`` is the mean score below every node."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    value: Sequence[float]


class Forest:
    """A sum of trees over named features.

    One integer holds a bit mask a tree, with one bit a leaf; each split that a row exceeds clears the leaves
    on its left, and the lowest remaining leaf is the one the row reaches (QuickScorer: Lucchese and
    others, SIGIR 2015). Raises :class:`ValueError` when a tree has more leaves than :data:`MAX_LEAVES` or
    uses a feature beyond ``features``.
    """

    def __init__(self, baseline: float, trees: Sequence[Tree], features: int) -> None:
        if any(max(tree.feature) >= features for tree in trees):
            raise ValueError("A tree asks for a feature that does not exist.")
        grown = [_flatten_tree(tree) for tree in trees]
        most = max([len(leaves) for leaves, _ in grown])
        if most > MAX_LEAVES:
            raise ValueError(f"A tree has more than {MAX_LEAVES} leaves.")
        self.baseline = baseline
        self.trees = tuple(trees)
        self._mask_dtype = next(np.dtype(f"<u{size}") for size in (1, 2, 4, 8) if most <= 8 * size)
        bits = 8 * self._mask_dtype.itemsize
        self._full_mask = (1 << bits * len(trees)) - 1
        self._feature_range = range(features)
        self._feature_splits = _group_by_feature(
            [splits for _, splits in grown], self._full_mask, features, bits
        )
        self._zero_mask = reduce(
            and_, [masks[bisect_left(at, 0.0)] for at, masks in self._feature_splits], self._full_mask
        )
        self._leaf_values = np.array([value for leaves, _ in grown for value in leaves])
        self._leaf_offsets = np.cumsum([0, *[len(leaves) for leaves, _ in grown[:-1]]]) - 1
        self._latest: tuple[Sequence[float], NDArray[np.int64]] = [], np.zeros((1, 0), np.int64)

    def score(self, row: Sequence[float]) -> float:
        """Return the log-odds of one row."""
        return float(self._sum_leaves(self._find_row_leaves(row))[0])

    def score_rows(self, rows: Sequence[Sequence[float]]) -> FloatArray:
        """Return the log-odds of many rows."""
        return self._sum_leaves(self._find_leaves(rows))

    def compute_contributions(self, row: Sequence[float]) -> dict[int, float]:
        """Return what each feature adds to the score of one row along its paths; key -1 is the baseline."""
        return self.explain_score(row)[1]

    def explain_score(self, row: Sequence[float]) -> tuple[float, dict[int, float]]:
        """Return the log-odds of one row with its contributions."""
        leaves = self._find_row_leaves(row)
        return float(self._sum_leaves(leaves)[0]), self._sum_contributions(leaves[0])

    def _find_row_leaves(self, row: Sequence[float]) -> NDArray[np.int64]:
        """Return the leaves of one row; those of the row asked for last are kept, to explain its score."""
        known, leaves = self._latest
        if row is not known or not isinstance(row, tuple):
            leaves = self._find_leaves([row])
            self._latest = row, leaves
        return leaves

    def _sum_leaves(self, leaves: NDArray[np.int64]) -> FloatArray:
        sums: FloatArray = self.baseline + self._leaf_values.take(leaves).sum(axis=1)
        return sums

    def _sum_contributions(self, leaves: NDArray[np.int64]) -> dict[int, float]:
        features, shares = self._leaf_paths
        added = np.bincount(features[leaves].ravel(), shares[leaves].ravel())
        found = {at: share for at, share in enumerate(added.tolist()) if share}
        return {**found, -1: self._mean_score}

    @cached_property
    def _mean_score(self) -> float:
        return self.baseline + sum([tree.value[0] for tree in self.trees], 0.0)

    @cached_property
    def _leaf_paths(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return, for every leaf of every tree, the features on its path and what each of them adds."""
        paths = [path for tree in self.trees for path in _list_leaf_paths(tree, 0, {})]
        longest = max([len(path) for path in paths])
        padded = [[*path.items(), *[(0, 0.0)] * (longest - len(path))] for path in paths]
        return np.array([[at for at, _ in path] for path in padded]), np.array(
            [[share for _, share in path] for path in padded]
        )

    def _find_leaves(self, rows: Sequence[Sequence[float]]) -> NDArray[np.int64]:
        """Return the leaf that every row (down) reaches in every tree (across), numbered over all trees."""
        size = self._mask_dtype.itemsize * len(self.trees)
        remaining = b"".join([self._find_remaining_leaves(row).to_bytes(size, "little") for row in rows])
        masks = np.frombuffer(remaining, self._mask_dtype).reshape(len(rows), -1)
        lowest = (masks & -masks).astype(np.float64)
        leaves: NDArray[np.int64] = np.frexp(lowest)[1] + self._leaf_offsets
        return leaves

    def _find_remaining_leaves(self, row: Sequence[float]) -> int:
        """Return the mask of the leaves that no split of the row clears.

        Most values are zero, and the mask of zeros is precomputed; positive values only clear more leaves.
        """
        nonzero = list(compress(self._feature_range, row))
        values = [row[at] for at in nonzero]
        if values and min(values) < 0:
            return self._clear_leaves(self._full_mask, self._feature_range, row)
        return self._clear_leaves(self._zero_mask, nonzero, values)

    def _clear_leaves(self, remaining: int, features: Sequence[int], values: Sequence[float]) -> int:
        splits = self._feature_splits
        for at, value in zip(features, values, strict=True):
            thresholds, masks = splits[at]
            remaining &= masks[bisect_left(thresholds, value)]
        return remaining


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


_TreeSplit = tuple[int, float, int]
"""Feature, threshold, and the bits of the leaves that a value above the threshold clears."""


def _flatten_tree(tree: Tree) -> tuple[list[float], list[_TreeSplit]]:
    """Return the values of the leaves from left to right, and every split."""
    leaves: list[float] = []
    return leaves, _collect_splits(tree, 0, leaves)[1]


def _collect_splits(tree: Tree, node: int, leaves: list[float]) -> tuple[int, list[_TreeSplit]]:
    """Return the bits of the leaves below a node and its splits; append the leaf values to ``leaves``."""
    if tree.feature[node] < 0:
        leaves.append(tree.value[node])
        return 1 << (len(leaves) - 1), []
    left, below = _collect_splits(tree, tree.left[node], leaves)
    right, beyond = _collect_splits(tree, tree.right[node], leaves)
    return left | right, [(tree.feature[node], tree.threshold[node], left), *below, *beyond]


def _group_by_feature(
    forest: Sequence[list[_TreeSplit]], whole: int, features: int, bits: int
) -> list[tuple[list[float], list[int]]]:
    """Return each feature's sorted thresholds, and the masks for values above the first 0, 1, 2 … of them."""
    cleared: list[dict[float, int]] = [{} for _ in range(features)]
    for at, splits in enumerate(forest):
        for feature, threshold, lost in splits:
            known = cleared[feature].get(threshold, 0)
            cleared[feature][threshold] = known | lost << bits * at
    return [
        (sorted(lost), list(accumulate([lost[at] for at in sorted(lost)], _clear_bits, initial=whole)))
        for lost in cleared
    ]


def _clear_bits(remaining: int, lost: int) -> int:
    return remaining & ~lost


def _list_leaf_paths(tree: Tree, node: int, path: dict[int, float]) -> list[dict[int, float]]:
    """Return the contributions on the path to every leaf below a node, left to right, by feature."""
    feature = tree.feature[node]
    if feature < 0:
        return [path]
    found = []
    for below in (tree.left[node], tree.right[node]):
        step = tree.value[below] - tree.value[node]
        found += _list_leaf_paths(tree, below, {**path, feature: path.get(feature, 0.0) + step})
    return found
