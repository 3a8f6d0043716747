"""Laying the words of two personal names beside each other, whatever the order they were written in.

Equal words pair first, then words written together on one side and apart on the other, then the likeliest
of the rest; what is left is paired by role as a contradiction (two different surnames) or stands alone.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from matching.engine.person_likeness import (
    INITIAL,
    NICKNAME,
    SAME,
    SCRIPT,
    Likeness,
    likeness,
    other_father,
)
from matching.engine.person_types import ParsedPerson
from matching.engine.text import latin_key
from matching.engine.types import Span

MAX_CELLS = 600
"""Word pairs weighed in one alignment; no person's name has so many, the bound is for absurd input."""
_NEAR = 0.6
_TOLD = Likeness(0.9, NICKNAME)
_KIND = {"g": 0, "m": 1, "p": 1, "s": 2}


class Pair(NamedTuple):
    """One or more words of the left name against those of the right; ``role`` is the part they fill.

    ``crossed`` tells that a surname stands against a given name, ``moved`` a first name against a middle one,
    ``contradicts`` that both sides fill the role with words that are not one name.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    seen: Likeness
    role: str
    crossed: bool = False
    moved: bool = False
    contradicts: bool = False


class Alignment(NamedTuple):
    """Pairs in order of the left name, and the words of either side with no partner, with their roles."""

    pairs: tuple[Pair, ...]
    lone_left: tuple[tuple[int, str], ...]
    lone_right: tuple[tuple[int, str], ...]
    in_order: bool


def align(left: ParsedPerson, right: ParsedPerson) -> Alignment:
    """The best assignment of words to words across the order readings of two names."""
    if left.mononym != right.mononym and not left.text.scripts & right.text.scripts:
        written = _written_together(left, right)
        if written:
            return Alignment((written,), (), (), True)
    free_left, free_right = list(range(len(left.core))), list(range(len(right.core)))
    pairs = _equal(left, right, free_left, free_right)
    if free_left and free_right:
        if len(free_left) * len(free_right) <= MAX_CELLS:
            pairs += _unequal(left, right, free_left, free_right)
        pairs += _contradictions(left, right, free_left, free_right)
    pairs.sort()
    rights = [pair.right for pair in pairs if not pair.contradicts]
    lone_left = tuple([(at, left.roles[at]) for at in free_left])
    lone_right = tuple([(at, right.roles[at]) for at in free_right])
    return Alignment(tuple(pairs), lone_left, lone_right, rights == sorted(rights))


def _unequal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """Pair words that are not equal and still may be one name, the surest ways first."""
    pairs: list[Pair] = []
    if left.nicknames or right.nicknames:
        pairs += _nicknamed(left, right, free_left, free_right)
    if left.particles or right.particles:
        pairs += _glued_surnames(left, right, free_left, free_right)
    pairs += _joined(left, right, free_left, free_right)
    return pairs + _near(left, right, free_left, free_right)


def _written_together(left: ParsedPerson, right: ParsedPerson) -> Pair | None:
    """A name written as one word in its own script beside its romanised words: 習近平, Xi Jinping."""
    one = latin_key("".join([token.key for token in left.core]))
    two = latin_key("".join([token.key for token in right.core]))
    seen = likeness(one, two)
    if not one or not two or seen.score < 0.75:
        return None
    seen = seen._replace(score=0.9 * seen.score, relation=SCRIPT)
    return Pair(tuple(range(len(left.core))), tuple(range(len(right.core))), seen, "s")


def _pair(
    left: ParsedPerson, right: ParsedPerson, here: tuple[int, ...], there: tuple[int, ...], seen: Likeness
) -> Pair:
    one, two = left.roles[here[0]], right.roles[there[0]]
    if one == two:
        return Pair(here, there, seen, one)
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
    return Pair(here, there, seen, role, crossed=surname, moved=not surname and "g" in (one, two))


def _equal(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """Pair equal keys, the same role before another."""
    pairs: list[Pair] = []
    keys = [token.key for token in right.core]
    for at in tuple(free_left):
        key, role = left.core[at].key, left.roles[at]
        found = [other for other in free_right if keys[other] == key]
        if found:
            best = next((other for other in found if right.roles[other] == role), found[0])
            if len(key) == 1 and _KIND[right.roles[best]] != _KIND[role]:
                continue
            pairs.append(_pair(left, right, (at,), (best,), SAME))
            free_left.remove(at)
            free_right.remove(best)
    return pairs


def _nicknamed(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """A nickname in quotation marks on one side is the given name of the other: William "Bill", Bill."""
    pairs: list[Pair] = []
    for at, other in product(tuple(free_left), tuple(free_right)):
        told = {token.key for token in left.nicknames} & {right.core[other].key}
        told |= {token.key for token in right.nicknames} & {left.core[at].key}
        if told and left.roles[at] == right.roles[other] == "g":
            pairs.append(_pair(left, right, (at,), (other,), _TOLD))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _glued_surnames(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """A surname written together with its particles on one side: de la Cruz beside Delacruz."""
    ours, theirs = glued(left), glued(right)
    for at, other in product(tuple(free_left), tuple(free_right)):
        one, two = left.core[at].key, right.core[other].key
        if ours.get(at) == two or theirs.get(other) == one:
            free_left.remove(at)
            free_right.remove(other)
            return [_pair(left, right, (at,), (other,), SAME)]
    return []


def glued(person: ParsedPerson) -> dict[int, str]:
    """The surnames of a person by their place, each written together with all particles of the name."""
    before = "".join([token.key for token in person.particles])
    return {
        at: before + person.core[at].key for at, role in enumerate(person.roles) if before and role == "s"
    }


def _joined(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """Words apart on one side and together on the other: Abdol Hamid beside Abdolhamid."""
    if len(free_left) + len(free_right) < 3:
        return []
    pairs = _joined_one_way(left, right, free_left, free_right)
    for pair in _joined_one_way(right, left, free_right, free_left):
        pairs.append(_pair(left, right, pair.right, pair.left, pair.seen))
    return pairs


def _joined_one_way(
    one: ParsedPerson, two: ParsedPerson, free_one: list[int], free_two: list[int]
) -> list[Pair]:
    pairs: list[Pair] = []
    for at in tuple(free_one):
        if at not in free_one or at + 1 not in free_one:
            continue
        key = one.core[at].key + one.core[at + 1].key
        for other in free_two:
            word = two.core[other].key
            if len(word) < 4 or abs(len(word) - len(key)) > 1 or word[0] != key[0]:
                continue
            seen = likeness(key, word)
            if seen.score >= 0.85 and seen.score > likeness(one.core[at].key, word).score:
                pairs.append(_pair(one, two, (at, at + 1), (other,), seen))
                free_one.remove(at)
                free_one.remove(at + 1)
                free_two.remove(other)
                break
    return pairs


def _near(left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]) -> list[Pair]:
    """Pair the likeliest words first; across roles only when they are nearly sure."""
    found: list[tuple[float, int, int, Likeness]] = []
    for at in free_left:
        for other in free_right:
            one, two = left.core[at].key, right.core[other].key
            seen = likeness(one, two)
            if seen.score >= _NEAR and not (
                left.roles[at] == right.roles[other] == "p" and other_father(one, two)
            ):
                weight = _weight(seen, left.roles[at], right.roles[other])
                if weight > 0:
                    found.append((-weight, at, other, seen))
    pairs: list[Pair] = []
    for _, at, other, seen in sorted(found):
        if at in free_left and other in free_right:
            pairs.append(_pair(left, right, (at,), (other,), seen))
            free_left.remove(at)
            free_right.remove(other)
    return pairs


def _weight(seen: Likeness, one: str, two: str) -> float:
    """Preference for a pair; 0.0 forbids it."""
    if one == two:
        return seen.score + 0.2
    crossed = "s" in (one, two)
    if seen.relation == INITIAL:
        return 0.0 if crossed else seen.score - 0.05
    if crossed:
        return 0.0 if seen.relation == NICKNAME else seen.score - 0.1 if seen.score >= 0.75 else 0.0
    return seen.score


def _contradictions(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """Pair what is left by role: two surnames, two first names, two middle names that are not one name."""
    pairs: list[Pair] = []
    for role in "sgpm":
        ours = [at for at in free_left if left.roles[at] == role]
        theirs = [at for at in free_right if right.roles[at] == role]
        for at, other in zip(ours, theirs, strict=False):
            seen = likeness(left.core[at].key, right.core[other].key)
            pairs.append(Pair((at,), (other,), seen, role, contradicts=True))
            free_left.remove(at)
            free_right.remove(other)
    if len(free_left) == len(free_right) == 1 and len(left.core) == len(right.core):
        pairs += _last_two(left, right, free_left, free_right)
    return pairs


def _last_two(
    left: ParsedPerson, right: ParsedPerson, free_left: list[int], free_right: list[int]
) -> list[Pair]:
    """The one word left on each side of names of one length; a surname part is no answer to a middle name."""
    at, other = free_left[0], free_right[0]
    roles = {left.roles[at], right.roles[other]}
    if "s" in roles and roles & {"m", "p"}:
        return []
    seen = likeness(left.core[at].key, right.core[other].key)
    free_left.clear()
    free_right.clear()
    return [_pair(left, right, (at,), (other,), seen)._replace(contradicts=True)]


def span_of(person: ParsedPerson, at: tuple[int, ...]) -> Span:
    """Offsets of some adjacent core words in the name as received."""
    return (person.core[at[0]].start, person.core[at[-1]].end)
