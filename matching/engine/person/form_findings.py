"""Differences in how the same words are written: form (I01), accents (I02) and order (I03)."""

from __future__ import annotations

from collections.abc import Iterator

from matching.engine.categories import CategoryId
from matching.engine.person.align import PersonAlignment, WordPair, get_core_span
from matching.engine.person.doubt import EXCHANGED, LETTERS, have_other_letters, is_order_unclear
from matching.engine.person.similarity import EQUAL, ICAO, IDENTICAL_WORDS
from matching.engine.person.types import ParsedPerson, find_tokens_span
from matching.engine.text.tokenise import strip_marks
from matching.engine.types import Finding


def detect_formatting(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield one finding when case, punctuation or spacing differ and the letters do not (I01)."""
    for pair in alignment.pairs:
        if _has_equal_letters_written_otherwise(left, right, pair):
            spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
            detail = "spacing" if len(pair.left) != len(pair.right) else ""
            yield Finding(CategoryId.I01_FORM_OF_WRITING, *spans, detail)
            return
    all_equal = all(pair.similarity.relation == EQUAL for pair in alignment.pairs)
    if alignment.in_order and all_equal and _has_different_separators(left, right):
        spans = (0, len(left.text.raw)), (0, len(right.text.raw))
        yield Finding(CategoryId.I01_FORM_OF_WRITING, *spans, "punctuation")


def _has_equal_letters_written_otherwise(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> bool:
    """Say whether equal words differ in more than their accents: in case, marks or the space inside."""
    if pair.similarity is not IDENTICAL_WORDS:
        return False
    if left.core[pair.left[0]].text == right.core[pair.right[0]].text:
        return False
    one, two = _get_pair_texts(left, right, pair)
    return len(pair.left) != len(pair.right) or strip_marks(one) != strip_marks(two)


def _has_different_separators(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Say whether names with the same words in the same order differ in the text between the words."""
    if left.text.keys != right.text.keys or left.text.raw == right.text.raw:
        return False
    return all(one.text == two.text for one, two in zip(left.text.tokens, right.text.tokens, strict=True))


def _get_pair_texts(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> tuple[str, str]:
    (start1, end1), (start2, end2) = get_core_span(left, pair.left), get_core_span(right, pair.right)
    return left.text.raw[start1:end1], right.text.raw[start2:end2]


def detect_accents(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield the words whose accents, ligatures or ICAO 9303 digraphs differ (I02)."""
    is_ascii = left.text.raw.isascii() and right.text.raw.isascii()
    if is_ascii and all(pair.similarity.relation != ICAO for pair in alignment.pairs):
        return
    for pair in alignment.pairs:
        detail = _classify_accents(left, right, pair)
        if detail is not None:
            spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
            yield Finding(CategoryId.I02_DIACRITICS, *spans, detail)


def _classify_accents(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> str | None:
    """Return the case of I02 that a pair of words shows; ``None`` when its accents are the same."""
    if pair.similarity.relation == ICAO:
        return ""
    one, two = _get_pair_texts(left, right, pair)
    if pair.similarity.relation != EQUAL or one.casefold() == two.casefold():
        return None
    if strip_marks(one).casefold() == strip_marks(two).casefold():
        return LETTERS if have_other_letters(one, two) else ""
    return None if one.isascii() and two.isascii() else "ligature"


def detect_order(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield one finding when the parts of the name stand in another order (I03).

    The order is certain when a comma marks it in one of the names and no surname stands beside a given name.
    """
    is_crossed = any(pair.is_crossed and not pair.contradicts for pair in alignment.pairs)
    only_comma = _is_comma_difference(left, right)
    if alignment.in_order and not is_crossed and not only_comma:
        return
    is_certain = only_comma or (left.comma != right.comma and not is_crossed)
    spans = find_tokens_span(left.core), find_tokens_span(right.core)
    unsure = EXCHANGED if is_order_unclear(left, right) else "uncertain"
    yield Finding(CategoryId.I03_FIELD_ORDER, *spans, "" if is_certain else unsure)


def _is_comma_difference(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Say whether a comma alone makes another word the surname: Dorothy, Pakington; Dorothy Pakington."""
    return left.comma != right.comma and left.text.keys == right.text.keys and len(left.core) > 1
