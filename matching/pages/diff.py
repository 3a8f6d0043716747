"""Word-by-word diff of two names: which words correspond, which stand on one side only, which moved.

Pure. The segments of one side, joined, are that name exactly as received: nothing is dropped, normalised or
reordered for display. The effect of a change comes from the engine's differences, never from this module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_noop

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
"""Categories about how the same words are written; all others are about which words there are."""


class DiffMark(StrEnum):
    """The state of one column of the diff; the value is also its CSS class."""

    SAME = "same"
    EQUAL = "equal"
    SUBSTITUTED = "substituted"
    DELETED = "deleted"
    INSERTED = "inserted"
    MOVED = "moved"
    REWRITTEN = "rewritten"

    @property
    def sign(self) -> str:
        """Symbol shown beside the colour; empty where the names agree."""
        return _MARK_SIGNS[self][0]

    @property
    def meaning(self) -> str:
        """Meaning of the symbol."""
        return gettext(_MARK_SIGNS[self][1])


_MARK_SIGNS = {
    DiffMark.SAME: ("", gettext_noop("The same")),
    DiffMark.EQUAL: ("≈", gettext_noop("Equal by rule")),
    DiffMark.SUBSTITUTED: ("≠", gettext_noop("Substituted")),
    DiffMark.DELETED: ("−", gettext_noop("In name A only")),
    DiffMark.INSERTED: ("+", gettext_noop("In name B only")),
    DiffMark.MOVED: ("⇄", gettext_noop("At another place")),
    DiffMark.REWRITTEN: ("≈", gettext_noop("Same word, written otherwise")),
}
ANSWER_MARKS = tuple(mark for mark in DiffMark if mark not in (DiffMark.SAME, DiffMark.REWRITTEN))
"""The marks where the effects of differences are shown."""

BLIND_MARKS = tuple(mark for mark in DiffMark if mark not in (DiffMark.SAME, DiffMark.EQUAL))
"""The marks before a reviewer decides: what a rule says of a difference is not among them."""


class DiffColumn(NamedTuple):
    """One position in both names; a side without words there is empty."""

    mark: DiffMark
    left: tuple[TextSegment, ...]
    right: tuple[TextSegment, ...]


class _WordRun(NamedTuple):
    """Unmatched words ``[start, stop)`` of one side.

    ``partner`` is the index of the anchor that holds them, or one of the constants below.
    """

    start: int
    stop: int
    partner: int


_UNMATCHED, _ONE_SIDED, _MOVED = -1, -2, -3
"""Partners of a run outside every anchor: no match, on this side only by a difference, at another place."""


class _NameSide:
    """One name as words, each followed by a gap up to the next word."""

    def __init__(self, text: TokenisedName) -> None:
        self.text = text
        self._spans = list(_separate_spans(text.tokens))

    def get_word_span(self, start: int, stop: int) -> Span:
        """Return the offsets of words ``[start, stop)``; the first word includes the text before it."""
        return (self._spans[start][0] if start else 0), self._spans[stop - 1][1]

    def get_gap_span(self, stop: int) -> Span:
        """Return the offsets of the text between word ``stop - 1`` and the next word, or the end."""
        following = self._spans[stop][0] if stop < len(self._spans) else len(self.text.raw)
        return self._spans[stop - 1][1], following

    def slice_text(self, span: Span | None) -> str:
        """Return the text of a span, as received; an empty string for no span."""
        return self.text.raw[slice(*span)] if span else ""


def _separate_spans(tokens: Sequence[Token]) -> Iterator[Span]:
    """Yield spans that never overlap: of two words in one character (¼: 1, 4) the first gets the span."""
    end = 0
    for token in tokens:
        start = max(token.start, end)
        end = max(token.end, start)
        yield start, end


WordAnchor = tuple[set[int], set[int]]
"""Indices of the words of both sides that one difference concerns."""

WordPairing = tuple[DiffMark | None, tuple[int, int] | None, tuple[int, int] | None]
"""A mark if it is already certain, and the range of words of each side."""


def build_columns(name1: str, name2: str, differences: Sequence[Mapping[str, Any]]) -> tuple[DiffColumn, ...]:
    """Return the columns of the diff; marks follow the differences (``category``, ``effect``, both spans).

    Raises :class:`~matching.engine.types.EngineError` for a name that the engine cannot read.
    """
    left, right = _NameSide(tokenise_name(name1)), _NameSide(tokenise_name(name2))
    pairings = list(_pair_words(left.text, right.text, differences))
    return tuple(
        _build_column(left, right, pairing, _is_pair_next(pairings, place), differences)
        for place, pairing in enumerate(pairings)
    )


def build_blind_columns(
    name1: str, name2: str, differences: Sequence[Mapping[str, Any]]
) -> tuple[DiffColumn, ...]:
    """Return the columns for who must not see what a rule says: the same words, written otherwise, are that.

    Effects in ``differences`` do not count. Raises as :func:`build_columns`.
    """
    plain = [
        {**item, "effect": "equal" if item["category"] in ORTHOGRAPHY_CATEGORIES else "review"}
        for item in differences
    ]
    return tuple(
        column._replace(mark=DiffMark.REWRITTEN) if column.mark is DiffMark.EQUAL else column
        for column in build_columns(name1, name2, plain)
    )


def _pair_words(
    left: TokenisedName, right: TokenisedName, differences: Sequence[Mapping[str, Any]]
) -> Iterator[WordPairing]:
    """Yield every word of both sides once, in an order that keeps the order of each side."""
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
    """Return the anchors without the matched words, if words of both sides remain."""
    matched = (
        {k for i, i2, _, _ in kept for k in range(i, i2)},
        {k for *_, j, j2 in kept for k in range(j, j2)},
    )
    left_over = [(one - matched[0], other - matched[1]) for one, other in anchors]
    return [(one, other) for one, other in left_over if one and other]


def _select_matches(aligned: TokenAlignment, anchors: list[WordAnchor]) -> list[tuple[int, int, int, int]]:
    """Return the matches in order, without those that pair a word otherwise than a difference does."""
    ranges = sorted(
        [
            (match.left_start, match.left_stop, match.right_start, match.right_stop)
            for match in aligned.matches
        ]
    )
    return [
        (i, i2, j, j2)
        for i, i2, j, j2 in ranges
        if all(bool(one & set(range(i, i2))) == bool(two & set(range(j, j2))) for one, two in anchors)
    ]


def _take_next(first: list[_WordRun], second: list[_WordRun]) -> WordPairing:
    """Remove and return the next run of one side, or of both when they are partners."""
    if first and second and first[0].partner == second[0].partner > _ONE_SIDED:
        return None, first.pop(0)[:2], second.pop(0)[:2]
    if first and not (
        second and _is_partner_pending(first[0], second) and not _is_partner_pending(second[0], first)
    ):
        run = first.pop(0)
        return _mark_single(run, DiffMark.DELETED), run[:2], None
    run = second.pop(0)
    return _mark_single(run, DiffMark.INSERTED), None, run[:2]


def _is_partner_pending(run: _WordRun, others: list[_WordRun]) -> bool:
    """Say whether the partner of a run is still to come on the other side."""
    return run.partner > _ONE_SIDED and any(other.partner == run.partner for other in others)


def _mark_single(run: _WordRun, otherwise: DiffMark) -> DiffMark:
    """Return the mark of a run without a partner beside it: moved if its partner stands elsewhere."""
    return DiffMark.MOVED if run.partner == _MOVED or run.partner >= 0 else otherwise


def _find_anchors(
    left: TokenisedName, right: TokenisedName, differences: Sequence[Mapping[str, Any]]
) -> list[WordAnchor]:
    """Return the words that differences set against each other; the first difference of a word counts."""
    anchors: list[WordAnchor] = []
    for item in differences:
        if item["category"] in ORTHOGRAPHY_CATEGORIES or not (item["span1"] and item["span2"]):
            continue
        one, other = _find_words(left, item["span1"]), _find_words(right, item["span2"])
        taken = any(one & first or other & second for first, second in anchors)
        if one and other and not taken:
            anchors.append((one, other))
    return anchors


def _find_words(text: TokenisedName, span: Sequence[int]) -> set[int]:
    """Return the indices of the words that a span overlaps."""
    start, end = span
    return {k for k, token in enumerate(text.tokens) if token.start < end and token.end > start}


def _find_one_sided(differences: Sequence[Mapping[str, Any]], side: str) -> list[Sequence[int]]:
    """Return the spans of differences that stand on one side only."""
    other = "span2" if side == "span1" else "span1"
    return [item[side] for item in differences if item[side] and not item[other]]


def _group_words(
    tokens: tuple[Token, ...],
    stretch: tuple[int, int],
    moved: set[int],
    anchors: list[set[int]],
    lone: list[Sequence[int]],
) -> list[_WordRun]:
    """Return the words of a range in runs of neighbours with one partner."""
    runs: list[_WordRun] = []
    for index in range(*stretch):
        partner = _find_partner(index, tokens[index], moved, anchors, lone)
        if runs and runs[-1].partner == partner:
            runs[-1] = runs[-1]._replace(stop=index + 1)
        else:
            runs.append(_WordRun(index, index + 1, partner))
    return runs


def _find_partner(
    index: int, token: Token, moved: set[int], anchors: list[set[int]], lone: list[Sequence[int]]
) -> int:
    """Return the partner of a word: its anchor or the reason why it has none."""
    if index in moved:
        return _MOVED
    if any(start <= token.start and token.end <= end for start, end in lone):
        return _ONE_SIDED
    return next((place for place, words in enumerate(anchors) if index in words), _UNMATCHED)


def _is_pair_next(pairings: list[WordPairing], place: int) -> bool:
    """Say whether both sides continue together after this position, or both end."""
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
    """Return one column: its words with their mark, and the gap after them.

    Equal words take the mark of the gap after them, if both sides continue together (``followed``).
    """
    settled, words_left, words_right = pairing
    spans = _get_word_span(left, words_left), _get_word_span(right, words_right)
    gap_spans = _get_gap_span(left, words_left), _get_gap_span(right, words_right)
    words = left.slice_text(spans[0]), right.slice_text(spans[1])
    gaps = left.slice_text(gap_spans[0]), right.slice_text(gap_spans[1])
    same_words = _are_same_words(left, words_left, right, words_right)
    mark = settled or DiffMark.SUBSTITUTED
    if mark is not DiffMark.MOVED:
        mark = _classify_texts(words, spans, mark, same_words, differences)
    if mark is DiffMark.SAME and followed:
        mark = _classify_texts(gaps, gap_spans, DiffMark.SUBSTITUTED, True, differences)
    show_letters = mark not in (DiffMark.SAME, DiffMark.MOVED) and not same_words
    word_segments = split_segments(*words, compare=show_letters)
    gap_segments = split_segments(*gaps, compare=False)
    return DiffColumn(mark, word_segments[0] + gap_segments[0], word_segments[1] + gap_segments[1])


def _get_word_span(side: _NameSide, words: tuple[int, int] | None) -> Span | None:
    return side.get_word_span(*words) if words else None


def _get_gap_span(side: _NameSide, words: tuple[int, int] | None) -> Span | None:
    return side.get_gap_span(words[1]) if words else None


def _are_same_words(
    left: _NameSide, words_left: tuple[int, int] | None, right: _NameSide, words_right: tuple[int, int] | None
) -> bool:
    """Say whether both sides have words with equal keys, however they are spaced."""
    if not (words_left and words_right):
        return False
    return _join_keys(left, words_left) == _join_keys(right, words_right)


def _join_keys(side: _NameSide, words: tuple[int, int]) -> str:
    """Return the comparison keys of words, joined, so that another spacing compares equal."""
    return "".join(side.text.keys[slice(*words)])


def _classify_texts(
    texts: tuple[str, str],
    spans: tuple[Span | None, Span | None],
    otherwise: DiffMark,
    writing: bool,
    differences: Sequence[Mapping[str, Any]],
) -> DiffMark:
    """Return the mark of two texts: equal by rule if every difference that concerns them is.

    ``writing``: the texts are the same words, so only differences in writing concern them.
    """
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
    # The span of a difference in writing is its first occurrence; the difference covers all of them.
    deciding = touching or (concerned if writing else [])
    harmless = bool(deciding) and all(_is_equal_by_rule(item) for item in deciding)
    return DiffMark.EQUAL if harmless else otherwise


def _is_equal_by_rule(item: Mapping[str, Any]) -> bool:
    """Say whether a rule makes a difference equal; look-alike letters are others, whatever a profile does."""
    return bool(item["effect"] == "equal" and item["category"] != CategoryId.O39_LOOKALIKE)


def _is_confined_to(item: Mapping[str, Any], spans: tuple[Span | None, Span | None]) -> bool:
    """Say whether a difference lies within these words on both sides: ``Müller`` / ``Mueller``."""
    return all(
        one and other and other[0] <= one[0] and one[1] <= other[1]
        for one, other in zip((item["span1"], item["span2"]), spans, strict=True)
    )


def _has_overlap(span: Sequence[int] | None, other_span: Span | None) -> bool:
    return span is not None and other_span is not None and span[0] < other_span[1] and other_span[0] < span[1]
