"""Bins of a figure, counts and shares per bin. Pure, and light enough for a web process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from modelops.arrays import FloatArray

DEFAULT_BINS = 10


def compute_bin_edges(values: ArrayLike, bins: int = DEFAULT_BINS) -> list[float]:
    """Return inner edges of quantile bins, fewer where values repeat. Raises ``ValueError`` without values.

    A value belongs to the bin of the first edge not below it, so a frequent value has its own bin.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size:
        raise ValueError("edges need at least one value")
    distinct = np.unique(sample)
    if len(distinct) <= bins:
        return [float(value) for value in distinct[:-1]]
    quantiles = np.quantile(sample, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
    inner = np.unique(quantiles)
    return [float(value) for value in inner[inner < distinct[-1]]]


def count_per_bin(values: ArrayLike, edges: Sequence[float]) -> list[int]:
    """Return the counts of values per bin: one bin more than edges."""
    places = np.searchsorted(
        np.asarray(edges, dtype=np.float64), np.asarray(values, dtype=np.float64), "left"
    )
    return [int(count) for count in np.bincount(places, minlength=len(edges) + 1)]


def compute_shares(counts: ArrayLike, added: float = 0.0) -> FloatArray:
    """Return the share of each bin along the last axis, in 0 to 1; zeros where there is nothing to share.

    ``added`` observations are put into every bin first, so that an empty bin gets a share.
    """
    smooth = np.asarray(counts, dtype=float) + added
    total = smooth.sum(axis=-1, keepdims=True)
    shares: FloatArray = np.divide(smooth, total, out=np.zeros_like(smooth), where=total > 0)
    return shares
