"""Golden pairs: cases whose answer must not change, whichever model answers.

They are data (``golden.yaml`` beside this module), each with the reason. A version that breaks one is shown
so to the approver; and what a version answered when it was registered is what every process must see it
answer again before it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from matching.engine import RULES_VERSION, ArtefactError, Scorer, Verdict, compare, compute_schema_hash

_PROBABILITY_TOLERANCE = 1e-6
"""How far two processes may differ in a probability: rounding, nothing else."""


@dataclass(frozen=True, slots=True)
class GoldenPair:
    """Two names, the profile, the verdicts that are right, and why. The names are invented."""

    id: str
    left: str
    right: str
    profile: str
    kind: str
    accepted_verdicts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class GoldenResult:
    """A case and what a model made of it."""

    pair: GoldenPair
    verdict: str
    probability: float

    @property
    def is_correct(self) -> bool:
        """Say whether the answer is one of the right ones."""
        return self.verdict in self.pair.accepted_verdicts


@cache
def load_golden_pairs() -> tuple[GoldenPair, ...]:
    """All golden pairs, in the file's order."""
    rows = yaml.safe_load(files("matching.training").joinpath("golden.yaml").read_text(encoding="utf-8"))
    return tuple(_parse_golden_pair(row) for row in rows)


def compare_golden_pairs(scorer: Scorer) -> list[GoldenResult]:
    """What a model answers to every golden pair."""
    found = []
    for case in load_golden_pairs():
        said = compare(case.left, case.right, case.profile, case.kind, scorer=scorer)
        found.append(GoldenResult(case, said.verdict.value, said.material_probability))
    return found


def record_golden_answers(scorer: Scorer) -> dict[str, Any]:
    """What is kept with a version when it is registered: its answers, and under which rules it gave them."""
    return {
        "rules": _get_rules_id(),
        "said": {row.pair.id: round(row.probability, 9) for row in compare_golden_pairs(scorer)},
    }


def check_golden_answers(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Compare a loaded model's answers with those kept at registration.

    Answers given under other rules are not comparable and pass. Raises ``ArtefactError`` naming the cases.
    """
    if recorded.get("rules") != _get_rules_id():
        return
    said: Mapping[str, float] = recorded["said"]
    other = [
        row.pair.id
        for row in compare_golden_pairs(scorer)
        if row.pair.id in said and abs(said[row.pair.id] - row.probability) > _PROBABILITY_TOLERANCE
    ]
    if other:
        raise ArtefactError(f"The model answers golden pairs in another way than registered: {other[:5]}.")


def _get_rules_id() -> str:
    return f"{RULES_VERSION}/{compute_schema_hash()[:16]}"


def _parse_golden_pair(row: Mapping[str, Any]) -> GoldenPair:
    verdicts = tuple(Verdict(word).value for word in row["verdicts"])
    return GoldenPair(row["id"], row["left"], row["right"], row["profile"], row["kind"], verdicts, row["why"])
