"""How alike two words of a personal name are, and why: equal, initial, nickname, variant, slip, another name.

The reason matters more than the number: two known given names one letter apart (Maria, Marta) are two people,
while a known name and a non-name one letter apart are one person and a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from matching.engine.person.lexicon import (
    are_listed_variants,
    compute_surprisal,
    is_nickname,
    load_name_lists,
    load_word_lists,
)
from matching.engine.text.han import is_same_word
from matching.engine.text.phonetics import (
    build_consonant_key,
    build_phonetic_key,
    compute_typo_share,
    fold_icao_digraphs,
    is_vowel_difference,
    normalise_romanisation,
)
from matching.engine.text.tokenise import get_script, romanise_token

EQUAL, ICAO, SCRIPT, TRANSLITERATION, SPELLING, NICKNAME, INITIAL = (
    "equal", "icao", "script", "transliteration", "spelling", "nickname", "initial",
)  # fmt: skip
ARTICLE, PREFIX, VOWELS, TYPO, UNRELATED = "article", "prefix", "vowels", "slip", "other"


class WordSimilarity(NamedTuple):
    """Two words beside each other.

    ``score`` in [0, 1] is the belief that they render one name; ``relation`` says why. ``edits`` counts
    Damerau-Levenshtein operations, ``winkler`` is the Jaro-Winkler similarity, ``slips`` the share of edits a
    finger or a scanner makes, ``oddness`` how much less name-like one of them is, ``known`` how many are
    known names (0 to 2).
    """

    score: float
    relation: str
    edits: int = 0
    jaro_winkler: float = 1.0
    typo_share: float = 1.0
    surprisal_gap: float = 0.0
    known_count: int = 0
    same_first_letter: bool = True
    only_vowels_differ: bool = False
    same_sound: bool = True
    same_skeleton: bool = True


IDENTICAL_WORDS = WordSimilarity(1.0, EQUAL)


@lru_cache(maxsize=32_768)
def compare_words(left: str, right: str) -> WordSimilarity:
    """Compare two comparison keys; symmetric, never raises."""
    if left == right:
        return IDENTICAL_WORDS
    if left > right:
        return compare_words(right, left)
    if not left or not right:
        return WordSimilarity(0.0, UNRELATED, 1, 0.0, 0.0)
    if len(left) == 1 or len(right) == 1:
        return _compare_initial(left, right)
    if not (left.isascii() and right.isascii()) and get_script(left[0]) != get_script(right[0]):
        return _compare_across_scripts(romanise_token(left), romanise_token(right))
    return WordSimilarity(0.95, SCRIPT) if is_same_word(left, right) else _compare_spellings(left, right)


def _compare_initial(left: str, right: str) -> WordSimilarity:
    same = left[0] == right[0] or romanise_token(left[0])[:1] == romanise_token(right[0])[:1] != ""
    return (
        WordSimilarity(0.75, INITIAL)
        if same
        else WordSimilarity(0.0, UNRELATED, 1, 0.0, 0.0, same_first_letter=False)
    )


def _compare_across_scripts(left: str, right: str) -> WordSimilarity:
    """Transliterated words agree less surely than written ones: equality is worth 0.9."""
    if not left or not right:
        return WordSimilarity(0.3, UNRELATED, 1, 0.5, 0.0)
    inner = compare_words(left, right)
    if inner.score < 0.6:
        skeletons = build_consonant_key(left) == build_consonant_key(right) != ""
        return inner._replace(score=0.75, relation=SCRIPT) if skeletons else inner
    return inner._replace(score=inner.score * 0.9, relation=SCRIPT)


def _compare_spellings(left: str, right: str) -> WordSimilarity:
    edits = DamerauLevenshtein.distance(left, right)
    lexicon = load_name_lists()
    known = sum([word in lexicon.given or word in lexicon.surnames for word in (left, right)])
    base = WordSimilarity(
        0.0,
        UNRELATED,
        edits,
        JaroWinkler.similarity(left, right),
        compute_typo_share(left, right, edits),
        abs(compute_surprisal(left) - compute_surprisal(right)),
        known,
        left[0] == right[0],
        is_vowel_difference(left, right),
        build_phonetic_key(left) == build_phonetic_key(right),
        build_consonant_key(left) == build_consonant_key(right),
    )
    relation, score = _classify_similarity(left, right, base)
    return base._replace(relation=relation, score=score)


def _classify_similarity(left: str, right: str, seen: WordSimilarity) -> tuple[str, float]:
    """The relation of two different words and the belief that they render one name."""
    recorded = _find_listed_relation(left, right)
    if recorded:
        return recorded
    both_given = left in load_name_lists().given and right in load_name_lists().given
    if normalise_romanisation(left) == normalise_romanisation(right) and not (
        both_given and not seen.same_first_letter
    ):
        relation = VOWELS if seen.only_vowels_differ and seen.edits == 1 else TRANSLITERATION
        return relation, 0.7 if both_given else 0.9
    if seen.only_vowels_differ and len(left) == len(right) and left[0] == right[0] and left[-1] == right[-1]:
        return VOWELS, 0.68 if both_given else 0.85 if seen.edits == 1 else 0.75
    short, long_ = sorted((left, right), key=len)
    if len(short) >= 3 and long_.startswith(short) and len(long_) - len(short) > 1:
        return PREFIX, 0.62 if not both_given else 0.5
    return _score_edits(seen, len(long_), both_given)


def _find_listed_relation(left: str, right: str) -> tuple[str, float] | None:
    """A relation that stands in a rule or a list, not in the letters."""
    for relation, score, holds in _LISTED_RELATIONS:
        if holds(left, right):
            return relation, score
    return None


def _score_edits(seen: WordSimilarity, length: int, both_given: bool) -> tuple[str, float]:
    """A score for words that are only near each other: slips raise it, two known names lower it."""
    share = 1.0 - seen.edits / length
    score = 0.6 * share + 0.3 * seen.jaro_winkler
    score += (
        0.06 * seen.same_sound
        + 0.05 * seen.same_skeleton
        + 0.08 * (seen.typo_share - 0.5) * (seen.edits <= 2)
    )
    score += 0.02 * min(seen.surprisal_gap, 4.0) - 0.06 * (seen.known_count == 2)
    if both_given:
        score = min(score - 0.12, 0.55)
    near = seen.edits <= 2 and share >= 0.6
    score = min(max(score, 0.0), 0.95 if near else 0.7)
    return (TYPO if score >= 0.6 else UNRELATED), score


def has_different_father(left: str, right: str) -> bool:
    """Whether two patronymics name two men: Petrovich and Pavlovich share an ending, not a father."""
    one, two = _strip_patronymic_ending(left), _strip_patronymic_ending(right)
    return one != two and DamerauLevenshtein.distance(one, two) > max(1, min(len(one), len(two)) // 4)


@lru_cache(maxsize=16_384)
def _strip_patronymic_ending(patronymic: str) -> str:
    endings = [ending for ending in load_word_lists().patronymic_endings if patronymic.endswith(ending)]
    return patronymic[: len(patronymic) - len(max(endings, key=len, default=""))]


def _has_joined_article(left: str, right: str) -> bool:
    """Alotaibi beside Otaibi: the Arabic article written together with the name."""
    short, long_ = sorted((left, right), key=len)
    return len(short) >= 4 and long_[:2] in ("al", "el") and long_[2:] == short


_LISTED_RELATIONS: tuple[tuple[str, float, Callable[[str, str], bool]], ...] = (
    (ICAO, 0.96, lambda left, right: fold_icao_digraphs(left) == fold_icao_digraphs(right)),
    (SPELLING, 0.92, lambda left, right: are_listed_variants("spelling", left, right)),
    (TRANSLITERATION, 0.92, lambda left, right: are_listed_variants("transliteration", left, right)),
    (NICKNAME, 0.85, is_nickname),
    (ARTICLE, 0.9, _has_joined_article),
)
