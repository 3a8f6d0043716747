"""Laying the words of two personal names beside each other, whatever the order they were written in.

Equal words pair first, then words written together on one side and apart on the other, then the likeliest
of the rest; what is left is paired by role as a contradiction (two different surnames) or stands alone.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from matching.engine.person.similarity import (
    IDENTICAL_WORDS,
    INITIAL,
    NICKNAME,
    SCRIPT,
    WordSimilarity,
    compare_words,
    has_different_father,
)
from matching.engine.person.types import ParsedPerson
from matching.engine.text.tokenise import romanise_token
from matching.engine.types import Span

MAX_CELLS = 600
"""Word pairs weighed in one alignment; no person's name has so many, the bound is for absurd input."""
_MIN_SIMILARITY = 0.6
_QUOTED_NICKNAME = WordSimilarity(0.9, NICKNAME)
_ROLE_CLASSES = {"g": 0, "m": 1, "p": 1, "s": 2}


class WordPair(NamedTuple):
    """One or more words of the left name against those of the right; ``role`` is the part they fill.

    ``crossed`` tells that a surname stands against a given name, ``moved`` a first name against a middle one,
    ``contradicts`` that both sides fill the role with words that are not one name.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    similarity: WordSimilarity
    role: str
    is_crossed: bool = False
    is_moved: bool = False
    contradicts: bool = False


class PersonAlignment(NamedTuple):
    """Pairs in order of the left name, and the words of either side with no partner, with their roles."""

    pairs: tuple[WordPair, ...]
    unpaired_left: tuple[tuple[int, str], ...]
    unpaired_right: tuple[tuple[int, str], ...]
    in_order: bool


def align_person_names(left: ParsedPerson, right: ParsedPerson) -> PersonAlignment:
    """The best assignment of words to words across the order readings of two names."""
    if left.mononym != right.mononym and not left.text.scripts & right.text.scripts:
        written = _pair_whole_names(left, right)
        if written:
            return PersonAlignment((written,), (), (), True)
    free_left, free_right = list(range(len(left.core))), list(range(len(right.core)))
    pairs = _pair_equal(left, right, free_left, free_right)
    if free_left and free_right:
        if len(free_left) * len(free_right) <= MAX_CELLS:
            pairs += _pair_unequal(left, right, free_left, free_right)
        pairs += _pair_contradictions(left, right, free_left, free_right)
    pairs.sort()
    rights = [pair.right for pair in pairs if not pair.contradicts]
    lone_left = tuple([(at, left.roles[at]) for at in free_left])
    lone_right = tuple([(at, right.roles[at]) for at in free_right])
    return PersonAlignment(tuple(pairs), lone_left, lone_right, rights == sorted(rights))


def _pair_unequal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair words that are not equal and still may be one name, the surest ways first."""
    pairs: list[WordPair] = []
    if left.nicknames or right.nicknames:
        pairs += _pair_nicknames(left, right, free_left, free_right)
    if left.particles or right.particles:
        pairs += _pair_particle_surnames(left, right, free_left, free_right)
    pairs += _pair_joined_words(left, right, free_left, free_right)
    return pairs + _pair_similar(left, right, free_left, free_right)


def _pair_whole_names(left: ParsedPerson, right: ParsedPerson) -> WordPair | None:
    """A name written as one word in its own script beside its romanised words: 習近平, Xi Jinping."""
    one = romanise_token("".join([token.key for token in left.core]))
    two = romanise_token("".join([token.key for token in right.core]))
    seen = compare_words(one, two)
    if not one or not two or seen.score < 0.75:
        return None
    seen = seen._replace(score=0.9 * seen.score, relation=SCRIPT)
    return WordPair(tuple(range(len(left.core))), tuple(range(len(right.core))), seen, "s")


def _build_pair(
    left: ParsedPerson,
    right: ParsedPerson,
    here: tuple[int, ...],
    there: tuple[int, ...],
    seen: WordSimilarity,
) -> WordPair:
    one, two = left.roles[here[0]], right.roles[there[0]]
    if one == two:
        return WordPair(here, there, seen, one)
    surname = "s" in (one, two)
    role = (
        one
        if left.comma and not right.comma
        else two
        if right.comma and not left.comma
        else "s"
        if surname
        else "m"
    )
    if not surname and "p" in (one, two):
        role = "p"
    return WordPair(here, there, seen, role, is_crossed=surname, is_moved=not surname and "g" in (one, two))


def _pair_equal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair equal keys, the same role before another."""
    pairs: list[WordPair] = []
    keys = [token.key for token in right.core]
    for at in tuple(free_left):
        key, role = left.core[at].key, left.roles[at]
        found = [other for other in free_right if keys[other] == key]
        if found:
            best = next((other for other in found if right.roles[other] == role), found[0])
            if len(key) == 1 and _ROLE_CLASSES[right.roles[best]] != _ROLE_CLASSES[role]:
                continue
            pairs.append(_build_pair(left, right, (at,), (best,), IDENTICAL_WORDS))
            free_left.remove(at)
            free_right.remove(best)
    return pairs


def _pair_nicknames(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """A nickname in quotation marks on one side is the given name of the other: William "Bill", Bill."""
    pairs: list[WordPair] = []
    for at, other in product(tuple(free_left), tuple(free_right)):
        told = {token.key for token in left.nicknames} & {right.core[other].key}
        told |= {token.key for token in right.nicknames} & {left.core[at].key}
        if told and left.roles[at] == right.roles[other] == "g":
            pairs.append(_build_pair(left, right, (at,), (other,), _QUOTED_NICKNAME))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _pair_particle_surnames(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """A surname written together with its particles on one side: de la Cruz beside Delacruz."""
    ours, theirs = join_surname_particles(left), join_surname_particles(right)
    for at, other in product(tuple(free_left), tuple(free_right)):
        one, two = left.core[at].key, right.core[other].key
        if ours.get(at) == two or theirs.get(other) == one:
            free_left.remove(at)
            free_right.remove(other)
            return [_build_pair(left, right, (at,), (other,), IDENTICAL_WORDS)]
    return []


def join_surname_particles(person: ParsedPerson) -> dict[int, str]:
    """The surnames of a person by their place, each written together with all particles of the name."""
    before = "".join([token.key for token in person.particles])
    return {
        at: before + person.core[at].key for at, role in enumerate(person.roles) if before and role == "s"
    }


def _pair_joined_words(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Words apart on one side and together on the other: Abdol Hamid beside Abdolhamid."""
    if len(free_left) + len(free_right) < 3:
        return []
    pairs = _pair_joined_one_way(left, right, free_left, free_right)
    for pair in _pair_joined_one_way(right, left, free_right, free_left):
        pairs.append(_build_pair(left, right, pair.right, pair.left, pair.similarity))
    return pairs


def _pair_joined_one_way(
    one: ParsedPerson, two: ParsedPerson, free_one: list[int], free_two: list[int]
) -> list[WordPair]:
    pairs: list[WordPair] = []
    for at in tuple(free_one):
        if at not in free_one or at + 1 not in free_one:
            continue
        key = one.core[at].key + one.core[at + 1].key
        for other in free_two:
            word = two.core[other].key
            if len(word) < 4 or abs(len(word) - len(key)) > 1 or word[0] != key[0]:
                continue
            seen = compare_words(key, word)
            if seen.score >= 0.85 and seen.score > compare_words(one.core[at].key, word).score:
                pairs.append(_build_pair(one, two, (at, at + 1), (other,), seen))
                free_one.remove(at)
                free_one.remove(at + 1)
                free_two.remove(other)
                break
    return pairs


def _pair_similar(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair the likeliest words first; across roles only when they are nearly sure."""
    found: list[tuple[float, int, int, WordSimilarity]] = []
    for at in free_left:
        for other in free_right:
            one, two = left.core[at].key, right.core[other].key
            seen = compare_words(one, two)
            if seen.score >= _MIN_SIMILARITY and not (
                left.roles[at] == right.roles[other] == "p" and has_different_father(one, two)
            ):
                weight = _compute_pair_weight(seen, left.roles[at], right.roles[other])
                if weight > 0:
                    found.append((-weight, at, other, seen))
    pairs: list[WordPair] = []
    for _, at, other, seen in sorted(found):
        if at in free_left and other in free_right:
            pairs.append(_build_pair(left, right, (at,), (other,), seen))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _compute_pair_weight(seen: WordSimilarity, one: str, two: str) -> float:
    """Preference for a pair; 0.0 forbids it."""
    if one == two:
        return seen.score + 0.2
    crossed = "s" in (one, two)
    if seen.relation == INITIAL:
        return 0.0 if crossed else seen.score - 0.05
    if crossed:
        return 0.0 if seen.relation == NICKNAME else seen.score - 0.1 if seen.score >= 0.75 else 0.0
    return seen.score


def _pair_contradictions(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """Pair what is left by role: two surnames, two first names, two middle names that are not one name."""
    pairs: list[WordPair] = []
    for role in "sgpm":
        ours = [at for at in free_left if left.roles[at] == role]
        theirs = [at for at in free_right if right.roles[at] == role]
        for at, other in zip(ours, theirs, strict=False):
            seen = compare_words(left.core[at].key, right.core[other].key)
            pairs.append(WordPair((at,), (other,), seen, role, contradicts=True))
            free_left.remove(at)
            free_right.remove(other)
    if len(free_left) == len(free_right) == 1 and len(left.core) == len(right.core):
        pairs += _pair_last_two(left, right, free_left, free_right)
    return pairs


def _pair_last_two(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[WordPair]:
    """The one word left on each side of names of one length; a surname part is no answer to a middle name."""
    at, other = free_left[0], free_right[0]
    roles = {left.roles[at], right.roles[other]}
    if "s" in roles and roles & {"m", "p"}:
        return []
    seen = compare_words(left.core[at].key, right.core[other].key)
    free_left.clear()
    free_right.clear()
    return [_build_pair(left, right, (at,), (other,), seen)._replace(contradicts=True)]


def get_core_span(person: ParsedPerson, at: tuple[int, ...]) -> Span:
    """Offsets of some adjacent core words in the name as received."""
    return (person.core[at[0]].start, person.core[at[-1]].end)
