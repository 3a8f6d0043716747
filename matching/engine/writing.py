"""Differences of writing alone: case, spaces, punctuation, accents, ``&`` for "and", invisible characters.

They compare the two names as received, token by token where both hold the same words, and they never change
whose name it is; a profile may still care (a financing statement is indexed letter by letter).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from matching.engine.alignment import Run, runs
from matching.engine.lexicon import lexicon
from matching.engine.text import Text, Token, describe_invisible, is_mixed, strip_marks
from matching.engine.types import Finding, Span


def writing_findings(left: Text, right: Text, individual: bool = False) -> Iterator[Finding]:
    """Every difference of writing, one finding a category, spanning from its first to its last place."""
    if left.raw == right.raw:
        return
    same = runs(left.keys, right.keys)
    spans = _in_words(left, right, same)
    for category, span in spans.items():
        yield Finding(_for_kind(category, individual), *span)
    yield from _between_words(
        left, right, same, {_for_kind(category, individual) for category in spans}, individual
    )
    yield from _article(left, right)
    if left.invisible or right.invisible:
        yield from _invisible(left, right)


def _for_kind(category: str, individual: bool) -> str:
    """People have one category for case, spaces and punctuation, and one for accents."""
    return ({"O06": "I02"}.get(category, "I01")) if individual else category


def _in_words(left: Text, right: Text, same: list[Run]) -> dict[str, tuple[Span, Span]]:
    """Differences of writing within equal words, from the first to the last place of each category."""
    spans: dict[str, tuple[Span, Span]] = {}
    for first, second, size in same:
        pairs = zip(left.tokens[first : first + size], right.tokens[second : second + size], strict=True)
        for one, other in pairs:
            category = _token_category(one, other) if one.text != other.text else None
            if category:
                begun = spans.get(category, (one.span, other.span))
                spans[category] = ((begun[0][0], one.end), (begun[1][0], other.end))
    return spans


def _token_category(one: Token, other: Token) -> str | None:
    if one.key in lexicon().connectors and (one.text in "&+") != (other.text in "&+"):
        return "O04"
    if is_mixed(one.text) != is_mixed(other.text):
        return "O39"
    folded, other_folded = one.text.casefold(), other.text.casefold()
    if folded == other_folded:
        return "O01"
    if unicodedata.normalize("NFC", folded) == unicodedata.normalize("NFC", other_folded):
        return "O06"
    return "O06" if _accents(folded) != _accents(other_folded) else "O03"


def _accents(text: str) -> bool:
    return strip_marks(text) != text or not text.isascii()


def _between_words(
    left: Text, right: Text, same: list[Run], seen: set[str], individual: bool
) -> Iterator[Finding]:
    """Punctuation and spaces between words that both names hold, the first place of each not yet seen."""
    for one, other in _separators(left, right, same):
        ours, theirs = left.raw[slice(*one)], right.raw[slice(*other)]
        if ours == theirs:
            continue
        same_marks = "".join(ours.split()) == "".join(theirs.split())
        shown = _for_kind("O02" if same_marks else "O03", individual)
        if shown not in seen:
            seen.add(shown)
            yield Finding(shown, one, other)


def _separators(left: Text, right: Text, same: list[Run]) -> Iterator[tuple[Span, Span]]:
    """What stands between words that are neighbours on both sides, and after the last word of both."""
    one, other = left.tokens, right.tokens
    for first, second, size in same:
        for i, j in zip(range(first, first + size - 1), range(second, second + size - 1), strict=True):
            yield (one[i].end, one[i + 1].start), (other[j].end, other[j + 1].start)
        if first + size == len(one) and second + size == len(other):
            yield (one[-1].end, len(left.raw)), (other[-1].end, len(right.raw))


def _article(left: Text, right: Text) -> Iterator[Finding]:
    first, other = left.tokens[0], right.tokens[0]
    ours, theirs = lexicon().leads(first.key, first.text), lexicon().leads(other.key, other.text)
    if ours != theirs:
        yield Finding("O07", first.span if ours else None, other.span if theirs else None)


def _invisible(left: Text, right: Text) -> Iterator[Finding]:
    for text, flipped in ((left, False), (right, True)):
        for index in text.invisible:
            span = (index, index + 1)
            note = f"{describe_invisible(text.raw, index)} is in the name and does not print."
            yield Finding("O39", None if flipped else span, span if flipped else None, note=note)
