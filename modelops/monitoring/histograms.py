"""From values to histograms: how a figure is counted is frozen with a version, so that counts compare.

Pure: values come in by the name of their figure, counts go out.
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
"""The last label of every category: whatever the reference did not know."""

_MIN_LABEL_SHARE = 0.005
"""Share of a label, at least, to be counted by itself."""


@dataclass(frozen=True, slots=True)
class FigureSample:
    """Values of some answers: numbers and categories by figure, one entry an answer."""

    numeric_values: Mapping[str, FloatArray]
    categorical_values: Mapping[str, Sequence[str]]
    n: int


@dataclass(frozen=True, slots=True)
class HistogramBinning:
    """How figures are counted: inner edges of numbers, labels of categories (``other`` is always last)."""

    edges: Mapping[str, list[float]] = field(default_factory=dict)
    categorical_labels: Mapping[str, list[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {"edges": dict(self.edges), "labels": dict(self.categorical_labels)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> HistogramBinning:
        """What :meth:`to_dict` gave."""
        return cls(kept["edges"], kept["labels"])

    def list_bin_labels(self, figure: str) -> list[str]:
        """Names of a figure's bins, for a plot."""
        if figure in self.categorical_labels:
            return list(self.categorical_labels[figure])
        edges = [f"{edge:.3g}" for edge in self.edges[figure]]
        return [*(f"≤ {edge}" for edge in edges), f"> {edges[-1]}" if edges else "all"]


def build_binning(sample: FigureSample) -> HistogramBinning:
    """Freeze how a sample's figures are counted. Raises ``ValueError`` for an empty one."""
    edges = {name: compute_bin_edges(values) for name, values in sample.numeric_values.items()}
    return HistogramBinning(
        edges, {name: _list_frequent_labels(values) for name, values in sample.categorical_values.items()}
    )


def count_histograms(sample: FigureSample, frame: HistogramBinning) -> HistogramCounts:
    """Count the figures that the frame knows."""
    numbers = {
        name: count_per_bin(sample.numeric_values[name], edges)
        for name, edges in frame.edges.items()
        if name in sample.numeric_values
    }
    labels = {
        name: _count_labels(sample.categorical_values[name], known)
        for name, known in frame.categorical_labels.items()
        if name in sample.categorical_values
    }
    return numbers | labels


def sum_histograms(parts: Iterable[HistogramCounts]) -> HistogramCounts:
    """Counts of several hours together, of the figures all of them have."""
    rows = list(parts)
    names = set(rows[0]).intersection(*rows[1:]) if rows else set()
    return {
        name: [sum(column) for column in zip(*(row[name] for row in rows), strict=True)] for name in names
    }


def _list_frequent_labels(values: Sequence[str]) -> list[str]:
    found = Counter(values)
    kept = sorted(label for label, count in found.items() if count >= _MIN_LABEL_SHARE * len(values))
    return [*(label for label in kept if label != OTHER_LABEL), OTHER_LABEL]


def _count_labels(values: Sequence[str], known: Sequence[str]) -> list[int]:
    found = Counter(values)
    named = [found[label] for label in known[:-1]]
    return [*named, len(values) - sum(named)]
