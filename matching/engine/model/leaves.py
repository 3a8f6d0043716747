"""The leaves that a row reaches in the trees of a forest, without numpy.

One integer holds a bit mask a tree, with one bit a leaf; each split that a row exceeds clears the leaves on
its left, and the lowest remaining leaf is the one the row reaches (QuickScorer: Lucchese and others, SIGIR
2015).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import accumulate, compress
from operator import and_
from typing import Final, NamedTuple

MAX_LEAVES = 64


class Tree(NamedTuple):
    """One tree in arrays: ``feature`` is -1 at a leaf; ``value`` is the mean score below every node."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    value: Sequence[float]


class LeafMasks:
    """The masks of the leaves that rows can still reach.

    ``leaves`` holds the values of the leaves of every tree, from left to right; a mask has ``mask_bytes``
    bytes. ``splits`` holds each feature's sorted thresholds, and the masks for values above the first 0, 1,
    2 …; ``zero_mask`` is that of a row of zeros. Raises :class:`ValueError` when a tree has more leaves than
    :data:`MAX_LEAVES`.
    """

    def __init__(self, trees: Sequence[Tree], features: int) -> None:
        grown = [_flatten_tree(tree) for tree in trees]
        self.leaves = [leaves for leaves, _ in grown]
        most = max([len(leaves) for leaves in self.leaves])
        if most > MAX_LEAVES:
            raise ValueError(f"A tree has more than {MAX_LEAVES} leaves.")
        self.mask_bytes = min([size for size in (1, 2, 4, 8) if most <= 8 * size])
        bits = 8 * self.mask_bytes
        self._size = self.mask_bytes * len(trees)
        self._full_mask = (1 << bits * len(trees)) - 1
        self._features = range(features)
        self.splits = _group_by_feature([splits for _, splits in grown], self._full_mask, features, bits)
        self.zero_mask: int = reduce(
            and_, [masks[bisect_left(at, 0.0)] for at, masks in self.splits], self._full_mask
        )

    def find(self, row: Sequence[float]) -> bytes:
        """Return the masks of all trees for a row, little-endian.

        Most values are zero, and the mask of zeros is precomputed; positive values only clear more leaves.
        """
        values = list(filter(None, row))
        if values and min(values) < 0:
            return self._clear(self._full_mask, self._features, row)
        return self._clear(self.zero_mask, compress(self._features, row), values)

    def _clear(self, remaining: int, features: Iterable[int], values: Iterable[float]) -> bytes:
        masks = [remaining]
        for at, value in zip(features, values, strict=True):
            thresholds, kept = self.splits[at]
            masks.append(kept[bisect_left(thresholds, value)])
        left: int = reduce(and_, masks)
        return left.to_bytes(self._size, "little")


class LeafLoops:
    """The masks of one row and what its leaves add, in loops that are faster where they are machine code.

    A leaf is numbered by its bit in the masks. Sums are added in the order of numpy's, to give the same bits.
    """

    def __init__(self, masks: LeafMasks) -> None:
        self._masks = masks
        self._thresholds = [thresholds for thresholds, _ in masks.splits]
        self._kept = [kept for _, kept in masks.splits]
        self._mask_bytes = masks.mask_bytes
        self._trees = len(masks.leaves)
        self._values = [0.0] * (8 * self._mask_bytes * self._trees)
        for tree, leaves in enumerate(masks.leaves):
            first = 8 * self._mask_bytes * tree
            self._values[first : first + len(leaves)] = leaves

    def find(self, row: tuple[float, ...]) -> bytes:
        """Return the masks of all trees for a row like :meth:`LeafMasks.find`."""
        remaining = self._masks.zero_mask
        for at, value in enumerate(row):
            if value < 0.0:
                return self._masks.find(row)
            if value != 0.0:
                remaining &= self._kept[at][_find_place(self._thresholds[at], value)]
        return remaining.to_bytes(self._mask_bytes * self._trees, "little")

    def add_values(self, masks: bytes) -> float:
        """Return the sum of the values of the leaves that the masks of one row leave."""
        return self._add(masks, 0, self._trees)

    def _add(self, masks: bytes, start: int, count: int) -> float:
        """Add the values of some trees like numpy: eight sums side by side, in blocks of up to 128."""
        if count > _BLOCK:
            half = count // 2 - count // 2 % _LANES
            return self._add(masks, start, half) + self._add(masks, start + half, count - half)
        a = b = c = d = e = f = g = h = 0.0
        last = start + count - count % _LANES
        for tree in range(start, last, _LANES):
            a += self._get_value(masks, tree)
            b += self._get_value(masks, tree + 1)
            c += self._get_value(masks, tree + 2)
            d += self._get_value(masks, tree + 3)
            e += self._get_value(masks, tree + 4)
            f += self._get_value(masks, tree + 5)
            g += self._get_value(masks, tree + 6)
            h += self._get_value(masks, tree + 7)
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
        for tree in range(last, start + count):
            total += self._get_value(masks, tree)
        return total

    def _get_value(self, masks: bytes, tree: int) -> float:
        """Return the value of the leaf that is left of a tree: that of the lowest bit of its mask."""
        at = tree * self._mask_bytes
        while masks[at] == 0:
            at += 1
        return self._values[8 * at + _LOWEST_BITS[masks[at]]]


def _find_place(thresholds: list[float], value: float) -> int:
    """Return how many of the sorted thresholds are below a value."""
    low, high = 0, len(thresholds)
    while low < high:
        middle = (low + high) >> 1
        if thresholds[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


_LOWEST_BITS: Final = bytes([0, *[(byte & -byte).bit_length() - 1 for byte in range(1, 256)]])
"""The place of the lowest bit of every byte."""
_BLOCK: Final = 128
_LANES: Final = 8


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


def list_leaf_paths(tree: Tree, node: int, path: dict[int, float]) -> list[dict[int, float]]:
    """Return the contributions on the path to every leaf below a node, left to right, by feature."""
    feature = tree.feature[node]
    if feature < 0:
        return [path]
    found = []
    for below in (tree.left[node], tree.right[node]):
        step = tree.value[below] - tree.value[node]
        found += list_leaf_paths(tree, below, {**path, feature: path.get(feature, 0.0) + step})
    return found
