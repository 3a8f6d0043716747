"""Alignment of the words of two personal names, whatever order they are written in.

Equal words pair first, then words that one side writes together and the other apart, then similar words, the
most similar first. What is left pairs by role as a contradiction (two different surnames) or stays unpaired.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from matching.engine.person.similarity import (
    CHINESE_SPELLINGS,
    IDENTICAL_WORDS,
    INITIAL,
    MIN_TYPO_SCORE,
    NICKNAME,
    SCRIPT,
    WordSimilarity,
    are_clearly_different,
    compare_words,
    has_different_father,
)
from matching.engine.person.types import GIVEN, MIDDLE, PATRONYMIC, SURNAME, ParsedPerson, Role
from matching.engine.text.chinese import are_wade_giles_spellings
from matching.engine.text.tokenise import Tokens, romanise_token
from matching.engine.types import Span

MAX_CELLS: Final = 600
"""Most word pairs compared in one alignment; personal names stay far below. Beyond it words are left
unpaired, and the alignment says that it is incomplete."""
_MIN_SIMILARITY: Final = MIN_TYPO_SCORE
_MIN_WHOLE_SIMILARITY: Final = 0.75
"""Similarity from which two whole names written as one word each are one name."""
_MIN_CROSSED_SIMILARITY: Final = 0.75
"""Similarity from which a surname may pair with a given name."""
_MIN_JOINED_SIMILARITY: Final = 0.85
_MIN_JOINED_LENGTH: Final = 4
_ACROSS_SCRIPTS_FACTOR: Final = 0.9
_SAME_ROLE_BONUS, _INITIAL_PENALTY, _CROSSED_PENALTY = 0.2, 0.05, 0.1
_QUOTED_NICKNAME: Final = WordSimilarity(0.9, NICKNAME)
_ROLE_CLASSES: Final = {GIVEN: 0, MIDDLE: 1, PATRONYMIC: 1, SURNAME: 2}
"""Roles within which an initial may pair with an equal initial."""


@dataclass
class WordPair:
    """One or more words of the left name beside words of the right; ``role`` is the part that they fill.

    ``is_crossed``: a surname stands beside a given name. ``is_moved``: a first name stands beside a middle
    name. ``contradicts``: both sides fill the role with words that do not render one name.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    similarity: WordSimilarity
    role: Role
    is_crossed: bool = False
    is_moved: bool = False
    contradicts: bool = False


@dataclass
class PersonAlignment:
    """Pairs in the order of the left name, and the unpaired words of each side with their roles.

    ``is_complete`` is false where more than :data:`MAX_CELLS` word pairs would have had to be compared.
    """

    pairs: tuple[WordPair, ...]
    unpaired_left: tuple[tuple[int, Role], ...]
    unpaired_right: tuple[tuple[int, Role], ...]
    in_order: bool
    is_complete: bool = True


def align_person_names(left: ParsedPerson, right: ParsedPerson) -> PersonAlignment:
    """Pair the words of two names, across different orders of writing."""
    if left.mononym != right.mononym and not left.text.scripts & right.text.scripts:
        whole = _pair_whole_names(left, right)
        if whole:
            return PersonAlignment((whole,), (), (), True)
    free_left, free_right = list(range(len(left.core))), list(range(len(right.core)))
    pairs = _pair_equal(left, right, free_left, free_right)
    is_complete = len(free_left) * len(free_right) <= MAX_CELLS
    if free_left and free_right:
        if is_complete:
            pairs += _pair_unequal(left, right, free_left, free_right)
        pairs += _pair_contradictions(left, right, free_left, free_right)
    pairs.sort(key=_get_place)
    rights = [pair.right for pair in pairs if not pair.contradicts]
    unpaired_left = tuple([(at, left.roles[at]) for at in free_left])
    unpaired_right = tuple([(at, right.roles[at]) for at in free_right])
    in_order = rights == sorted(rights)
    return PersonAlignment(tuple(pairs), unpaired_left, unpaired_right, in_order, is_complete)


def _get_place(pair: WordPair) -> tuple[int, ...]:
    """Return the place in the left name, which no two pairs share."""
    return pair.left


def _pair_unequal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair words that are not equal but may render one name, the most certain ways first."""
    pairs: list[WordPair] = []
    if left.nicknames or right.nicknames:
        pairs += _pair_nicknames(left, right, free_left, free_right)
    if left.particles or right.particles:
        pairs += _pair_particle_surnames(left, right, free_left, free_right)
    pairs += _pair_joined_words(left, right, free_left, free_right)
    return pairs + _pair_similar(left, right, free_left, free_right)


def _pair_whole_names(left: ParsedPerson, right: ParsedPerson) -> WordPair | None:
    """Pair a name written as one word in its own script with its romanised words: 習近平, Xi Jinping."""
    one, two = _romanise_core(left.core), _romanise_core(right.core)
    similarity = compare_words(one, two)
    if not one or not two or similarity.score < _MIN_WHOLE_SIMILARITY:
        return None
    similarity = similarity.with_score(_ACROSS_SCRIPTS_FACTOR * similarity.score, SCRIPT)
    return WordPair(tuple(range(len(left.core))), tuple(range(len(right.core))), similarity, SURNAME)


def _romanise_core(core: Tokens) -> str:
    return romanise_token("".join([token.key for token in core]))


def _build_pair(
    left: ParsedPerson,
    right: ParsedPerson,
    here: tuple[int, ...],
    there: tuple[int, ...],
    similarity: WordSimilarity,
) -> WordPair:
    """Pair words of the left name (``here``) with words of the right one (``there``).

    Words of different roles are crossed when one is a surname, and moved when one is the first given name.
    """
    one, two = left.roles[here[0]], right.roles[there[0]]
    if one == two:
        return WordPair(here, there, similarity, one)
    is_crossed = SURNAME in (one, two)
    is_moved = not is_crossed and GIVEN in (one, two)
    return WordPair(here, there, similarity, _choose_role(left, right, one, two), is_crossed, is_moved)


def _choose_role(left: ParsedPerson, right: ParsedPerson, one: Role, two: Role) -> Role:
    """Choose between two different roles that the two names give one word.

    A patronymic beside a given or middle name stays one. Otherwise the name with a comma is right, for its
    order is certain; without one the surname prevails, and between given names the middle name.
    """
    if PATRONYMIC in (one, two) and SURNAME not in (one, two):
        return PATRONYMIC
    if left.comma != right.comma:
        return one if left.comma else two
    return SURNAME if SURNAME in (one, two) else MIDDLE


def _pair_equal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair equal words, preferably in the same role; equal initials only in roles of one class."""
    pairs: list[WordPair] = []
    keys = [token.key for token in right.core]
    for at in tuple(free_left):
        key, role = left.core[at].key, left.roles[at]
        equals = [other for other in free_right if keys[other] == key]
        if equals:
            best = next((other for other in equals if right.roles[other] == role), equals[0])
            if len(key) == 1 and _ROLE_CLASSES[right.roles[best]] != _ROLE_CLASSES[role]:
                continue
            pairs.append(_build_pair(left, right, (at,), (best,), IDENTICAL_WORDS))
            free_left.remove(at)
            free_right.remove(best)
    return pairs


def _pair_nicknames(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair given names when one side quotes the other's as a nickname: William "Bill", Bill."""
    pairs: list[WordPair] = []
    nicknames_left = {token.key for token in left.nicknames}
    nicknames_right = {token.key for token in right.nicknames}
    for at, other in product(tuple(free_left), tuple(free_right)):
        is_quoted = right.core[other].key in nicknames_left or left.core[at].key in nicknames_right
        if is_quoted and left.roles[at] == right.roles[other] == GIVEN:
            pairs.append(_build_pair(left, right, (at,), (other,), _QUOTED_NICKNAME))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _pair_particle_surnames(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair a surname with the same surname written together with its particles: de la Cruz, Delacruz."""
    for at, other in product(tuple(free_left), tuple(free_right)):
        if is_joined_surname(left, right, at, other):
            free_left.remove(at)
            free_right.remove(other)
            return [_build_pair(left, right, (at,), (other,), IDENTICAL_WORDS)]
    return []


def is_joined_surname(left: ParsedPerson, right: ParsedPerson, at: int, other: int) -> bool:
    """Say whether word ``at`` and word ``other`` are one surname that one side writes with its particles."""
    one, two = left.core[at].key, right.core[other].key
    return two == _join_particles(left, at) or one == _join_particles(right, other)


def _join_particles(person: ParsedPerson, at: int) -> str | None:
    """Return a surname written together with all particles of the name; ``None`` for any other word."""
    if not person.particles or person.roles[at] != SURNAME:
        return None
    return "".join([token.key for token in person.particles]) + person.core[at].key


def _pair_joined_words(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair two words of one side with one word of the other: Abdol Hamid, Abdolhamid."""
    if len(free_left) + len(free_right) < 3:
        return []
    pairs = _pair_joined_one_way(left, right, free_left, free_right)
    for pair in _pair_joined_one_way(right, left, free_right, free_left):
        pairs.append(_build_pair(left, right, pair.right, pair.left, pair.similarity))
    return pairs


def _pair_joined_one_way(
    apart: ParsedPerson, together: ParsedPerson, free_apart: list[int], free_together: list[int]
) -> list[WordPair]:
    """Pair neighbouring words of ``apart`` with the word of ``together`` that joins them."""
    pairs: list[WordPair] = []
    for at in tuple(free_apart):
        if at not in free_apart or at + 1 not in free_apart:
            continue
        for other in free_together:
            similarity = _compare_joined(apart.core, at, together.core[other].key)
            if similarity:
                pairs.append(_build_pair(apart, together, (at, at + 1), (other,), similarity))
                free_apart.remove(at)
                free_apart.remove(at + 1)
                free_together.remove(other)
                break
    return pairs


def _compare_joined(core: Tokens, at: int, word: str) -> WordSimilarity | None:
    """Compare two neighbouring words, joined, with one word; ``None`` if they do not render it better so."""
    joined = core[at].key + core[at + 1].key
    if are_wade_giles_spellings(joined, word):
        return CHINESE_SPELLINGS
    if len(word) < _MIN_JOINED_LENGTH or abs(len(word) - len(joined)) > 1 or word[0] != joined[0]:
        return None
    similarity = compare_words(joined, word)
    if similarity.score < _MIN_JOINED_SIMILARITY:
        return None
    return similarity if similarity.score > compare_words(core[at].key, word).score else None


def _pair_similar(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair similar words, the best pair first; across roles only when they are nearly certain."""
    candidates: list[tuple[float, int, int, WordSimilarity]] = []
    for at in free_left:
        for other in free_right:
            one, two = left.core[at].key, right.core[other].key
            similarity = None if are_clearly_different(one, two) else compare_words(one, two)
            if similarity is None or similarity.score < _MIN_SIMILARITY:
                continue
            if left.roles[at] == right.roles[other] == PATRONYMIC and has_different_father(one, two):
                continue
            weight = _compute_pair_weight(similarity, left.roles[at], right.roles[other])
            if weight > 0:
                candidates.append((-weight, at, other, similarity))
    pairs: list[WordPair] = []
    for _, at, other, similarity in sorted(candidates, key=_get_preference):
        if at in free_left and other in free_right:
            pairs.append(_build_pair(left, right, (at,), (other,), similarity))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _get_preference(candidate: tuple[float, int, int, WordSimilarity]) -> tuple[float, int, int]:
    return candidate[:3]


def _compute_pair_weight(similarity: WordSimilarity, one: Role, two: Role) -> float:
    """Return the preference for a pair of words in roles ``one`` and ``two``; 0.0 forbids it."""
    if one == two:
        return similarity.score + _SAME_ROLE_BONUS
    is_initial = similarity.relation == INITIAL
    if SURNAME not in (one, two):
        return similarity.score - _INITIAL_PENALTY if is_initial else similarity.score
    if is_initial or similarity.relation == NICKNAME or similarity.score < _MIN_CROSSED_SIMILARITY:
        return 0.0
    return similarity.score - _CROSSED_PENALTY


def _pair_contradictions(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair what is left by role: two surnames, two first names, two middle names that are not one name."""
    pairs: list[WordPair] = []
    for role in (SURNAME, GIVEN, PATRONYMIC, MIDDLE):
        words_left = [at for at in free_left if left.roles[at] == role]
        words_right = [at for at in free_right if right.roles[at] == role]
        for at, other in zip(words_left, words_right, strict=False):
            similarity = compare_words(left.core[at].key, right.core[other].key)
            pairs.append(WordPair((at,), (other,), similarity, role, contradicts=True))
            free_left.remove(at)
            free_right.remove(other)
    if len(free_left) == len(free_right) == 1 and len(left.core) == len(right.core):
        pairs += _pair_last_two(left, right, free_left, free_right)
    return pairs


def _pair_last_two(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair the last word left on each side of names of one length, except a surname with a middle name."""
    at, other = free_left[0], free_right[0]
    roles = {left.roles[at], right.roles[other]}
    if SURNAME in roles and roles & {MIDDLE, PATRONYMIC}:
        return []
    similarity = compare_words(left.core[at].key, right.core[other].key)
    free_left.clear()
    free_right.clear()
    pair = _build_pair(left, right, (at,), (other,), similarity)
    pair.contradicts = True
    return [pair]


def get_core_span(person: ParsedPerson, at: tuple[int, ...]) -> Span:
    """Return the offsets of adjacent core words in the name as received."""
    return (person.core[at[0]].start, person.core[at[-1]].end)
