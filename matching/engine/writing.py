"""Differences of writing alone: case, spaces, punctuation, accents, ``&`` for "and", invisible characters.

They compare the two names as received, token by token where both hold the same words, and they never change
whose name it is; a profile may still care (a financing statement is indexed letter by letter).
"""

from __future__ import annotations

from collections.abc import Iterator

from rapidfuzz.distance import Levenshtein

from matching.engine.lexicon import lexicon
from matching.engine.text import Text, Token, describe_invisible, is_mixed, strip_marks
from matching.engine.types import Finding, Span


def writing_findings(left: Text, right: Text, individual: bool = False) -> Iterator[Finding]:
    """Every difference of writing, one finding a category, spanning from its first to its last place."""
    if left.raw == right.raw:
        return
    spans: dict[str, tuple[Span, Span]] = {}
    for one, other in _same_words(left, right):
        category = _token_category(one, other)
        if category:
            first = spans.get(category, (one.span, other.span))
            spans[category] = ((first[0][0], one.end), (first[1][0], other.end))
    for category, span in spans.items():
        yield Finding(_for_kind(category, individual), *span)
    for category in _between_words(left, right, spans):
        yield Finding(_for_kind(category, individual), (0, len(left.raw)), (0, len(right.raw)))
    yield from _article(left, right)
    yield from _invisible(left, right)


def _for_kind(category: str, individual: bool) -> str:
    """People have one category for case, spaces and punctuation, and one for accents."""
    return ({"O06": "I02"}.get(category, "I01")) if individual else category


def _same_words(left: Text, right: Text) -> Iterator[tuple[Token, Token]]:
    if left.keys == right.keys:
        yield from zip(left.tokens, right.tokens, strict=True)
        return
    for block in Levenshtein.opcodes(left.keys, right.keys).as_matching_blocks():
        for step in range(block.size):
            yield left.tokens[block.a + step], right.tokens[block.b + step]


def _token_category(one: Token, other: Token) -> str | None:
    if one.text == other.text:
        return None
    if one.key in lexicon().connectors and (one.text in "&+") != (other.text in "&+"):
        return "O04"
    if is_mixed(one.text) != is_mixed(other.text):
        return "O39"
    folded, other_folded = one.text.casefold(), other.text.casefold()
    if folded == other_folded:
        return "O01"
    return "O06" if _accents(folded) != _accents(other_folded) else "O03"


def _accents(text: str) -> bool:
    return strip_marks(text) != text or not text.isascii()


def _between_words(left: Text, right: Text, spans: dict[str, tuple[Span, Span]]) -> Iterator[str]:
    """Punctuation and spaces between the words."""
    one, other = _separators(left), _separators(right)
    marks, other_marks = ["".join(part.split()) for part in one], ["".join(part.split()) for part in other]
    if "O03" not in spans and "".join(marks) != "".join(other_marks):
        yield "O03"
    if left.keys == right.keys and [part.count(" ") for part in one] != [part.count(" ") for part in other]:
        yield "O02"


def _separators(text: Text) -> list[str]:
    """What stands before, between and after the tokens."""
    bounds = [0, *[offset for token in text.tokens for offset in (token.start, token.end)], len(text.raw)]
    return [text.raw[bounds[index] : bounds[index + 1]] for index in range(0, len(bounds), 2)]


def _article(left: Text, right: Text) -> Iterator[Finding]:
    articles = lexicon().articles
    first, other = left.tokens[0], right.tokens[0]
    if (first.key in articles) == (other.key in articles):
        return
    yield Finding("O07", first.span if first.key in articles else None, other.span if other.key in articles else None)


def _invisible(left: Text, right: Text) -> Iterator[Finding]:
    for text, flipped in ((left, False), (right, True)):
        for index in text.invisible:
            span = (index, index + 1)
            detail = f"{describe_invisible(text.raw, index)} is in the name and does not print."
            yield Finding("O39", *((None, span) if flipped else (span, None)), detail)
