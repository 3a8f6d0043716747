"""Pairs that statutes and registrars publish as illustrations, compared under the rule they illustrate."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from matching.engine import Context, Verdict, compare

_PROFILE_BY_JURISDICTION = {
    "IN": "registry-in",
    "GB": "registry-gb",
    "US-FL": "registry-us-fl",
    "US-TX": "ucc",
}
"""Profile of each jurisdiction whose rule publishes illustrations."""

_REGISTRY_POLICY = "registry"
"""Word in the note of a row about the availability of names, which says nothing about identity."""


def report_illustrations(path: Path) -> Iterator[str]:
    """Yield the lines of the report: how often each profile agrees with the rule.

    Rows are ``name_a, name_b, outcome, jurisdiction, note``. Rows of registry policy are compared under the
    register's profile only, the others under ``general`` too.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    outcomes: Counter[tuple[str, str]] = Counter()
    for row in rows:
        place = row["jurisdiction"]
        profiles = (
            [_PROFILE_BY_JURISDICTION[place]]
            if _REGISTRY_POLICY in row["note"]
            else [_PROFILE_BY_JURISDICTION[place], "general"]
        )
        for profile in profiles:
            verdict = compare(row["name_a"], row["name_b"], profile, context=Context(place, place)).verdict
            outcomes[profile, _classify_outcome(verdict, row["outcome"])] += 1
    yield f"### Illustrations of the rules themselves ({len(rows)} pairs)\n"
    yield "| profile | pairs | as the rule says | review | against the rule |"
    yield "|---|---|---|---|---|"
    for profile in dict.fromkeys([*_PROFILE_BY_JURISDICTION.values(), "general"]):
        counts = [outcomes[profile, outcome] for outcome in ("agrees", "review", "differs")]
        yield f"| {profile} | {sum(counts)} | {' | '.join(map(str, counts))} |"
    yield "\nUnder `ucc` names equal by the model logic go to review by design: each office has its own.\n"


def _classify_outcome(verdict: Verdict, expected: str) -> str:
    if verdict is Verdict.REVIEW:
        return "review"
    return "agrees" if verdict.value == expected else "differs"
