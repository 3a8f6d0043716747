"""Figures of a training run as PNG bytes; matplotlib is loaded by commands and workers only."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from modelops.arrays import BoolArray, FloatArray
from modelops.training.evaluation import ClassificationMetrics

_BINS = 10
_MAX_FEATURES = 20
_BLUE, _GREY = "#1d4ed8", "#94a3b8"


def plot_calibration(labels: BoolArray, predicted: FloatArray) -> bytes:
    """Draw observed share against predicted probability, in bins of equal count, with the diagonal."""
    figure, axes = _create_figure(
        "Calibration on held-out entities", "predicted probability", "share of material"
    )
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="perfect")
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, _BINS + 1)[1:-1]))
    place = np.searchsorted(edges, predicted, "right")
    filled = [bin_ for bin_ in range(len(edges) + 1) if (place == bin_).any()]
    mean = [float(predicted[place == bin_].mean()) for bin_ in filled]
    observed = [float(labels[place == bin_].mean()) for bin_ in filled]
    axes.plot(mean, observed, marker="o", color=_BLUE, label=f"n = {len(predicted):,}")
    axes.legend()
    return _render_png(figure)


def plot_precision_recall(labels: BoolArray, predicted: FloatArray) -> bytes:
    """Draw precision against recall of *material* at every threshold."""
    figure, axes = _create_figure("Material: precision and recall", "recall", "precision")
    precision, recall, _ = precision_recall_curve(labels, predicted)
    axes.plot(recall, precision, color=_BLUE)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    return _render_png(figure)


def plot_confusion_matrix(labels: BoolArray, verdicts: Sequence[str]) -> bytes:
    """Draw the number of pairs by label and verdict."""
    predicted = np.asarray(verdicts)
    names = ("immaterial", "review", "material")
    table = np.array(
        [[int(((predicted == name) & (labels == truth)).sum()) for name in names] for truth in (0, 1)]
    )
    figure, axes = _create_figure("Verdicts", "verdict", "truth")
    axes.imshow(table, cmap="Blues")
    axes.set_xticks(range(3), names)
    axes.set_yticks(range(2), ("immaterial", "material"))
    for (row, column), count in np.ndenumerate(table):
        dark = count > table.max() / 2
        axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black")
    return _render_png(figure)


def plot_slice_table(slices: Mapping[str, ClassificationMetrics]) -> bytes:
    """Draw a table of all slices with their metrics."""
    header = ("slice", "n", "material", "recall immaterial", "specificity", "review", "ECE")
    rows = [_format_row(name, quality) for name, quality in slices.items()] or [("none",) + ("-",) * 6]
    figure = Figure(figsize=(9, 0.3 + 0.22 * (len(rows) + 1)), layout="constrained")
    axes = figure.add_subplot()
    axes.axis("off")
    table = axes.table(rows, colLabels=header, loc="center", cellLoc="left")
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    table.auto_set_column_width(list(range(len(header))))
    return _render_png(figure)


def plot_contributions(added: Mapping[str, float]) -> bytes:
    """Draw the mean absolute log-odds of the features with the largest contribution."""
    largest = sorted(added.items(), key=lambda item: item[1])[-_MAX_FEATURES:]
    figure, axes = _create_figure("What the model weighs", "mean absolute log-odds", "")
    axes.barh([name for name, _ in largest], [value for _, value in largest], color=_BLUE)
    return _render_png(figure)


def _format_row(name: str, quality: ClassificationMetrics) -> tuple[str, ...]:
    return (
        name,
        f"{quality.n:,}",
        f"{quality.material:,}",
        str(quality.recall_immaterial).strip(),
        str(quality.specificity).strip(),
        f"{quality.review_share.value:.1%}",
        f"{quality.calibration_error:.3f}",
    )


def _create_figure(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure: Any = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return figure, axes


def _render_png(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=110, metadata={"Software": None})
    return target.getvalue()
