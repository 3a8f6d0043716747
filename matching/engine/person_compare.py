"""Comparing two personal names: named differences with their places, and the features the model reads."""

from __future__ import annotations

from typing import NamedTuple

from matching.engine.person_align import Alignment, align
from matching.engine.person_features import PERSON_FEATURES, PERSON_MEANING, PERSON_MONOTONE, features
from matching.engine.person_findings import findings
from matching.engine.person_types import ParsedPerson
from matching.engine.types import Finding, mirrored

__all__ = ["PERSON_FEATURES", "PERSON_MEANING", "PERSON_MONOTONE", "PersonComparison", "compare"]


class PersonComparison(NamedTuple):
    """Two personal names beside each other.

    ``findings`` name and locate every difference; ``features`` has the keys of :data:`PERSON_FEATURES`, in
    their order.
    """

    findings: tuple[Finding, ...]
    features: dict[str, float]


def compare(left: ParsedPerson, right: ParsedPerson) -> PersonComparison:
    """Compare two parsed personal names.

    Symmetric: swapping the names leaves the features alone and mirrors the spans, because the pair is always
    judged in one fixed order. Never raises.
    """
    if left.text.raw <= right.text.raw:
        return PersonComparison(*_judge(left, right))
    found, row = _judge(right, left)
    return PersonComparison(tuple([mirrored(finding) for finding in found]), row)


def _judge(left: ParsedPerson, right: ParsedPerson) -> tuple[tuple[Finding, ...], dict[str, float]]:
    alignment: Alignment = align(left, right)
    return findings(left, right, alignment), features(left, right, alignment)
