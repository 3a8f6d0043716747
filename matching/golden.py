"""Golden pairs: cases whose answer must not change, whichever model answers.

They are data (``matching/golden.yaml``), each with the reason. A version that breaks one is shown so to the
approver; and what a version answered when it was registered is what every process must see it answer again
before it serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from matching.engine import RULES_VERSION, ArtefactError, Scorer, Verdict, compare, compute_schema_hash

_SAME = 1e-6
"""How far two processes may differ in a probability: rounding, nothing else."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two names, the profile, the verdicts that are right, and why. The names are invented."""

    id: str
    left: str
    right: str
    profile: str
    kind: str
    verdicts: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A case and what a model made of it."""

    case: Case
    verdict: str
    probability: float

    @property
    def holds(self) -> bool:
        """Say whether the answer is one of the right ones."""
        return self.verdict in self.case.verdicts


@cache
def cases() -> tuple[Case, ...]:
    """All golden pairs, in the file's order."""
    rows = yaml.safe_load(files("matching").joinpath("golden.yaml").read_text(encoding="utf-8"))
    return tuple(_case(row) for row in rows)


def answered(scorer: Scorer) -> list[Answered]:
    """What a model answers to every golden pair."""
    found = []
    for case in cases():
        said = compare(case.left, case.right, case.profile, case.kind, scorer=scorer)
        found.append(Answered(case, said.verdict.value, said.material_probability))
    return found


def kept(scorer: Scorer) -> dict[str, Any]:
    """What is kept with a version when it is registered: its answers, and under which rules it gave them."""
    return {"rules": _rules(), "said": {row.case.id: round(row.probability, 9) for row in answered(scorer)}}


def check(recorded: Mapping[str, Any], scorer: Scorer) -> None:
    """Compare a loaded model's answers with those kept at registration.

    Answers given under other rules are not comparable and pass. Raises ``ArtefactError`` naming the cases.
    """
    if recorded.get("rules") != _rules():
        return
    said: Mapping[str, float] = recorded["said"]
    other = [
        row.case.id
        for row in answered(scorer)
        if row.case.id in said and abs(said[row.case.id] - row.probability) > _SAME
    ]
    if other:
        raise ArtefactError(f"The model answers golden pairs in another way than registered: {other[:5]}.")


def _rules() -> str:
    return f"{RULES_VERSION}/{compute_schema_hash()[:16]}"


def _case(row: Mapping[str, Any]) -> Case:
    verdicts = tuple(Verdict(word).value for word in row["verdicts"])
    return Case(row["id"], row["left"], row["right"], row["profile"], row["kind"], verdicts, row["why"])
