"""How good the answers are on labelled pairs, beside two baselines: what ``evaluate`` and the model card
print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz, utils

from matching.corpus import LabelledPair
from matching.corpus.reading import name_key
from matching.dataset import score_pairs
from matching.engine import Score, Scorer, text
from modelops.training.evaluation import Quality, by_slice, measure


class Judged(NamedTuple):
    """A labelled pair with the answer it got."""

    pair: LabelledPair
    score: Score


class Assessment(NamedTuple):
    """Quality of the answers: overall, of both baselines, and by kind, tag, difference and script."""

    overall: Quality
    baselines: dict[str, Quality]
    slices: dict[str, dict[str, Quality]]
    unread: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "overall": self.overall.to_dict(),
            "baselines": {name: quality.to_dict() for name, quality in self.baselines.items()},
            **{by: {name: q.to_dict() for name, q in found.items()} for by, found in self.slices.items()},
            "unread": self.unread,
        }


def exact(left: str, right: str) -> bool:
    """Baseline: equal without case, punctuation, accents and spaces, with ``&`` read as ``and``."""
    return name_key(left).replace(" ", "") == name_key(right).replace(" ", "")


def token_sort(left: str, right: str) -> bool:
    """Baseline: rapidfuzz ``token_sort_ratio`` of 90 or more after its default processing."""
    return fuzz.token_sort_ratio(left, right, processor=utils.default_process) >= 90


BASELINES: dict[str, Callable[[str, str], bool]] = {
    "exact after normalisation": exact,
    "rapidfuzz token_sort >= 90": token_sort,
}


def assess(
    pairs: Sequence[LabelledPair], profile: str = "general", scorer: Scorer | None = None
) -> Assessment:
    """Judge labelled pairs and measure the answers; pairs that cannot be read are counted, not judged."""
    answers = score_pairs(pairs, profile, scorer)
    judged = [
        Judged(pair, score) for pair, score in zip(pairs, answers, strict=True) if isinstance(score, Score)
    ]
    return Assessment(
        _quality(judged),
        {name: _baseline(judged, same) for name, same in BASELINES.items()},
        {
            "kind": _by(judged, lambda item: item.pair.kind),
            "tag": _by(judged, lambda item: f"{item.pair.kind[:3]} {item.pair.category}"),
            "difference": _by(judged, lambda item: "+".join(sorted(item.score.categories)) or "none"),
            "script": _by(judged, lambda item: f"{item.pair.kind[:3]} {scripts_of(item.pair)}"),
            "source": _by(judged, lambda item: item.pair.source),
        },
        len(pairs) - len(judged),
    )


def scripts_of(pair: LabelledPair) -> str:
    """The scripts a pair is written in: ``latin``, ``han`` or, where the names differ, ``kana - latin``."""
    sides = ["+".join(sorted(text.tokenise_name(name).scripts)) for name in (pair.left, pair.right)]
    return sides[0] if sides[0] == sides[1] else " - ".join(sorted(sides))


def _columns(judged: Sequence[Judged]) -> tuple[list[bool], list[float], list[str]]:
    labels = [item.pair.material for item in judged]
    probabilities = [item.score.material_probability for item in judged]
    return labels, probabilities, [item.score.verdict.value for item in judged]


def _quality(judged: Sequence[Judged]) -> Quality:
    return measure(*_columns(judged))


def _baseline(judged: Sequence[Judged], same: Callable[[str, str], bool]) -> Quality:
    said = [0.0 if same(item.pair.left, item.pair.right) else 1.0 for item in judged]
    return measure([item.pair.material for item in judged], said)


def _by(judged: Sequence[Judged], name: Callable[[Judged], str]) -> dict[str, Quality]:
    labels, probabilities, verdicts = _columns(judged)
    return by_slice(labels, probabilities, [name(item) for item in judged], verdicts)
