"""Evaluation of a model on labelled pairs beside two baselines, for ``evaluate`` and the model card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz, utils

from matching.engine import Score, Scorer
from matching.engine.text import tokenise
from matching.training.dataset import score_pairs
from matching.training.synthetic import LabelledPair
from matching.training.synthetic.reading import build_name_key
from modelops.training.evaluation import ClassificationMetrics, compute_metrics, compute_metrics_by_slice

MIN_SLICE_PAIRS = 20
"""Least number of pairs of a slice that is reported."""


class ScoredPair(NamedTuple):
    """A labelled pair with its score."""

    pair: LabelledPair
    score: Score


class EvaluationReport(NamedTuple):
    """Metrics overall, of both baselines, and by kind, tag, difference, script and source."""

    overall: ClassificationMetrics
    baselines: dict[str, ClassificationMetrics]
    slices: dict[str, dict[str, ClassificationMetrics]]
    unreadable_count: int

    def to_dict(self) -> dict[str, Any]:
        """Return the metrics as JSON values."""
        return {
            "overall": self.overall.to_dict(),
            "baselines": {name: quality.to_dict() for name, quality in self.baselines.items()},
            **{by: {name: q.to_dict() for name, q in metrics.items()} for by, metrics in self.slices.items()},
            "unreadable": self.unreadable_count,
        }


def is_exact_match(left: str, right: str) -> bool:
    """Return whether both names are equal without case, punctuation, accents and spaces, ``&`` as ``and``."""
    return build_name_key(left).replace(" ", "") == build_name_key(right).replace(" ", "")


def is_token_sort_match(left: str, right: str) -> bool:
    """Return whether rapidfuzz's ``token_sort_ratio`` is at least 90 after its default processing."""
    return fuzz.token_sort_ratio(left, right, processor=utils.default_process) >= 90


BASELINES: dict[str, Callable[[str, str], bool]] = {
    "exact after normalisation": is_exact_match,
    "rapidfuzz token_sort >= 90": is_token_sort_match,
}


def evaluate_pairs(
    pairs: Sequence[LabelledPair], profile: str = "general", scorer: Scorer | None = None
) -> EvaluationReport:
    """Score labelled pairs and measure the scores; unreadable pairs are only counted."""
    scores = score_pairs(pairs, profile, scorer)
    scored = [
        ScoredPair(pair, score) for pair, score in zip(pairs, scores, strict=True) if isinstance(score, Score)
    ]
    return EvaluationReport(
        _measure_quality(scored),
        {name: _measure_baseline(scored, same) for name, same in BASELINES.items()},
        {
            "kind": _measure_slices(scored, lambda item: item.pair.kind),
            "tag": _measure_slices(scored, lambda item: f"{item.pair.kind[:3]} {item.pair.category}"),
            "difference": _measure_slices(
                scored, lambda item: "+".join(sorted(item.score.categories)) or "none"
            ),
            "script": _measure_slices(
                scored, lambda item: f"{item.pair.kind[:3]} {get_script_label(item.pair)}"
            ),
            "source": _measure_slices(scored, lambda item: item.pair.source),
        },
        len(pairs) - len(scored),
    )


def get_script_label(pair: LabelledPair) -> str:
    """Return the scripts of a pair: ``latin``, ``han`` or, where the names differ, ``kana - latin``."""
    sides = ["+".join(sorted(tokenise.tokenise_name(name).scripts)) for name in (pair.left, pair.right)]
    return sides[0] if sides[0] == sides[1] else " - ".join(sorted(sides))


def _extract_columns(scored: Sequence[ScoredPair]) -> tuple[list[bool], list[float], list[str]]:
    labels = [item.pair.material for item in scored]
    probabilities = [item.score.material_probability for item in scored]
    return labels, probabilities, [item.score.verdict.value for item in scored]


def _measure_quality(scored: Sequence[ScoredPair]) -> ClassificationMetrics:
    return compute_metrics(*_extract_columns(scored))


def _measure_baseline(
    scored: Sequence[ScoredPair], same: Callable[[str, str], bool]
) -> ClassificationMetrics:
    probabilities = [0.0 if same(item.pair.left, item.pair.right) else 1.0 for item in scored]
    return compute_metrics([item.pair.material for item in scored], probabilities)


def _measure_slices(
    scored: Sequence[ScoredPair], name: Callable[[ScoredPair], str]
) -> dict[str, ClassificationMetrics]:
    labels, probabilities, verdicts = _extract_columns(scored)
    return compute_metrics_by_slice(labels, probabilities, [name(item) for item in scored], verdicts)
