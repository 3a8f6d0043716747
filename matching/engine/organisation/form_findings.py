"""Differences between the legal forms of two organisations' names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.legal_forms.registry import load_form_register
from matching.engine.legal_forms.relation import FormRelation, explain_form_relation
from matching.engine.organisation.form_pairing import is_misspelt_form
from matching.engine.organisation.parse import ParsedOrganisation
from matching.engine.types import Finding, Span, mirror_finding

_FORM_CATEGORIES: Final = {
    FormRelation.TRANSLATION: CategoryId.O09_FORM_TRANSLATED,
    FormRelation.DIFFERENT: CategoryId.O10_FORM_CHANGED,
    FormRelation.SHARED_CODE: CategoryId.O10_FORM_CHANGED,
    FormRelation.AMBIGUOUS: CategoryId.O09_FORM_TRANSLATED,
    FormRelation.MISSING: CategoryId.O11_FORM_MISSING,
    FormRelation.STACKED: CategoryId.O12_FORM_STACKED,
    FormRelation.MARKER: CategoryId.O13_FORM_MARKER,
}
_FORM_CASES: Final = {
    FormRelation.TRANSLATION: CategoryCase.LOOSE_TRANSLATION,
    FormRelation.AMBIGUOUS: CategoryCase.LOOSE_TRANSLATION,
    FormRelation.SHARED_CODE: CategoryCase.SHARED_CODE,
}
MIN_TRUNCATED_LENGTH: Final = 24
"""Fewest letters of a name that a field's length can have cut off."""

_ALL_FORM_CATEGORIES: Final = {CategoryId.O08_FORM_ABBREVIATED, *_FORM_CATEGORIES.values()}


def detect_form_difference(
    left: ParsedOrganisation, right: ParsedOrganisation, relation: FormRelation
) -> Iterator[Finding]:
    """Yield the difference of the legal forms, if any, from the first to the last form of each name."""
    category: CategoryId | None
    if relation is FormRelation.SAME and _stand_at_places_that_count(left, right):
        category, case = CategoryId.O08_FORM_ABBREVIATED, CategoryCase.FORM_PLACE
    elif relation is FormRelation.SAME and _is_misspelt_on_one_side(left, right):
        category, case = CategoryId.O10_FORM_CHANGED, CategoryCase.TYPO
    elif relation is FormRelation.SAME:
        category, case = _classify_same_form(left, right), CategoryCase.NONE
    else:
        category, case = _FORM_CATEGORIES[relation], _FORM_CASES.get(relation, CategoryCase.NONE)
    if category:
        yield Finding(category, _get_form_span(left), _get_form_span(right), case)


def _stand_at_places_that_count(left: ParsedOrganisation, right: ParsedOrganisation) -> bool:
    """Return whether one form leads one name and ends the other, where its register keeps the two apart.

    Japanese names are registered with the form before or after (Companies Act art. 6), and 株式会社X and
    X株式会社 may be two companies. Latin letters give no place: the English name is not the registered one.
    """
    return _has_leading_form(left) != _has_leading_form(right) and all(
        map(_has_form_whose_place_counts, (left, right))
    )


def _has_form_whose_place_counts(name: ParsedOrganisation) -> bool:
    families = load_form_register().families
    return any(
        families[form.families[0]].place_counts and not name.text.keys[form.first].isascii()
        for form in name.forms
    )


def _is_misspelt_on_one_side(left: ParsedOrganisation, right: ParsedOrganisation) -> bool:
    """Return whether only the other name tells that a form is meant: ``Ltd``, ``Ldt``."""
    one, other = _list_form_keys(left), _list_form_keys(right)
    if len(one) != 1 or len(other) != 1 or len(one[0]) != 1 or len(other[0]) != 1:
        return False
    return is_misspelt_form(one[0][0], other[0][0]) or is_misspelt_form(other[0][0], one[0][0])


def _classify_same_form(left: ParsedOrganisation, right: ParsedOrganisation) -> CategoryId | None:
    """Return how one form is written in two ways, ``None`` where it is written alike.

    A word of another language beside a full English form, or the reverse, is a translation.
    """
    one, other = _list_form_keys(left), _list_form_keys(right)
    if ["".join(keys) for keys in one] == ["".join(keys) for keys in other]:
        is_moved = _has_leading_form(left) != _has_leading_form(right)
        return CategoryId.O08_FORM_ABBREVIATED if is_moved else None
    spellings = (*one, *other)
    longest = max(spellings, key=len)
    is_local = len(longest) > 1 and load_form_register().word_lists["english"].isdisjoint(longest)
    if is_local and min(map(len, spellings)) == 1:
        return CategoryId.O09_FORM_TRANSLATED
    return CategoryId.O08_FORM_ABBREVIATED


def detect_cut_form(left: ParsedOrganisation, right: ParsedOrganisation) -> tuple[Finding, ...]:
    """Return the only difference where a field's length cut one name off inside its legal form (``… LL``)."""
    one, other = _get_words_text(left), _get_words_text(right)
    if len(one) == len(other) or min(len(one), len(other)) < MIN_TRUNCATED_LENGTH:
        return ()
    short, whole = (left, right) if len(one) < len(other) else (right, left)
    if short.forms or not whole.forms:
        return ()
    cut, full = sorted((one, other), key=len)
    if not full.startswith(cut) or not (cut[-1].isalnum() and full[len(cut)].isalnum()):
        return ()
    span = _get_form_span(whole)
    if span is None or span[0] - whole.text.tokens[0].start >= len(cut):
        return ()
    finding = Finding(CategoryId.O38_TRUNCATION, short.text.tokens[-1].span, span)
    return (finding if short is left else mirror_finding(finding),)


def _get_words_text(name: ParsedOrganisation) -> str:
    """Return the text from the first to the last word: quotes and commas around a name are no part of it."""
    tokens = name.text.tokens
    return name.text.raw[tokens[0].start : tokens[-1].end].casefold()


def _has_leading_form(name: ParsedOrganisation) -> bool:
    """Return whether the form stands before the name (株式会社トヨタ) and not after it."""
    return bool(name.forms) and name.forms[0].first == 0


def _list_form_keys(name: ParsedOrganisation) -> list[tuple[str, ...]]:
    return [name.text.keys[form.first : form.stop] for form in name.forms]


def _get_form_span(name: ParsedOrganisation) -> Span | None:
    if not name.forms:
        return None
    tokens = name.text.tokens
    return (tokens[name.forms[0].first].start, tokens[name.forms[-1].stop - 1].end)


def add_form_note(
    finding: Finding, left: ParsedOrganisation, right: ParsedOrganisation, relation: FormRelation
) -> Finding:
    """Return the finding on the legal forms with a sentence that names them; other findings unchanged."""
    if finding.category not in _ALL_FORM_CATEGORIES or finding.detail == CategoryCase.TYPO:
        return finding
    if (finding.span1, finding.span2) != (_get_form_span(left), _get_form_span(right)):
        return finding
    return finding._replace(note=explain_form_relation(left.forms, right.forms, relation))
