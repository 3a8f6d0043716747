"""Golden pairs: cases whose verdict must not change, whichever model is live.

They are data (``golden.yaml`` beside this module), each with its reason. The approver sees which pairs a
version breaks. Before a process serves a version, the version must repeat the probabilities that it gave when
it was registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from matching.engine import RULES_VERSION, ArtefactError, Scorer, Verdict, compare, compute_schema_hash
from modelops.sentences import GateSentence

_PROBABILITY_TOLERANCE = 1e-6
"""Largest difference of a probability between two processes, which rounding explains."""


@dataclass(frozen=True, slots=True)
class GoldenPair:
    """Two invented names, the profile, the accepted verdicts and the reason."""

    id: str
    left: str
    right: str
    profile: str
    kind: str
    accepted_verdicts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """The verdict and probability of a model for a golden pair."""

    pair: GoldenPair
    verdict: str
    probability: float

    @property
    def is_correct(self) -> bool:
        """Return whether the verdict is one of the accepted ones."""
        return self.verdict in self.pair.accepted_verdicts


@cache
def load_golden_pairs() -> tuple[GoldenPair, ...]:
    """Load all golden pairs in the order of the file."""
    rows = yaml.safe_load(files("matching.training").joinpath("golden.yaml").read_text(encoding="utf-8"))
    return tuple(_parse_golden_pair(row) for row in rows)


def compare_golden_pairs(scorer: Scorer) -> list[GoldenResult]:
    """Compare every golden pair with a model."""
    results = []
    for pair in load_golden_pairs():
        comparison = compare(pair.left, pair.right, pair.profile, pair.kind, scorer=scorer)
        results.append(GoldenResult(pair, comparison.verdict.value, comparison.material_probability))
    return results


def record_golden_answers(scorer: Scorer) -> dict[str, Any]:
    """Return what is stored with a version at registration: its probabilities and the id of the rules."""
    return {
        "rules": _get_rules_id(),
        "probabilities": {row.pair.id: round(row.probability, 9) for row in compare_golden_pairs(scorer)},
    }


def check_golden_answers(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Compare the probabilities of a loaded model with those stored at registration.

    Probabilities under other rules are not comparable and pass. Raises ``ArtefactError`` naming the pairs.
    """
    if recorded.get("rules") != _get_rules_id():
        return
    registered: Mapping[str, float] = recorded["probabilities"]
    changed = [
        row.pair.id
        for row in compare_golden_pairs(scorer)
        if row.pair.id in registered
        and abs(registered[row.pair.id] - row.probability) > _PROBABILITY_TOLERANCE
    ]
    if changed:
        raise ArtefactError(GateSentence.ANSWERS_CHANGED.format(pairs=changed[:5]))


def _get_rules_id() -> str:
    return f"{RULES_VERSION}/{compute_schema_hash()[:16]}"


def _parse_golden_pair(row: Mapping[str, Any]) -> GoldenPair:
    verdicts = tuple(Verdict(word).value for word in row["verdicts"])
    return GoldenPair(row["id"], row["left"], row["right"], row["profile"], row["kind"], verdicts, row["why"])
