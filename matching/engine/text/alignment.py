"""The alignment of two token sequences: matched words, words on one side only, and moved words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, final

from rapidfuzz.distance import OSA, Levenshtein

from matching.engine.categories import CategoryId
from matching.engine.text import numbers
from matching.engine.text.lexicon import load_lexicon
from matching.engine.text.tokenise import Token, build_confusable_skeleton
from matching.engine.text.word_relation import WordRelation, classify_word_relation

MAX_CELLS: Final = 600
"""Most word pairs (words left × words right, over all gaps) compared in one alignment; real names need under
a hundred. What lies beyond is left unmatched, and the alignment says that it is incomplete."""
_MAX_JOINED_WORDS: Final = 3
_MAX_SPACED_LETTERS: Final = 8
"""Most letters of a word written apart."""
_MIN_MISSPELT_LETTERS: Final = 6
"""Fewest letters of a word that is written apart and misspelt at once."""


@final
class TokenMatch:
    """A match of token ranges; ``stop`` is exclusive, ``relation`` is ``None`` when the keys are equal."""

    __slots__ = ("left_start", "left_stop", "relation", "right_start", "right_stop")

    def __init__(
        self,
        left_start: int,
        left_stop: int,
        right_start: int,
        right_stop: int,
        relation: WordRelation | None,
    ) -> None:
        self.left_start = left_start
        self.left_stop = left_stop
        self.right_start = right_start
        self.right_stop = right_stop
        self.relation = relation


def _match_equal_words(i: int, j: int) -> TokenMatch:
    return TokenMatch(i, i + 1, j, j + 1, None)


EqualRun = tuple[int, int, int]
"""First index left, first index right, length."""


@final
class UnmatchedTokens:
    """Words without counterpart at one place: their indices left and right."""

    __slots__ = ("left", "right")

    def __init__(self, left: tuple[int, ...], right: tuple[int, ...]) -> None:
        self.left = left
        self.right = right


@final
class TokenAlignment:
    """The alignment of two token sequences: every token is in one match, gap or move (left, right index).

    ``is_complete`` is false where more than :data:`MAX_CELLS` word pairs would have had to be compared.
    """

    def __init__(
        self,
        matches: tuple[TokenMatch, ...],
        gaps: tuple[UnmatchedTokens, ...],
        moves: tuple[tuple[int, int], ...],
        is_complete: bool,
    ) -> None:
        self.matches = matches
        self.gaps = gaps
        self.moves = moves
        self.is_complete = is_complete


def align_tokens(left: tuple[Token, ...], right: tuple[Token, ...]) -> TokenAlignment:
    """Align by equal keys first, then word by word in the stretches between them."""
    keys_left, keys_right = [token.key for token in left], [token.key for token in right]
    same = find_equal_runs(keys_left, keys_right)
    matches = [_match_equal_words(i + step, j + step) for i, j, size in same for step in range(size)]
    gaps: list[UnmatchedTokens] = []
    budget = MAX_CELLS
    for i, i2, j, j2 in _find_stretches(same, len(left), len(right)):
        budget -= (i2 - i) * (j2 - j)
        gap = (
            _align_stretch(left, right, (i, i2, j, j2), matches) if budget >= 0 else _build_gap(i, i2, j, j2)
        )
        if gap.left or gap.right:
            gaps.append(gap)
    moved = _find_moves(keys_left, keys_right, gaps)
    if moved:
        gaps = _remove_moves(gaps, moved)
    return TokenAlignment(tuple(matches), tuple(gaps), tuple(moved), budget >= 0)


def find_equal_runs(left: Sequence[str], right: Sequence[str]) -> list[EqualRun]:
    """Return the runs of equal keys, in order, that need the fewest edits.

    A common beginning and end are cut off first; most pairs need no search after that.
    """
    if left == right:
        return [(0, 0, len(left))]
    start, i, j = 0, len(left), len(right)
    while start < i and start < j and left[start] == right[start]:
        start += 1
    while i > start and j > start and left[i - 1] == right[j - 1]:
        i, j = i - 1, j - 1
    found = [(0, 0, start)] if start else []
    if not set(left[start:i]).isdisjoint(right[start:j]):
        blocks = Levenshtein.opcodes(left[start:i], right[start:j]).as_matching_blocks()
        found += [(start + block.a, start + block.b, block.size) for block in blocks if block.size]
    if i < len(left):
        found.append((i, j, len(left) - i))
    return found


def _find_stretches(same: list[EqualRun], left: int, right: int) -> list[tuple[int, int, int, int]]:
    """Return the stretches around runs of equal keys, as ``[i, i2)`` left and ``[j, j2)`` right."""
    edges = [(0, 0, 0), *same, (left, right, 0)]
    found = [(i + size, next_i, j + size, next_j) for (i, j, size), (next_i, next_j, _) in pairwise(edges)]
    return [stretch for stretch in found if stretch[0] < stretch[1] or stretch[2] < stretch[3]]


def _align_stretch(
    left: tuple[Token, ...],
    right: tuple[Token, ...],
    block: tuple[int, int, int, int],
    matches: list[TokenMatch],
) -> UnmatchedTokens:
    i, i2, j, j2 = block
    if i2 - i == j2 - j == 1:
        relation = classify_word_relation(left[i].key, right[j].key, left[i].text, right[j].text)
        if relation:
            matches.append(TokenMatch(i, i2, j, j2, relation))
            return UnmatchedTokens((), ())
        return UnmatchedTokens((i,), (j,))
    if i == i2 or j == j2:
        return _build_gap(i, i2, j, j2)
    path = _find_best_path(left, right, block)
    matches.extend(path)
    used_left = {k for match in path for k in range(match.left_start, match.left_stop)}
    used_right = {k for match in path for k in range(match.right_start, match.right_stop)}
    return UnmatchedTokens(
        tuple([k for k in range(i, i2) if k not in used_left]),
        tuple([k for k in range(j, j2) if k not in used_right]),
    )


def _build_gap(i: int, i2: int, j: int, j2: int) -> UnmatchedTokens:
    return UnmatchedTokens(tuple(range(i, i2)), tuple(range(j, j2)))


def _find_best_path(
    left: tuple[Token, ...], right: tuple[Token, ...], block: tuple[int, int, int, int]
) -> list[TokenMatch]:
    """Return the matches in order with the greatest total similarity (Needleman-Wunsch with joins)."""
    i0, i2, j0, j2 = block
    end: _PathCell = (0.0, None, i2, j2)
    best = [[end] * (j2 + 1) for _ in range(i2 + 1)]
    for i in range(i2 - 1, i0 - 1, -1):
        for j in range(j2 - 1, j0 - 1, -1):
            best[i][j] = _compute_cell(left, right, i, j, i2, j2, best)
    path, i, j = [], i0, j0
    while (i, j) != (i2, j2):
        _, match, i, j = best[i][j]
        if match:
            path.append(match)
    return path


_PathCell = tuple[float, TokenMatch | None, int, int]
"""The greatest similarity from here to the end, the match here that gives it, and the next cell (i, j)."""


def _compute_cell(
    left: tuple[Token, ...],
    right: tuple[Token, ...],
    i: int,
    j: int,
    i2: int,
    j2: int,
    best: list[list[_PathCell]],
) -> _PathCell:
    below, beside = best[i + 1][j][0], best[i][j + 1][0]
    found: _PathCell = (below, None, i + 1, j) if below >= beside else (beside, None, i, j + 1)
    for match, gain in _list_pairings(left, right, i, j, i2, j2):
        total = best[match.left_stop][match.right_stop][0] + gain
        if total > found[0]:
            found = (total, match, match.left_stop, match.right_stop)
    return found


def _list_pairings(
    left: tuple[Token, ...], right: tuple[Token, ...], i: int, j: int, i2: int, j2: int
) -> list[tuple[TokenMatch, float]]:
    a, b = left[i], right[j]
    if a.key == b.key:
        return [(_match_equal_words(i, j), 1.5)]
    found = []
    relation = classify_word_relation(a.key, b.key, a.text, b.text)
    if relation:
        found.append((TokenMatch(i, i + 1, j, j + 1, relation), 0.4 + relation.similarity))
    joined = _match_spelled_number(left, right, i, j, i2, j2) or _match_joined_words(
        left, right, i, j, i2, j2
    )
    if joined:
        found.append((joined, 1.4 * max(joined.left_stop - i, joined.right_stop - j)))
    acronym = _match_acronym(left, right, i, j, i2, j2)
    if acronym:
        found.append((acronym, 1.2 * max(acronym.left_stop - i, acronym.right_stop - j)))
    return found


def _match_spelled_number(
    left: tuple[Token, ...], right: tuple[Token, ...], i: int, j: int, i2: int, j2: int
) -> TokenMatch | None:
    """Match a number of two words on one side: ``Twenty-First`` for ``21st``."""
    if left[i].key not in numbers.TENS_WORDS and right[j].key not in numbers.TENS_WORDS:
        return None
    for p, q in ((2, 1), (1, 2)):
        if i + p <= i2 and j + q <= j2:
            one = numbers.parse_compound_number(tuple([token.key for token in left[i : i + p]]))
            if one and one == numbers.parse_compound_number(tuple([token.key for token in right[j : j + q]])):
                return TokenMatch(i, i + p, j, j + q, WordRelation(CategoryId.O21_NUMBER_NOTATION, 1.0))
    return None


def _match_joined_words(
    left: tuple[Token, ...], right: tuple[Token, ...], i: int, j: int, i2: int, j2: int
) -> TokenMatch | None:
    """Match one word with the several words that spell it on the other side (``Clear water``, ``0 il``)."""
    if left[i].key[0] != right[j].key[0] and build_confusable_skeleton(
        left[i].text[0]
    ) != build_confusable_skeleton(right[j].text[0]):
        return None
    for p in range(1, _count_joinable_words(left, i, i2) + 1):
        for q in range(1, _count_joinable_words(right, j, j2) + 1):
            if p == q == 1 or (p > 1 and q > 1):
                continue
            relation = _relate_joined_words(left[i : i + p], right[j : j + q])
            if relation:
                return TokenMatch(i, i + p, j, j + q, relation)
    return None


def _count_joinable_words(words: tuple[Token, ...], start: int, stop: int) -> int:
    """Return how many words from ``start`` may spell one word: a few, or all single letters (``L A M Y``)."""
    letters = next((at for at in range(start, stop) if len(words[at].key) > 1), stop) - start
    return min(stop - start, max(_MAX_JOINED_WORDS, min(letters, _MAX_SPACED_LETTERS)))


def _relate_joined_words(left: tuple[Token, ...], right: tuple[Token, ...]) -> WordRelation | None:
    if _joins_digits(left) or _joins_digits(right):
        return None
    one, other = "".join([token.key for token in left]), "".join([token.key for token in right])
    if one == other:
        return WordRelation(CategoryId.O02_WHITESPACE, 1.0)
    if abs(len(one) - len(other)) <= 1 and len(one) > 2 and _build_skeleton(left) == _build_skeleton(right):
        return WordRelation(CategoryId.O39_LOOKALIKE, 0.9)
    if (
        min(len(one), len(other)) >= _MIN_MISSPELT_LETTERS
        and _is_all_words((*left, *right))
        and OSA.distance(one, other, score_cutoff=1) == 1
    ):
        return WordRelation(CategoryId.O18_TYPO_DISTINCTIVE_WORD, 1 - 1 / max(len(one), len(other)))
    return None


def _joins_digits(tokens: tuple[Token, ...]) -> bool:
    """Return whether two numbers would become one: ``1-2`` and ``1 2`` are not ``12``."""
    return any(one.key[-1].isdigit() and other.key[0].isdigit() for one, other in pairwise(tokens))


def _is_all_words(tokens: tuple[Token, ...]) -> bool:
    """Return whether all are words, none a letter or a number: ``Alpha II`` is no misspelt ``Alphai``."""
    return all(
        len(token.key) > 1 and token.key.isalpha() and numbers.parse_number(token.key) is None
        for token in tokens
    )


def _build_skeleton(tokens: tuple[Token, ...]) -> str:
    return build_confusable_skeleton("".join([token.text for token in tokens]))


def _match_acronym(
    left: tuple[Token, ...], right: tuple[Token, ...], i: int, j: int, i2: int, j2: int
) -> TokenMatch | None:
    """Match initials with their words: ``UWM`` for ``Universal Widget Makers`` (two letters or more)."""
    span = _count_acronym_words(left[i].key, right, j, j2)
    if span:
        return TokenMatch(i, i + 1, j, j + span, WordRelation(CategoryId.O16_ACRONYM, 0.5))
    span = _count_acronym_words(right[j].key, left, i, i2)
    return TokenMatch(i, i + span, j, j + 1, WordRelation(CategoryId.O16_ACRONYM, 0.5)) if span else None


def _count_acronym_words(short: str, words: tuple[Token, ...], start: int, stop: int) -> int:
    """Return how many words from ``start`` begin with the letters of ``short``, 0 when they do not.

    Initials may leave out function words: ``SNCF`` for ``Société nationale des chemins de fer``.
    """
    if not 2 <= len(short) <= stop - start or not short.isalpha() or short in load_lexicon().series_heads:
        return 0
    at = start
    for letter in short:
        while at < stop and words[at].key[0] != letter and at > start and _is_function_word(words[at].key):
            at += 1
        if at == stop or words[at].key[0] != letter or len(words[at].key) == 1:
            return 0
        at += 1
    return at - start


def _is_function_word(key: str) -> bool:
    return key in load_lexicon().particles or key in load_lexicon().connectors


def _find_moves(left: list[str], right: list[str], gaps: list[UnmatchedTokens]) -> list[tuple[int, int]]:
    """Return the words that stand at another place on the other side, as (left, right) indices."""
    waiting: dict[str, list[int]] = {}
    for gap in gaps:
        for j in gap.right:
            waiting.setdefault(right[j], []).append(j)
    found = []
    for gap in gaps:
        for i in gap.left:
            if waiting.get(left[i]):
                found.append((i, waiting[left[i]].pop(0)))
    return found


def _remove_moves(gaps: list[UnmatchedTokens], moved: list[tuple[int, int]]) -> list[UnmatchedTokens]:
    left, right = {i for i, _ in moved}, {j for _, j in moved}
    kept = [
        UnmatchedTokens(
            tuple([i for i in gap.left if i not in left]), tuple([j for j in gap.right if j not in right])
        )
        for gap in gaps
    ]
    return [gap for gap in kept if gap.left or gap.right]
