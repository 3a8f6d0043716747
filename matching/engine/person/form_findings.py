"""Differences in how the same words are written: form (I01), accents (I02) and order (I03)."""

from __future__ import annotations

from collections.abc import Iterator

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.person.align import PersonAlignment, WordPair, get_core_span, is_joined_surname
from matching.engine.person.doubt import (
    EXCHANGED,
    LETTERS,
    are_vietnamese,
    have_exchanged_surnames,
    have_other_letters,
    is_order_unclear,
)
from matching.engine.person.name_order import has_capitalised_surname
from matching.engine.person.similarity import EQUAL, ICAO, IDENTICAL_WORDS
from matching.engine.person.types import SURNAME, ParsedPerson, find_tokens_span
from matching.engine.search_logic import build_text_key
from matching.engine.text.phonetics import differ_by_doubled_letter
from matching.engine.text.tokenise import strip_marks
from matching.engine.types import Finding, Span

ROMANISED, ICAO_LETTERS, DOUBLED_LETTER = "romanised", "icao", CategoryCase.DOUBLED_LETTER.value


def detect_formatting(
    left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment
) -> Iterator[Finding]:
    """Yield one finding when case, punctuation or spacing differ and the letters do not (I01)."""
    for pair in alignment.pairs:
        if _has_equal_letters_written_otherwise(left, right, pair):
            spans = _get_written_spans(left, right, pair)
            detail = _classify_formatting(left, right, spans, pair)
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


def _get_written_spans(left: ParsedPerson, right: ParsedPerson, pair: WordPair) -> tuple[Span, Span]:
    """Return where a word stands, with the particles that the other side writes as one word with it."""
    spans = get_core_span(left, pair.left), get_core_span(right, pair.right)
    at, other = pair.left[0], pair.right[0]
    if not is_joined_surname(left, right, at, other):
        return spans
    if len(left.core[at].key) < len(right.core[other].key):
        return _include_particles(left, spans[0]), spans[1]
    return spans[0], _include_particles(right, spans[1])


def _include_particles(person: ParsedPerson, span: Span) -> Span:
    particles = find_tokens_span(person.particles) or span
    return min(particles[0], span[0]), max(particles[1], span[1])


def _classify_formatting(
    left: ParsedPerson, right: ParsedPerson, spans: tuple[Span, Span], pair: WordPair
) -> str:
    """Return the case of I01; letters that differ are a romanised spelling which the lists equate."""
    ours, theirs = left.text.raw[slice(*spans[0])], right.text.raw[slice(*spans[1])]
    if build_text_key(ours) != build_text_key(theirs):
        return ROMANISED
    return "spacing" if len(pair.left) != len(pair.right) else ""


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
    one, two = _get_pair_texts(left, right, pair)
    if pair.similarity.relation == ICAO:
        keys = left.core[pair.left[0]].key, right.core[pair.right[0]].key
        is_plain = one.isascii() and two.isascii()
        return DOUBLED_LETTER if differ_by_doubled_letter(*keys, is_plain) else ICAO_LETTERS
    if pair.similarity.relation != EQUAL or one.casefold() == two.casefold():
        return None
    if strip_marks(one).casefold() == strip_marks(two).casefold():
        is_other = have_other_letters(one, two) or are_vietnamese(left.text.raw, right.text.raw)
        return LETTERS if is_other else ""
    return None if one.isascii() and two.isascii() else "ligature"


def detect_order(left: ParsedPerson, right: ParsedPerson, alignment: PersonAlignment) -> Iterator[Finding]:
    """Yield one finding when the parts of the name stand in another order (I03).

    The order is certain when a comma or capitals mark the surname of one name, and the other has the same
    words with that surname at the end; or when a comma marks it and no surname stands beside a given name.
    """
    is_crossed = any(pair.is_crossed and not pair.contradicts for pair in alignment.pairs)
    only_comma = _is_comma_difference(left, right)
    is_rejoined = left.comma == right.comma and left.text.keys == right.text.keys
    if (alignment.in_order and not is_crossed and not only_comma) or is_rejoined:
        return
    spans = find_tokens_span(left.core), find_tokens_span(right.core)
    yield Finding(CategoryId.I03_FIELD_ORDER, *spans, _classify_order(left, right, is_crossed, only_comma))


def _classify_order(left: ParsedPerson, right: ParsedPerson, is_crossed: bool, only_comma: bool) -> str:
    """Return the case of I03: none where the order is certain."""
    if have_exchanged_surnames(left, right):
        return EXCHANGED
    if (
        only_comma
        or (left.comma != right.comma and not is_crossed)
        or _has_marked_surname_first(left, right)
        or _has_marked_surname_first(right, left)
    ):
        return ""
    return EXCHANGED if is_order_unclear(left, right) else "uncertain"


def _has_marked_surname_first(marked: ParsedPerson, other: ParsedPerson) -> bool:
    """Return whether a marked surname leads one name and ends the other, all other words being the same.

    Capitals mark it in passports and court papers: GRABOWSKI Ryszard William, Ryszard W. Grabowski.
    """
    if other.comma or marked.roles[0] != SURNAME or not (marked.comma or has_capitalised_surname(marked)):
        return False
    size = len(marked.surname)
    words = marked.core[size:] + marked.core[:size]
    return len(words) == len(other.core) and all(
        one.key == two.key or (at > 0 and one.key[0] == two.key[0] and 1 in (len(one.key), len(two.key)))
        for at, (one, two) in enumerate(zip(words, other.core, strict=True))
    )


def _is_comma_difference(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Say whether a comma alone makes another word the surname: Dorothy, Pakington; Dorothy Pakington."""
    return left.comma != right.comma and left.text.keys == right.text.keys and len(left.core) > 1
