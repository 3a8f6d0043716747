"""Histograms of figures. The binning is fixed by the reference, so that counts stay comparable.

Pure functions on values by the name of their figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelops.arrays import FloatArray
from modelops.monitoring.bins import compute_bin_edges, count_per_bin

HistogramCounts = dict[str, list[int]]

OTHER_LABEL = "other"
"""The last label of every category: all values that the reference does not list."""

_MIN_LABEL_SHARE = 0.005
"""Smallest share of a label that is counted separately."""


@dataclass(frozen=True, slots=True)
class FigureSample:
    """Values of ``n`` predictions: numbers and categories by figure, one entry per prediction."""

    numeric_values: Mapping[str, FloatArray]
    categorical_values: Mapping[str, Sequence[str]]
    n: int


@dataclass(frozen=True, slots=True)
class HistogramBinning:
    """Bins of all figures: inner edges of numbers, labels of categories (``other`` is always last)."""

    edges: Mapping[str, list[float]] = field(default_factory=dict)
    categorical_labels: Mapping[str, list[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON-ready form."""
        return {"edges": dict(self.edges), "labels": dict(self.categorical_labels)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> HistogramBinning:
        """Return the binning of a dictionary made by :meth:`to_dict`."""
        return cls(data["edges"], data["labels"])

    def list_bin_labels(self, figure: str) -> list[str]:
        """Return the names of the bins of a figure, for a plot."""
        if figure in self.categorical_labels:
            return list(self.categorical_labels[figure])
        edges = [f"{edge:.3g}" for edge in self.edges[figure]]
        return [*(f"≤ {edge}" for edge in edges), f"> {edges[-1]}" if edges else "all"]


def build_binning(sample: FigureSample) -> HistogramBinning:
    """Return the binning of a sample's figures. Raises ``ValueError`` for an empty sample."""
    edges = {name: compute_bin_edges(values) for name, values in sample.numeric_values.items()}
    return HistogramBinning(
        edges, {name: _list_frequent_labels(values) for name, values in sample.categorical_values.items()}
    )


def count_histograms(sample: FigureSample, binning: HistogramBinning) -> HistogramCounts:
    """Return the counts of the figures that both sample and binning have."""
    numbers = {
        name: count_per_bin(sample.numeric_values[name], edges)
        for name, edges in binning.edges.items()
        if name in sample.numeric_values
    }
    labels = {
        name: _count_labels(sample.categorical_values[name], names)
        for name, names in binning.categorical_labels.items()
        if name in sample.categorical_values
    }
    return numbers | labels


def sum_histograms(parts: Iterable[HistogramCounts]) -> HistogramCounts:
    """Return the summed counts of the figures that all parts have."""
    rows = list(parts)
    names = set(rows[0]).intersection(*rows[1:]) if rows else set()
    return {
        name: [sum(column) for column in zip(*(row[name] for row in rows), strict=True)] for name in names
    }


def _list_frequent_labels(values: Sequence[str]) -> list[str]:
    counts = Counter(values)
    frequent = sorted(label for label, count in counts.items() if count >= _MIN_LABEL_SHARE * len(values))
    return [*(label for label in frequent if label != OTHER_LABEL), OTHER_LABEL]


def _count_labels(values: Sequence[str], labels: Sequence[str]) -> list[int]:
    counts = Counter(values)
    named = [counts[label] for label in labels[:-1]]
    return [*named, len(values) - sum(named)]
