"""The differences between two personal names: categories I01 to I27 with their spans.

Each detector reads two parsed names and their alignment and yields findings; the profile decides later what a
finding does. ``detail`` distinguishes the cases of one category (``"contradicted"``, ``"absent"``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from matching.engine.categories import CategoryId
from matching.engine.person.align import PersonAlignment
from matching.engine.person.context_findings import (
    detect_aliases,
    detect_attachments,
    detect_particles,
    detect_suffixes,
    detect_titles,
)
from matching.engine.person.form_findings import detect_accents, detect_formatting, detect_order
from matching.engine.person.types import ParsedPerson, find_tokens_span, get_token_keys
from matching.engine.person.word_findings import detect_absent_parts, detect_mononyms, detect_unequal_words
from matching.engine.types import Finding

Detector = Callable[[ParsedPerson, ParsedPerson, PersonAlignment], Iterator[Finding]]
_CORE_DETECTORS: Final[tuple[Detector, ...]] = (
    detect_formatting,
    detect_accents,
    detect_order,
    detect_unequal_words,
    detect_absent_parts,
    detect_mononyms,
)
"""Detectors for the name proper."""
_ALL_DETECTORS: Final[tuple[Detector, ...]] = (
    *_CORE_DETECTORS,
    detect_suffixes,
    detect_titles,
    detect_particles,
    detect_aliases,
    detect_attachments,
)
_AFTER_ANY_OFFSET: Final = 10_000


def detect_person_findings(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> tuple[Finding, ...]:
    """Return every difference, in the order of the left name, then those that only the right name has."""
    if left.text.raw == right.text.raw:
        return ()
    if _is_joint_order_swapped(left, right):
        spans = find_tokens_span(left.text.tokens), find_tokens_span(right.text.tokens)
        return (Finding(CategoryId.I03_FIELD_ORDER, *spans),)
    if _is_alias_of(left, right):
        return (Finding(CategoryId.I22_ALIAS, find_tokens_span(left.text.tokens), None, "alone"),)
    if _is_alias_of(right, left):
        return (Finding(CategoryId.I22_ALIAS, None, find_tokens_span(right.text.tokens), "alone"),)
    detectors = _CORE_DETECTORS if left.is_name_only and right.is_name_only else _ALL_DETECTORS
    findings = [finding for detect in detectors for finding in detect(left, right, alignment)]
    return tuple(sorted(findings, key=_get_position)) if len(findings) > 1 else tuple(findings)


def _is_joint_order_swapped(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Say whether both name the same two people in opposite orders: John and Mary, Mary and John Smith."""
    if not (left.joint and right.joint) or left.text.keys == right.text.keys:
        return False
    joint_left, joint_right = get_token_keys(left.joint), get_token_keys(right.joint)
    if get_token_keys(left.core) == joint_right and joint_left == get_token_keys(right.core):
        return True
    given_left = get_token_keys(left.given + left.middle)
    given_right = get_token_keys(right.given + right.middle)
    same_surname = get_token_keys(left.surname) == get_token_keys(right.surname)
    return same_surname and given_left == joint_right and joint_left == given_right


def _is_alias_of(person: ParsedPerson, other: ParsedPerson) -> bool:
    """Say whether one name is only the alias that the other mentions: Al Dent aka Karl Bent, Karl Bent."""
    alias, keys = get_token_keys(person.alias), other.text.keys
    return (
        bool(alias)
        and not other.alias
        and alias[-len(keys) :] == keys
        and get_token_keys(person.core) != keys
    )


def _get_position(finding: Finding) -> tuple[int, int, str]:
    """Return the sort key: offset in the left name, offset in the right name, category."""
    left = finding.span1[0] if finding.span1 else _AFTER_ANY_OFFSET
    right = finding.span2[0] if finding.span2 else _AFTER_ANY_OFFSET
    return (left, right, finding.category)
