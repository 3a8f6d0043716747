"""How alike two words of a personal name are, and why: equal, initial, nickname, variant, slip, another name.

The reason matters more than the number: two known given names one letter apart (Maria, Marta) are two people,
while a known name and a non-name one letter apart are one person and a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from matching.engine.han import same_word
from matching.engine.person_lexicon import is_nickname, names, oddness, share_group, words
from matching.engine.sounds import consonants, icao_fold, roman_key, slips, sound, vowels_only
from matching.engine.text import latin_key, script

EQUAL, ICAO, SCRIPT, TRANSLITERATION, SPELLING, NICKNAME, INITIAL = (
    "equal", "icao", "script", "transliteration", "spelling", "nickname", "initial",
)  # fmt: skip
ARTICLE, PREFIX, VOWELS, SLIP, OTHER = "article", "prefix", "vowels", "slip", "other"


class Likeness(NamedTuple):
    """Two words beside each other.

    ``score`` in [0, 1] is the belief that they render one name; ``relation`` says why. ``edits`` counts
    Damerau-Levenshtein operations, ``winkler`` is the Jaro-Winkler similarity, ``slips`` the share of edits a
    finger or a scanner makes, ``oddness`` how much less name-like one of them is, ``known`` how many are
    known names (0 to 2).
    """

    score: float
    relation: str
    edits: int = 0
    winkler: float = 1.0
    slips: float = 1.0
    oddness: float = 0.0
    known: int = 0
    first_equal: bool = True
    vowels_only: bool = False
    same_sound: bool = True
    same_skeleton: bool = True


SAME = Likeness(1.0, EQUAL)


@lru_cache(maxsize=32_768)
def likeness(left: str, right: str) -> Likeness:
    """Compare two comparison keys; symmetric, never raises."""
    if left == right:
        return SAME
    if left > right:
        return likeness(right, left)
    if not left or not right:
        return Likeness(0.0, OTHER, 1, 0.0, 0.0)
    if len(left) == 1 or len(right) == 1:
        return _initial(left, right)
    if not (left.isascii() and right.isascii()) and script(left[0]) != script(right[0]):
        return _across_scripts(latin_key(left), latin_key(right))
    return Likeness(0.95, SCRIPT) if same_word(left, right) else _words(left, right)


def _initial(left: str, right: str) -> Likeness:
    same = left[0] == right[0] or latin_key(left[0])[:1] == latin_key(right[0])[:1] != ""
    return Likeness(0.75, INITIAL) if same else Likeness(0.0, OTHER, 1, 0.0, 0.0, first_equal=False)


def _across_scripts(left: str, right: str) -> Likeness:
    """Transliterated words agree less surely than written ones: equality is worth 0.9."""
    if not left or not right:
        return Likeness(0.3, OTHER, 1, 0.5, 0.0)
    inner = likeness(left, right)
    if inner.score < 0.6:
        skeletons = consonants(left) == consonants(right) != ""
        return inner._replace(score=0.75, relation=SCRIPT) if skeletons else inner
    return inner._replace(score=inner.score * 0.9, relation=SCRIPT)


def _words(left: str, right: str) -> Likeness:
    edits = DamerauLevenshtein.distance(left, right)
    lexicon = names()
    known = sum([word in lexicon.given or word in lexicon.surnames for word in (left, right)])
    base = Likeness(
        0.0,
        OTHER,
        edits,
        JaroWinkler.similarity(left, right),
        slips(left, right, edits),
        abs(oddness(left) - oddness(right)),
        known,
        left[0] == right[0],
        vowels_only(left, right),
        sound(left) == sound(right),
        consonants(left) == consonants(right),
    )
    relation, score = _judge(left, right, base)
    return base._replace(relation=relation, score=score)


def _judge(left: str, right: str, seen: Likeness) -> tuple[str, float]:
    """The relation of two different words and the belief that they render one name."""
    recorded = _recorded(left, right)
    if recorded:
        return recorded
    both_given = left in names().given and right in names().given
    if roman_key(left) == roman_key(right) and not (both_given and not seen.first_equal):
        relation = VOWELS if seen.vowels_only and seen.edits == 1 else TRANSLITERATION
        return relation, 0.7 if both_given else 0.9
    if seen.vowels_only and len(left) == len(right) and left[0] == right[0] and left[-1] == right[-1]:
        return VOWELS, 0.68 if both_given else 0.85 if seen.edits == 1 else 0.75
    short, long_ = sorted((left, right), key=len)
    if len(short) >= 3 and long_.startswith(short) and len(long_) - len(short) > 1:
        return PREFIX, 0.62 if not both_given else 0.5
    return _edited(seen, len(long_), both_given)


def _recorded(left: str, right: str) -> tuple[str, float] | None:
    """A relation that stands in a rule or a list, not in the letters."""
    for relation, score, holds in _RECORDS:
        if holds(left, right):
            return relation, score
    return None


def _edited(seen: Likeness, length: int, both_given: bool) -> tuple[str, float]:
    """A score for words that are only near each other: slips raise it, two known names lower it."""
    share = 1.0 - seen.edits / length
    score = 0.6 * share + 0.3 * seen.winkler
    score += (
        0.06 * seen.same_sound + 0.05 * seen.same_skeleton + 0.08 * (seen.slips - 0.5) * (seen.edits <= 2)
    )
    score += 0.02 * min(seen.oddness, 4.0) - 0.06 * (seen.known == 2)
    if both_given:
        score = min(score - 0.12, 0.55)
    near = seen.edits <= 2 and share >= 0.6
    score = min(max(score, 0.0), 0.95 if near else 0.7)
    return (SLIP if score >= 0.6 else OTHER), score


def other_father(left: str, right: str) -> bool:
    """Whether two patronymics name two men: Petrovich and Pavlovich share an ending, not a father."""
    one, two = _father(left), _father(right)
    return one != two and DamerauLevenshtein.distance(one, two) > max(1, min(len(one), len(two)) // 4)


@lru_cache(maxsize=16_384)
def _father(patronymic: str) -> str:
    endings = [ending for ending in words().patronymic_endings if patronymic.endswith(ending)]
    return patronymic[: len(patronymic) - len(max(endings, key=len, default=""))]


def _glued_article(left: str, right: str) -> bool:
    """Alotaibi beside Otaibi: the Arabic article written together with the name."""
    short, long_ = sorted((left, right), key=len)
    return len(short) >= 4 and long_[:2] in ("al", "el") and long_[2:] == short


_RECORDS: tuple[tuple[str, float, Callable[[str, str], bool]], ...] = (
    (ICAO, 0.96, lambda left, right: icao_fold(left) == icao_fold(right)),
    (SPELLING, 0.92, lambda left, right: share_group("spelling", left, right)),
    (TRANSLITERATION, 0.92, lambda left, right: share_group("transliteration", left, right)),
    (NICKNAME, 0.85, is_nickname),
    (ARTICLE, 0.9, _glued_article),
)
