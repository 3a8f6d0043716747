"""Two names side by side for the eye: what stands for what, what is on one side only, what moved.

Pure. The segments of one side, joined, are that name exactly as received: nothing is dropped, normalised or
reordered for display. What a change does is the engine's to say; this module only reads its differences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from matching.engine.categories import CategoryId
from matching.engine.text.alignment import TokenAlignment, align_tokens
from matching.engine.text.tokenise import Token, TokenisedName, tokenise_name
from matching.engine.types import Span
from matching.pages.glyphs import TextSegment, split_segments

ORTHOGRAPHY_CATEGORIES = frozenset(
    {
        CategoryId.O01_CASE,
        CategoryId.O02_WHITESPACE,
        CategoryId.O03_PUNCTUATION,
        CategoryId.O04_AMPERSAND,
        CategoryId.O06_DIACRITICS,
        CategoryId.O39_LOOKALIKE,
        CategoryId.I01_FORM_OF_WRITING,
        CategoryId.I02_DIACRITICS,
    }
)
"""Categories about how the same words are written; every other category is about which words there are."""


class DiffMark(StrEnum):
    """What happened to one place of the two names; also the class it is drawn with."""

    SAME = "same"
    EQUAL = "equal"
    SUBSTITUTED = "substituted"
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"

    @property
    def sign(self) -> str:
        """The symbol beside the colour; nothing where the names agree."""
        return _MARK_SIGNS[self][0]

    @property
    def meaning(self) -> str:
        """What the symbol means."""
        return _MARK_SIGNS[self][1]


_MARK_SIGNS = {
    DiffMark.SAME: ("", "The same"),
    DiffMark.EQUAL: ("≈", "Equal by rule"),
    DiffMark.SUBSTITUTED: ("≠", "Substituted"),
    DiffMark.DELETED: ("−", "In the first name only"),
    DiffMark.INSERTED: ("+", "In the second name only"),
    DiffMark.MOVED: ("⇄", "At another place"),
}


class DiffColumn(NamedTuple):
    """One place of both names; a side that has nothing there is empty."""

    mark: DiffMark
    left: tuple[TextSegment, ...]
    right: tuple[TextSegment, ...]


class _WordRun(NamedTuple):
    """Words ``[start, stop)`` of one side that found no equal; ``partner`` names their counterpart."""

    start: int
    stop: int
    partner: int


_UNMATCHED, _ONE_SIDED, _MOVED = -1, -2, -3


class _NameSide:
    """One name as words, each with what follows it up to the next word."""

    def __init__(self, text: TokenisedName) -> None:
        self.text = text
        self._spans = list(_separate_spans(text.tokens))

    def get_word_span(self, start: int, stop: int) -> Span:
        """Offsets of the words ``[start, stop)``; the first word of all takes what stands before it."""
        return (self._spans[start][0] if start else 0), self._spans[stop - 1][1]

    def get_gap_span(self, stop: int) -> Span:
        """Offsets of what stands between word ``stop - 1`` and the next one, or the end."""
        following = self._spans[stop][0] if stop < len(self._spans) else len(self.text.raw)
        return self._spans[stop - 1][1], following

    def slice_text(self, span: Span) -> str:
        """Text of a span, as received."""
        return self.text.raw[slice(*span)]


def _separate_spans(tokens: Sequence[Token]) -> Iterator[Span]:
    """Spans of words that never overlap: one character (¼) can be two words (1, 4), the first keeps it."""
    end = 0
    for token in tokens:
        start = max(token.start, end)
        end = max(token.end, start)
        yield start, end


WordAnchor = tuple[set[int], set[int]]
"""Words of both sides that the engine sets against each other."""

WordPairing = tuple[DiffMark | None, tuple[int, int] | None, tuple[int, int] | None]
"""A mark if it is settled, and the words of each side."""


def build_columns(name1: str, name2: str, differences: Sequence[Mapping[str, Any]]) -> tuple[DiffColumn, ...]:
    """Align two names; marks follow the differences (``category``, ``effect``, ``span1``, ``span2`` of each).

    Raises :class:`~matching.engine.types.EngineError` for a name that the engine does not read.
    """
    left, right = _NameSide(tokenise_name(name1)), _NameSide(tokenise_name(name2))
    pairings = list(_pair_words(left.text, right.text, differences))
    return tuple(
        _build_column(left, right, pairing, _is_pair_next(pairings, place), differences)
        for place, pairing in enumerate(pairings)
    )


def _pair_words(
    left: TokenisedName, right: TokenisedName, differences: Sequence[Mapping[str, Any]]
) -> Iterator[WordPairing]:
    """Every word of both sides once, in an order that keeps each side's own."""
    aligned = align_tokens(left.tokens, right.tokens)
    named = _find_anchors(left, right, differences)
    kept = _select_matches(aligned, named)
    anchors = _find_open_anchors(named, kept)
    moved = {i for i, _ in aligned.moves}, {j for _, j in aligned.moves}
    lone = _find_one_sided(differences, "span1"), _find_one_sided(differences, "span2")
    at_left = at_right = 0
    ends = len(left.tokens), len(right.tokens)
    for i, i2, j, j2 in [*kept, (ends[0], ends[0], ends[1], ends[1])]:
        first = _group_words(left.tokens, (at_left, i), moved[0], [one for one, _ in anchors], lone[0])
        second = _group_words(right.tokens, (at_right, j), moved[1], [two for _, two in anchors], lone[1])
        while first or second:
            yield _take_next(first, second)
        if i < i2 or j < j2:
            yield None, (i, i2), (j, j2)
        at_left, at_right = i2, j2


def _find_open_anchors(anchors: list[WordAnchor], kept: list[tuple[int, int, int, int]]) -> list[WordAnchor]:
    """Anchors that still have words on both sides when the matched words are taken out."""
    matched = (
        {k for i, i2, _, _ in kept for k in range(i, i2)},
        {k for *_, j, j2 in kept for k in range(j, j2)},
    )
    left_over = [(one - matched[0], other - matched[1]) for one, other in anchors]
    return [(one, other) for one, other in left_over if one and other]


def _select_matches(aligned: TokenAlignment, anchors: list[WordAnchor]) -> list[tuple[int, int, int, int]]:
    """Matches in order, without those that set a word against another one than the engine does."""
    return [
        match[:4]
        for match in sorted(aligned.matches, key=lambda match: match[:4])
        if all(
            bool(one & set(range(match.left_start, match.left_stop)))
            == bool(two & set(range(match.right_start, match.right_stop)))
            for one, two in anchors
        )
    ]


def _take_next(first: list[_WordRun], second: list[_WordRun]) -> WordPairing:
    """Take the next chunk of one side, or of both when they are partners."""
    if first and second and first[0].partner == second[0].partner > _ONE_SIDED:
        return None, first.pop(0)[:2], second.pop(0)[:2]
    if first and not (
        second and _is_partner_pending(first[0], second) and not _is_partner_pending(second[0], first)
    ):
        chunk = first.pop(0)
        return _mark_single(chunk, DiffMark.DELETED), chunk[:2], None
    chunk = second.pop(0)
    return _mark_single(chunk, DiffMark.INSERTED), None, chunk[:2]


def _is_partner_pending(chunk: _WordRun, others: list[_WordRun]) -> bool:
    """Say whether the chunk's partner is still to come on the other side."""
    return chunk.partner > _ONE_SIDED and any(other.partner == chunk.partner for other in others)


def _mark_single(chunk: _WordRun, otherwise: DiffMark) -> DiffMark:
    """Mark a chunk shown by itself: moved when its counterpart stands elsewhere."""
    return DiffMark.MOVED if chunk.partner == _MOVED or chunk.partner >= 0 else otherwise


def _find_anchors(
    left: TokenisedName, right: TokenisedName, differences: Sequence[Mapping[str, Any]]
) -> list[WordAnchor]:
    """Words that the engine sets against each other; of two accounts of one word, the first."""
    found: list[WordAnchor] = []
    for item in differences:
        if item["category"] in ORTHOGRAPHY_CATEGORIES or not (item["span1"] and item["span2"]):
            continue
        one, other = _find_words(left, item["span1"]), _find_words(right, item["span2"])
        taken = any(one & first or other & second for first, second in found)
        if one and other and not taken:
            found.append((one, other))
    return found


def _find_words(text: TokenisedName, span: Sequence[int]) -> set[int]:
    """Indices of the words that a span touches."""
    start, end = span
    return {k for k, token in enumerate(text.tokens) if token.start < end and token.end > start}


def _find_one_sided(differences: Sequence[Mapping[str, Any]], side: str) -> list[Sequence[int]]:
    """Spans that the engine found on one side only."""
    other = "span2" if side == "span1" else "span1"
    return [item[side] for item in differences if item[side] and not item[other]]


def _group_words(
    tokens: tuple[Token, ...],
    stretch: tuple[int, int],
    moved: set[int],
    anchors: list[set[int]],
    lone: list[Sequence[int]],
) -> list[_WordRun]:
    """Neighbouring words with the same fate, together."""
    chunks: list[_WordRun] = []
    for index in range(*stretch):
        partner = _find_partner(index, tokens[index], moved, anchors, lone)
        if chunks and chunks[-1].partner == partner:
            chunks[-1] = chunks[-1]._replace(stop=index + 1)
        else:
            chunks.append(_WordRun(index, index + 1, partner))
    return chunks


def _find_partner(
    index: int, token: Token, moved: set[int], anchors: list[set[int]], lone: list[Sequence[int]]
) -> int:
    if index in moved:
        return _MOVED
    if any(start <= token.start and token.end <= end for start, end in lone):
        return _ONE_SIDED
    return next((place for place, words in enumerate(anchors) if index in words), _UNMATCHED)


def _is_pair_next(pairings: list[WordPairing], place: int) -> bool:
    """Say whether the words after this place are set against each other, or both names end here."""
    if place + 1 == len(pairings):
        return True
    _, left, right = pairings[place + 1]
    return left is not None and right is not None


def _build_column(
    left: _NameSide,
    right: _NameSide,
    pairing: WordPairing,
    followed: bool,
    differences: Sequence[Mapping[str, Any]],
) -> DiffColumn:
    """Draw one place: its words with their mark, and what stands between it and the next place."""
    mark, one, other = pairing
    spans = left.get_word_span(*one) if one else None, right.get_word_span(*other) if other else None
    gaps = left.get_gap_span(one[1]) if one else None, right.get_gap_span(other[1]) if other else None
    words = left.slice_text(spans[0]) if spans[0] else "", right.slice_text(spans[1]) if spans[1] else ""
    between = left.slice_text(gaps[0]) if gaps[0] else "", right.slice_text(gaps[1]) if gaps[1] else ""
    same_words = bool(one and other) and _join_keys(left, one) == _join_keys(right, other)
    if mark is not DiffMark.MOVED:
        mark = _classify_texts(words, spans, mark or DiffMark.SUBSTITUTED, same_words, differences)
    if mark is DiffMark.SAME and followed and between[0] != between[1]:
        mark = _classify_texts(between, gaps, DiffMark.SUBSTITUTED, True, differences)
    drawn = split_segments(*words, compare=mark not in (DiffMark.SAME, DiffMark.MOVED) and not same_words)
    after = split_segments(*between, compare=False)
    return DiffColumn(mark, (*drawn[0], *after[0]), (*drawn[1], *after[1]))


def _join_keys(side: _NameSide, words: tuple[int, int] | None) -> str:
    """Comparison keys of words, joined: the same letters spaced otherwise are the same words."""
    return "".join(side.text.keys[slice(*words)]) if words else ""


def _classify_texts(
    texts: tuple[str, str],
    spans: tuple[Span | None, Span | None],
    otherwise: DiffMark,
    writing: bool,
    differences: Sequence[Mapping[str, Any]],
) -> DiffMark:
    """Mark texts that differ: equal by rule if every difference that concerns them is."""
    if texts[0] == texts[1]:
        return DiffMark.SAME
    concerned = [
        item
        for item in differences
        if (item["category"] in ORTHOGRAPHY_CATEGORIES) == writing or _is_confined_to(item, spans)
    ]
    touching = [
        item
        for item in concerned
        if _has_overlap(item["span1"], spans[0]) or _has_overlap(item["span2"], spans[1])
    ]
    # A difference of writing is located at its first place only and stands for all of them.
    deciding = touching or (concerned if writing else [])
    harmless = bool(deciding) and all(item["effect"] == "equal" for item in deciding)
    return DiffMark.EQUAL if harmless else otherwise


def _is_confined_to(item: Mapping[str, Any], spans: tuple[Span | None, Span | None]) -> bool:
    """Say whether a difference concerns these words and nothing beyond: ``Müller`` / ``Mueller``."""
    return all(
        one and other and other[0] <= one[0] and one[1] <= other[1]
        for one, other in zip((item["span1"], item["span2"]), spans, strict=True)
    )


def _has_overlap(one: Sequence[int] | None, other: Span | None) -> bool:
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]
