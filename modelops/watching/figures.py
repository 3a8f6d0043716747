"""From values to histograms: how a figure is counted is frozen with a version, so that counts compare.

Pure: values come in by the name of their figure, counts go out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelops.watching.bins import edges_of, histogram

Counts = dict[str, list[int]]

OTHER = "other"
"""The last label of every category: whatever the reference did not know."""

_RAREST = 0.005
"""Share of a label, at least, to be counted by itself."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of some answers: numbers and categories by figure, one entry an answer."""

    numbers: Mapping[str, NDArray[np.float64]]
    labels: Mapping[str, Sequence[str]]
    n: int


@dataclass(frozen=True, slots=True)
class Frame:
    """How figures are counted: inner edges of numbers, labels of categories (``other`` is always last)."""

    edges: Mapping[str, list[float]] = field(default_factory=dict)
    labels: Mapping[str, list[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {"edges": dict(self.edges), "labels": dict(self.labels)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Frame:
        """What :meth:`to_dict` gave."""
        return cls(kept["edges"], kept["labels"])

    def bins(self, figure: str) -> list[str]:
        """Names of a figure's bins, for a plot."""
        if figure in self.labels:
            return list(self.labels[figure])
        edges = [f"{edge:.3g}" for edge in self.edges[figure]]
        return [*(f"≤ {edge}" for edge in edges), f"> {edges[-1]}" if edges else "all"]


def frame_of(sample: Sample) -> Frame:
    """Freeze how a sample's figures are counted. Raises ``ValueError`` for an empty one."""
    edges = {name: edges_of(values) for name, values in sample.numbers.items()}
    return Frame(edges, {name: _frequent(values) for name, values in sample.labels.items()})


def counted(sample: Sample, frame: Frame) -> Counts:
    """Count the figures that the frame knows."""
    numbers = {
        name: histogram(sample.numbers[name], edges)
        for name, edges in frame.edges.items()
        if name in sample.numbers
    }
    labels = {
        name: _tally(sample.labels[name], known)
        for name, known in frame.labels.items()
        if name in sample.labels
    }
    return numbers | labels


def added(parts: Iterable[Counts]) -> Counts:
    """Counts of several hours together, of the figures all of them have."""
    rows = list(parts)
    names = set(rows[0]).intersection(*rows[1:]) if rows else set()
    return {
        name: [sum(column) for column in zip(*(row[name] for row in rows), strict=True)] for name in names
    }


def _frequent(values: Sequence[str]) -> list[str]:
    found = Counter(values)
    kept = sorted(label for label, count in found.items() if count >= _RAREST * len(values))
    return [*(label for label in kept if label != OTHER), OTHER]


def _tally(values: Sequence[str], known: Sequence[str]) -> list[int]:
    found = Counter(values)
    named = [found[label] for label in known[:-1]]
    return [*named, len(values) - sum(named)]
