"""One difference, one row: findings that several detectors make of one difference become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.person.form_findings import ICAO_LETTERS, ROMANISED
from matching.engine.text.orthography import describe_characters
from matching.engine.text.tokenise import TokenisedName, build_confusable_skeleton
from matching.engine.types import Finding, Span

_WHOLE_NAME_CATEGORIES: Final = frozenset(
    {CategoryId.I01_FORM_OF_WRITING, CategoryId.I02_DIACRITICS, CategoryId.O36_TRANSLITERATION}
)
"""Categories with one row for all words of a pair that differ so, from the first word to the last."""

_SCRIPT_CASES: Final = frozenset({"script", CategoryCase.UNRELATED_SCRIPTS})
_OWN_ROWS: Final = frozenset({ROMANISED, ICAO_LETTERS, "suffix"})
"""Cases of such a category that are another difference, with a row of their own."""


def merge_findings(
    findings: Sequence[Finding], left: TokenisedName, right: TokenisedName
) -> tuple[Finding, ...]:
    """Return the findings without those that tell a difference again, in their order."""
    if len(findings) < 2:
        return tuple(findings)
    kept = _merge_form_lookalike(_drop_repeated(findings), left, right)
    rows: dict[tuple[str, ...], Finding] = {}
    for at, finding in enumerate(kept):
        key = _get_row_key(finding, at)
        rows[key] = _join(rows[key], finding) if key in rows else finding
    return tuple(rows.values())


def _get_row_key(finding: Finding, at: int) -> tuple[str, ...]:
    category = finding.category
    is_script = category is CategoryId.I20_TRANSLITERATION and finding.detail in _SCRIPT_CASES
    if is_script or category in _WHOLE_NAME_CATEGORIES:
        return (category, finding.detail if finding.detail in _OWN_ROWS else "")
    return (category, str(at))


def _join(one: Finding, other: Finding) -> Finding:
    """Return a finding over both, with the harshest case and the greater weight."""
    details = [one.detail, other.detail]
    detail = next((case for case in _GRAVE_CASES if case in details), one.detail or other.detail)
    return one._replace(
        span1=_hull(one.span1, other.span1),
        span2=_hull(one.span2, other.span2),
        detail=detail,
        weight=max(one.weight, other.weight),
        note=one.note or other.note,
    )


_GRAVE_CASES = ("letters", CategoryCase.UNRELATED_SCRIPTS, "script")


def _hull(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    return (min(one[0], other[0]), max(one[1], other[1]))


def _drop_repeated(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without a second one on the same texts that says less than the first."""
    places = {(item.category, item.span1, item.span2) for item in findings}
    seen: set[tuple[str, Span | None, Span | None]] = set()
    kept = []
    for item in findings:
        place = (item.category, item.span1, item.span2)
        stronger = _STRONGER.get(item.category, ())
        if place in seen or any((category, item.span1, item.span2) in places for category in stronger):
            continue
        seen.add(place)
        kept.append(item)
    return kept


_STRONGER: Final[dict[CategoryId, tuple[CategoryId, ...]]] = {
    CategoryId.I07_MIDDLE_CONFLICT: (CategoryId.I19_PATRONYMIC,),
    CategoryId.O15_WORD_ABBREVIATED: (CategoryId.O38_TRUNCATION,),
    CategoryId.O28_PLURAL: (CategoryId.O38_TRUNCATION,),
}
"""Categories that leave the row to another one on the same texts."""


def _merge_form_lookalike(
    findings: list[Finding], left: TokenisedName, right: TokenisedName
) -> list[Finding]:
    """Return one finding for a form and a word that only looks like it (``Inc`` with a Cyrillic letter)."""
    if left.raw.isascii() and right.raw.isascii():
        return findings
    missing = next((item for item in findings if item.category is CategoryId.O11_FORM_MISSING), None)
    if missing is None:
        return findings
    for item in findings:
        if item.category is not CategoryId.O25_WORD_ADDED:
            continue
        span1, span2 = missing.span1 or item.span1, missing.span2 or item.span2
        if span1 and span2 and _look_alike(left.raw[slice(*span1)], right.raw[slice(*span2)]):
            both = Finding(CategoryId.O39_LOOKALIKE, span1, span2, CategoryCase.FORM)
            return [both if other is item else other for other in findings if other is not missing]
    return findings


def _look_alike(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    return one != other and build_confusable_skeleton(one) == build_confusable_skeleton(other)


def add_character_note(finding: Finding, left: TokenisedName, right: TokenisedName) -> Finding:
    """Return a finding on look-alikes with a sentence that names the characters which differ on each side."""
    if finding.category is not CategoryId.O39_LOOKALIKE or not (finding.span1 and finding.span2):
        return finding
    note = describe_characters(left.raw[slice(*finding.span1)], right.raw[slice(*finding.span2)])
    return finding._replace(note=note) if note else finding
