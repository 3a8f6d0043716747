"""Differences in what is appended to a legal name: trade names, former names, capacities, branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.legal_forms.relation import find_legal_forms
from matching.engine.organisation.parse import (
    DEFINED_TERM,
    DEFINED_TERM_OPENINGS,
    PUBLIC_COMPANY_REMARK,
    AppendedPart,
    ParsedOrganisation,
)
from matching.engine.organisation.particulars import is_register_number, is_whole_address
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.tokenise import Tokens, get_tokens_span
from matching.engine.types import Finding, Span, mirror_finding

_CATEGORIES_OF_PART_AS_NAME: Final[dict[str, CategoryId]] = {
    CategoryId.O29_TRADE_NAME_APPENDED: CategoryId.O30_TRADE_NAME_ALONE,
    CategoryId.O31_FORMER_NAME: CategoryId.O31_FORMER_NAME,
    CategoryId.I22_ALIAS: CategoryId.O30_TRADE_NAME_ALONE,
    CategoryId.O32_SUCCESSOR: CategoryId.O32_SUCCESSOR,
    CategoryId.O34_DIVISION: CategoryId.O34_DIVISION,
    CategoryId.O35_CAPACITY: CategoryId.O35_CAPACITY,
}
"""Category when one name is what the other only appends: the trade name alone, the branch's company."""

_CATEGORIES_OF_ADDED_PART: Final[dict[str, CategoryId]] = {
    CategoryId.I22_ALIAS: CategoryId.O29_TRADE_NAME_APPENDED,
    PUBLIC_COMPANY_REMARK: CategoryId.O08_FORM_ABBREVIATED,
    DEFINED_TERM: CategoryId.O40_ANNOTATION,
}
"""Category of a part on one side only, where it is not the category of the part."""


@final
class SelectedStems:
    """The stems to compare, and the finding, if any, that already explains how the names differ."""

    def __init__(self, left: Tokens, right: Tokens, findings: tuple[Finding, ...] = ()) -> None:
        self.left = left
        self.right = right
        self.findings = findings


def select_stems(left: ParsedOrganisation, right: ParsedOrganisation) -> SelectedStems:
    """Return the stems to compare; one stem twice where a name is the appended part of the other.

    ``Acme LLC d/b/a Zenith`` and ``Zenith Ltd`` differ by the trade name standing alone, not by their words.
    """
    if left.stem_keys != right.stem_keys and (left.parts or right.parts):
        if finding := _find_part_as_name(left, right):
            return SelectedStems(right.stem_tokens, right.stem_tokens, (finding,))
        if finding := _find_part_as_name(right, left):
            return SelectedStems(left.stem_tokens, left.stem_tokens, (mirror_finding(finding),))
    return SelectedStems(left.stem_tokens, right.stem_tokens)


def _find_part_as_name(name: ParsedOrganisation, other: ParsedOrganisation) -> Finding | None:
    """Return the finding where ``other`` is what ``name`` only appends; it covers what stands before it."""
    stem = "".join(other.stem_keys)
    for part in name.parts:
        category = _CATEGORIES_OF_PART_AS_NAME.get(part.category)
        if category and stem in _list_readings(name.get_tail_keys(part)):
            is_trade_name = part.category == CategoryId.O29_TRADE_NAME_APPENDED
            if is_trade_name and other.forms and not name.forms:
                category = CategoryId.O33_BUSINESS_INCORPORATED
            return Finding(category, get_tokens_span(name.get_tokens(range(part.start))), None)
    return None


def _list_readings(keys: tuple[str, ...]) -> set[str]:
    """Return the words of a part, joined: all of them, and without the legal forms and the article."""
    taken = {index for form in find_legal_forms(keys) for index in range(form.first, form.stop)}
    rest = [key for index, key in enumerate(keys) if index not in taken]
    articles = load_lexicon().articles
    return {"".join(keys), "".join(rest), "".join(rest[1:] if rest and rest[0] in articles else rest)}


def detect_appended_parts(left: ParsedOrganisation, right: ParsedOrganisation) -> Iterator[Finding]:
    """Yield the appended parts that stand on one side only, or conflict."""
    if not (left.parts or right.parts):
        return
    shared = {part.category for part in left.parts} & {part.category for part in right.parts}
    yield from _detect_added_parts(left, right, shared)
    yield from map(mirror_finding, _detect_added_parts(right, left, shared))
    yield from _detect_conflicting_parts(left, right)


def _detect_added_parts(
    name: ParsedOrganisation, other: ParsedOrganisation, shared: set[str]
) -> Iterator[Finding]:
    """Yield the parts of ``name`` whose words ``other`` does not append, those of shared categories aside."""
    other_keys = {_list_part_keys(other, part) for part in other.parts}
    for part in name.parts:
        if part.category not in shared and _list_part_keys(name, part) not in other_keys:
            category = CategoryId(_CATEGORIES_OF_ADDED_PART.get(part.category, part.category))
            tokens = _list_part_tokens(name, part)
            case = _find_annotation_case(name, part) if category is CategoryId.O40_ANNOTATION else ""
            yield Finding(category, _include_closing_mark(name, get_tokens_span(tokens)), None, case)


def _include_closing_mark(name: ParsedOrganisation, span: Span | None) -> Span | None:
    """Return a span with the quotation mark that closes what it holds: ``the "Borrower"``."""
    if span is None:
        return None
    raw, (start, end) = name.text.raw, span
    opened = [mark for mark in raw[start:end] if mark in _CLOSING_MARKS]
    is_closed_behind = len(opened) % 2 == 1 and raw[end : end + 1] == _CLOSING_MARKS[opened[-1]]
    return (start, end + 1) if is_closed_behind else span


_CLOSING_MARKS: Final = {'"': '"', "“": "”", "„": "“", "«": "»"}


def _find_annotation_case(name: ParsedOrganisation, part: AppendedPart) -> CategoryCase:
    """Return what an annotation is: a term that a contract defines, particulars of the party, or a remark."""
    words = name.text.keys[part.start : part.stop]
    if part.category == DEFINED_TERM or words[0] in DEFINED_TERM_OPENINGS:
        return CategoryCase.DEFINED_TERM
    is_particulars = is_register_number(words) or is_whole_address(words)
    return CategoryCase.PARTICULARS if is_particulars else CategoryCase.NONE


def _detect_conflicting_parts(left: ParsedOrganisation, right: ParsedOrganisation) -> Iterator[Finding]:
    """Yield parts of one category with other words: two branches, two trusts, two numbers."""
    for category in sorted({part.category for part in left.parts}):
        ones = [part for part in left.parts if part.category == category]
        others = [part for part in right.parts if part.category == category]
        for one_part, other_part in zip(ones, others, strict=False):
            if _list_part_keys(left, one_part) != _list_part_keys(right, other_part):
                one, other = _list_part_tokens(left, one_part), _list_part_tokens(right, other_part)
                has_number = any(token.key[0].isdigit() for token in (*one, *other))
                yield Finding(
                    CategoryId.O20_NUMBER if has_number else CategoryId.O26_WORD_REPLACED,
                    get_tokens_span(one),
                    get_tokens_span(other),
                    CategoryCase.OTHER_PART,
                )


def _list_part_tokens(name: ParsedOrganisation, part: AppendedPart) -> Tokens:
    return name.get_tokens(range(part.start, part.stop))


def _list_part_keys(name: ParsedOrganisation, part: AppendedPart) -> tuple[str, ...]:
    """Return the keys of a part without its marker words, or the marker words where nothing follows them."""
    return name.get_tail_keys(part) or name.text.keys[part.start : part.stop]
