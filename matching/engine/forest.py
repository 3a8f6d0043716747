"""Additive models as plain numbers: boosted trees or a linear score, evaluated without scikit-learn.

A score is a log-odds. One row takes a tight loop in Python; many rows take vectorised bit masks (each split
that a row fails removes the leaves on its left, and the lowest leaf left standing is the answer).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAX_LEAVES = 64
_ALL = np.uint64(2**64 - 1)


class Tree(NamedTuple):
    """One tree in arrays: ``feature`` is -1 at a leaf; ``value`` is the mean score below every node."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    value: Sequence[float]


class _Masks(NamedTuple):
    """What one feature decides: sorted thresholds, the trees that ask, and a mask per tree and interval."""

    feature: int
    thresholds: Floats
    trees: list[int]
    masks: list[NDArray[np.uint64]]


class Forest:
    """A sum of trees over named features.

    Raises :class:`ValueError` when a tree has more than :data:`MAX_LEAVES` leaves or asks for a feature
    beyond ``features``.
    """

    def __init__(self, baseline: float, trees: Sequence[Tree], features: int) -> None:
        if any(max(tree.feature) >= features for tree in trees):
            raise ValueError("A tree asks for a feature that does not exist.")
        if any(sum(feature < 0 for feature in tree.feature) > MAX_LEAVES for tree in trees):
            raise ValueError(f"A tree has more than {MAX_LEAVES} leaves.")
        self.baseline = baseline
        self.trees = tuple(trees)
        self._nested = tuple(_nested(tree, 0) for tree in trees)
        self._tables, self._leaves = _tables(trees)

    def score(self, row: Sequence[float]) -> float:
        """Log-odds of one row."""
        total = self.baseline
        for node in self._nested:
            while node.__class__ is tuple:
                feature, threshold, left, right = node
                node = left if row[feature] <= threshold else right  # noqa: PLW2901 - walks down the tree
            total += node
        return total

    def scores(self, rows: Floats) -> Floats:
        """Log-odds of many rows, a matrix of rows by features."""
        standing = np.full((len(self.trees), len(rows)), _ALL)
        for table in self._tables:
            place = np.searchsorted(table.thresholds, rows[:, table.feature], "left")
            for tree, mask in zip(table.trees, table.masks, strict=True):
                standing[tree] &= mask.take(place)
        total = np.full(len(rows), self.baseline)
        for leaves, left in zip(self._leaves, standing, strict=True):
            total += leaves.take(_lowest_bit(left))
        return total

    def contributions(self, row: Sequence[float]) -> dict[int, float]:
        """What each feature adds to the score of one row along the paths it takes; -1 is the baseline."""
        added = {-1: self.baseline}
        for tree in self.trees:
            node = 0
            added[-1] += tree.value[0]
            while (feature := tree.feature[node]) >= 0:
                below = tree.left[node] if row[feature] <= tree.threshold[node] else tree.right[node]
                added[feature] = added.get(feature, 0.0) + tree.value[below] - tree.value[node]
                node = below
        return added


class Linear:
    """A weighted sum of standardised features."""

    def __init__(self, intercept: float, coefficients: Floats, means: Floats, scales: Floats) -> None:
        self._weights = coefficients / scales
        self._means = means
        self.intercept = intercept

    def score(self, row: Sequence[float]) -> float:
        """Log-odds of one row."""
        return self.intercept + float((np.asarray(row, dtype=float) - self._means) @ self._weights)

    def scores(self, rows: Floats) -> Floats:
        """Log-odds of many rows."""
        scores: Floats = self.intercept + (rows - self._means) @ self._weights
        return scores

    def contributions(self, row: Sequence[float]) -> dict[int, float]:
        """What each feature adds; -1 is the baseline (the score of a row of zeros)."""
        added = {at: float(value * self._weights[at]) for at, value in enumerate(row) if value}
        added[-1] = self.intercept - float(self._means @ self._weights)
        return added


Additive = Forest | Linear


def additive(model: Mapping[str, Any], features: int) -> Additive:
    """The model a compiled artefact describes. Raises :class:`ValueError`, :class:`KeyError` for a damaged
    one.
    """
    if model["form"] == "linear":
        vectors = [np.asarray(model[part], dtype=float) for part in ("coefficients", "means", "scales")]
        if any(vector.shape != (features,) for vector in vectors):
            raise ValueError("The linear model has another number of features.")
        return Linear(float(model["intercept"]), *vectors)
    if model["form"] == "forest":
        return Forest(float(model["baseline"]), [Tree(*tree) for tree in model["trees"]], features)
    raise ValueError(f"Models of form {model['form']!r} are not known.")


def _nested(tree: Tree, node: int) -> Any:
    """The tree as nested tuples, the quickest thing to walk in plain Python."""
    if tree.feature[node] < 0:
        return tree.value[node]
    left, right = _nested(tree, tree.left[node]), _nested(tree, tree.right[node])
    return (tree.feature[node], tree.threshold[node], left, right)


def _lowest_bit(masks: NDArray[np.uint64]) -> NDArray[np.int32]:
    lowest = masks & (~masks + np.uint64(1))
    return np.frexp(lowest.astype(np.float64))[1] - 1


def _tables(trees: Sequence[Tree]) -> tuple[list[_Masks], list[Floats]]:
    splits: dict[int, list[tuple[int, float, int]]] = {}
    leaves: list[Floats] = []
    for at, tree in enumerate(trees):
        values: list[float] = []
        for feature, threshold, mask in _splits(tree, 0, values)[1]:
            splits.setdefault(feature, []).append((at, threshold, mask))
        leaves.append(np.array(values))
    return [_masks(feature, found) for feature, found in sorted(splits.items())], leaves


def _splits(tree: Tree, node: int, values: list[float]) -> tuple[int, list[tuple[int, float, int]]]:
    """The leaves below a node as bits, and for every split the leaves a row that fails it loses."""
    if tree.feature[node] < 0:
        values.append(tree.value[node])
        return 1 << (len(values) - 1), []
    left, below = _splits(tree, tree.left[node], values)
    right, beyond = _splits(tree, tree.right[node], values)
    return left | right, [(tree.feature[node], tree.threshold[node], left), *below, *beyond]


def _masks(feature: int, splits: list[tuple[int, float, int]]) -> _Masks:
    thresholds = np.array(sorted({threshold for _, threshold, _ in splits}))
    columns: dict[int, NDArray[np.uint64]] = {}
    for tree, threshold, lost in splits:
        column = columns.setdefault(tree, np.full(len(thresholds) + 1, _ALL))
        column[np.searchsorted(thresholds, threshold) + 1 :] &= ~np.uint64(lost)
    return _Masks(feature, thresholds, list(columns), list(columns.values()))
