"""Differences of orthography alone: case, spaces, punctuation, accents, ``&``, invisible characters.

The names as received are compared token by token where both hold the same words. These differences never
change whose name it is; a profile can still judge them (a financing statement is indexed letter by letter).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from matching.engine.categories import CategoryId
from matching.engine.language.wording import Sentence
from matching.engine.text.alignment import EqualRun, find_equal_runs
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.tokenise import (
    Token,
    TokenisedName,
    is_mixed_script,
    strip_marks,
)
from matching.engine.types import Finding, Span


def detect_orthography_findings(
    left: TokenisedName, right: TokenisedName, individual: bool = False
) -> list[Finding]:
    """Return the differences of orthography, one a category, from its first to its last place."""
    if left.raw == right.raw:
        return []
    same = find_equal_runs(left.keys, right.keys)
    found = []
    for category, (one, other) in _collect_within_words(left, right, same).items():
        found.append(Finding(_map_category_to_kind(category, individual), one, other))
    found += _detect_between_words(left, right, same, {item.category for item in found}, individual)
    found += _detect_article(left, right)
    if left.invisible or right.invisible:
        found += _detect_invisible(left, right)
    return found


def _map_category_to_kind(category: CategoryId, individual: bool) -> CategoryId:
    """Return the category for that kind: people have one for accents and one for all other differences."""
    return (
        ({CategoryId.O06_DIACRITICS: CategoryId.I02_DIACRITICS}.get(category, CategoryId.I01_FORM_OF_WRITING))
        if individual
        else category
    )


def _collect_within_words(
    left: TokenisedName, right: TokenisedName, same: list[EqualRun]
) -> dict[CategoryId, tuple[Span, Span]]:
    """Return the spans of differences within equal words, from the first to the last place of a category."""
    spans: dict[CategoryId, tuple[Span, Span]] = {}
    for first, second, size in same:
        pairs = zip(left.tokens[first : first + size], right.tokens[second : second + size], strict=True)
        for one, other in pairs:
            category = _classify_token_difference(one, other) if one.text != other.text else None
            if category:
                begun = spans.get(category, (one.span, other.span))
                spans[category] = ((begun[0][0], one.end), (begun[1][0], other.end))
    return spans


def _classify_token_difference(one: Token, other: Token) -> CategoryId | None:
    if one.key in load_lexicon().connectors and (one.text in "&+") != (other.text in "&+"):
        return CategoryId.O04_AMPERSAND
    if is_mixed_script(one.text) != is_mixed_script(other.text):
        return CategoryId.O39_LOOKALIKE
    folded, other_folded = one.text.casefold(), other.text.casefold()
    if folded == other_folded:
        return CategoryId.O01_CASE
    if unicodedata.normalize("NFC", folded) == unicodedata.normalize("NFC", other_folded):
        return CategoryId.O06_DIACRITICS
    return (
        CategoryId.O06_DIACRITICS
        if _has_accents(folded) != _has_accents(other_folded)
        else CategoryId.O03_PUNCTUATION
    )


def _has_accents(text: str) -> bool:
    return strip_marks(text) != text or not text.isascii()


def _detect_between_words(
    left: TokenisedName, right: TokenisedName, same: list[EqualRun], seen: set[CategoryId], individual: bool
) -> list[Finding]:
    """Return differences of punctuation and spaces between shared words, the first place of each category.

    Compared is what stands between words that are neighbours on both sides, and after the last word of both.
    ``seen`` holds the categories already found within words; found ones are added to it.
    """
    found = []
    for first, second, size in same:
        ends_both = first + size == len(left.tokens) and second + size == len(right.tokens)
        for step in range(size if ends_both else size - 1):
            one, other = _get_separator(left, first + step), _get_separator(right, second + step)
            ours, theirs = left.raw[one[0] : one[1]], right.raw[other[0] : other[1]]
            if ours == theirs:
                continue
            same_marks = "".join(ours.split()) == "".join(theirs.split())
            category = CategoryId.O02_WHITESPACE if same_marks else CategoryId.O03_PUNCTUATION
            shown = _map_category_to_kind(category, individual)
            if shown not in seen:
                seen.add(shown)
                found.append(Finding(shown, one, other))
    return found


def _get_separator(name: TokenisedName, at: int) -> Span:
    """Return the span from a word to the next, or to the end of the name."""
    tokens = name.tokens
    return (tokens[at].end, tokens[at + 1].start if at + 1 < len(tokens) else len(name.raw))


def _detect_article(left: TokenisedName, right: TokenisedName) -> list[Finding]:
    """Return the article or form of address of one name, or the article of both at its two ends."""
    one, other = _find_outer_word(left), _find_outer_word(right)
    is_same_end = (one is left.tokens[0]) == (other is right.tokens[0])
    if is_same_end and (one is None) == (other is None):
        return []
    category = CategoryId.O07_LEADING_ARTICLE
    if one and other and one.key == other.key:
        return [Finding(category, one.span, other.span)]
    found = [Finding(category, one.span, None)] if one else []
    return [*found, Finding(category, None, other.span)] if other else found


def _find_outer_word(name: TokenisedName) -> Token | None:
    """Return the article or form of address before a name, else the article after it."""
    first = name.tokens[0]
    if load_lexicon().is_leading_word(first.key, first.text):
        return first
    return find_last_article(name, len(name.tokens) - 1)


def find_last_article(name: TokenisedName, last: int) -> Token | None:
    """Return the token at ``last`` where it is an article behind a comma, as an index puts it."""
    token = name.tokens[last]
    is_article = token.key in load_lexicon().articles and "," in name.raw[: token.start]
    return token if is_article else None


def _detect_invisible(left: TokenisedName, right: TokenisedName) -> Iterator[Finding]:
    for text, flipped in ((left, False), (right, True)):
        for index in text.invisible:
            span = (index, index + 1)
            note = Sentence.INVISIBLE_CHARACTER.format(character=describe_invisible(text.raw, index))
            yield Finding(
                CategoryId.O39_LOOKALIKE, None if flipped else span, span if flipped else None, note=note
            )


def describe_characters(one: str, other: str) -> str:
    """Return the code points and names of the characters in which two texts of one length differ.

    The sentence is the same whichever text is given first; it is empty for texts of two lengths.
    """
    differing = dict.fromkeys(
        [tuple(sorted(pair, reverse=True)) for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    )
    if len(one) != len(other) or not differing:
        return ""
    pairs = [
        Sentence.CHARACTER_PAIR.format(
            left=here,
            left_code=describe_invisible(here, 0),
            right=there,
            right_code=describe_invisible(there, 0),
        )
        for here, there in differing
    ]
    return Sentence.CHARACTERS.format(pairs="; ".join(pairs))


def describe_invisible(raw: str, index: int) -> str:
    """Return the code point and Unicode name of a character: ``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(raw[index]):04X} {unicodedata.name(raw[index], 'UNNAMED')}"
