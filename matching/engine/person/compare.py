"""Comparison of two personal names: the differences with their spans, and the features the model reads."""

from __future__ import annotations

from dataclasses import dataclass

from matching.engine.person.align import align_person_names
from matching.engine.person.features import (
    PERSON_FEATURE_MEANINGS,
    PERSON_FEATURES,
    PERSON_MONOTONE,
    build_person_features,
)
from matching.engine.person.findings import detect_person_findings
from matching.engine.person.types import ParsedPerson
from matching.engine.types import Finding, mirror_finding

__all__ = [
    "PERSON_FEATURES",
    "PERSON_FEATURE_MEANINGS",
    "PERSON_MONOTONE",
    "PersonComparison",
    "compare_people",
]


@dataclass
class PersonComparison:
    """The result for two personal names.

    ``findings`` name and locate every difference; ``features`` has the keys of :data:`PERSON_FEATURES`, in
    their order; ``is_complete`` is that of the alignment.
    """

    findings: tuple[Finding, ...]
    features: dict[str, float]
    is_complete: bool


def compare_people(left: ParsedPerson, right: ParsedPerson) -> PersonComparison:
    """Compare two parsed personal names.

    Symmetric: swapping the names keeps the features and mirrors the spans, because the pair is always
    compared in one fixed order, the alphabetic order of the names. Never raises.
    """
    if left.text.raw <= right.text.raw:
        return _compare_ordered(left, right)
    turned = _compare_ordered(right, left)
    mirrored = tuple([mirror_finding(finding) for finding in turned.findings])
    return PersonComparison(mirrored, turned.features, turned.is_complete)


def _compare_ordered(left: ParsedPerson, right: ParsedPerson) -> PersonComparison:
    alignment = align_person_names(left, right)
    return PersonComparison(
        detect_person_findings(left, right, alignment),
        build_person_features(left, right, alignment),
        alignment.is_complete,
    )
