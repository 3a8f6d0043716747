"""Similarity of two words of a personal name, with the reason: initial, nickname, variant, typing error.

The reason matters more than the score: two frequent given names one letter apart (Maria, Marta) belong to two
people, while a frequent name and a word that is no name, one letter apart, are one name and a typing error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.person.lexicon import (
    are_listed_variants,
    compute_surprisal,
    is_nickname,
    load_name_lists,
    load_word_lists,
)
from matching.engine.text.chinese import is_only_wade_giles
from matching.engine.text.han import is_same_word
from matching.engine.text.phonetics import (
    are_japanese_spellings,
    are_slavic_spellings,
    build_consonant_key,
    build_phonetic_key,
    compute_typo_share,
    fold_icao_digraphs,
    is_vowel_difference,
    normalise_romanisation,
    strip_servant_prefix,
)
from matching.engine.text.tokenise import get_script, romanise_token

EQUAL: Final = "equal"
ICAO: Final = "icao"
SCRIPT: Final = "script"
TRANSLITERATION: Final = "transliteration"
SPELLING: Final = "spelling"
NICKNAME: Final = "nickname"
INITIAL: Final = "initial"
ARTICLE: Final = "article"
PREFIX: Final = "prefix"
VOWELS: Final = "vowels"
TYPO: Final = "slip"
UNRELATED: Final = "other"

NameRelation = Literal[
    "equal", "icao", "script", "transliteration", "spelling", "nickname", "initial", "article", "prefix",
    "vowels", "slip", "other",
]  # fmt: skip
"""Why two words may render one name.

Plain constants, not an enum: reading a member of an enum takes ten times as long as reading a constant.
"""


@dataclass
class WordSimilarity:
    """Two words compared.

    ``score`` in [0, 1] is the belief that they render one name; ``relation`` is the reason. ``edits`` counts
    edits (optimal string alignment), ``jaro_winkler`` the Jaro-Winkler similarity, ``typo_share`` the share
    of the edits that keyboards and scanners produce, ``surprisal_gap`` how much less name-like one word is
    than the other (:func:`~matching.engine.person.lexicon.compute_surprisal`), ``known_count`` how many of
    the two are frequent names (0 to 2). ``same_sound`` compares English phonetic keys, ``same_skeleton``
    consonants.
    """

    score: float
    relation: NameRelation
    edits: int = 0
    jaro_winkler: float = 1.0
    typo_share: float = 1.0
    surprisal_gap: float = 0.0
    known_count: int = 0
    same_first_letter: bool = True
    only_vowels_differ: bool = False
    same_sound: bool = True
    same_skeleton: bool = True

    def with_score(self, score: float, relation: NameRelation) -> WordSimilarity:
        """Return the same measures with another score and reason."""
        return WordSimilarity(
            score,
            relation,
            self.edits,
            self.jaro_winkler,
            self.typo_share,
            self.surprisal_gap,
            self.known_count,
            self.same_first_letter,
            self.only_vowels_differ,
            self.same_sound,
            self.same_skeleton,
        )


IDENTICAL_WORDS: Final = WordSimilarity(score=1.0, relation=EQUAL)
CHINESE_SPELLINGS: Final = WordSimilarity(0.9, TRANSLITERATION, edits=2)
"""Two romanisations of one Chinese given name, written together and apart: Guoping, Kuo-ping."""
_INCOMPARABLE: Final = WordSimilarity(
    score=0.0, relation=UNRELATED, edits=1, jaro_winkler=0.0, typo_share=0.0
)
_OTHER_INITIAL: Final = WordSimilarity(
    score=0.0, relation=UNRELATED, edits=1, jaro_winkler=0.0, typo_share=0.0, same_first_letter=False
)
_UNREADABLE: Final = WordSimilarity(score=0.3, relation=UNRELATED, edits=1, jaro_winkler=0.5, typo_share=0.0)
"""A word that has no romanisation beside one of another script."""

# Scores of relations that do not depend on the number of edits, and the weights of the others. No source is
# recorded for any of them: they are set by hand, not fitted. They enter the features of the model: a change
# of any number here calls for a new training.
_INITIAL_SCORE: Final = 0.75
_HAN_VARIANT_SCORE: Final = 0.95
_SERVANT_SCORE: Final = 0.92
_SKELETON_SCORE: Final = 0.75
_ACROSS_SCRIPTS_FACTOR: Final = 0.9
_MIN_ACROSS_SCRIPTS: Final = 0.6
_ROMANISATION_SCORE, _ROMANISATION_SCORE_GIVEN = 0.9, 0.7
_ONE_VOWEL_SCORE, _VOWELS_SCORE, _VOWELS_SCORE_GIVEN = 0.85, 0.75, 0.68
_PREFIX_SCORE, _PREFIX_SCORE_GIVEN = 0.62, 0.5
_MIN_PREFIX_LENGTH: Final = 3


class _EditWeights(NamedTuple):
    """Weights of the evidence on two words that differ by some letters; each is the most a clue can add."""

    kept_letters: float = 0.6
    """Times the share of letters kept: one minus edits over the length of the longer word."""
    jaro_winkler: float = 0.3
    """Times the Jaro-Winkler similarity, which favours a common beginning."""
    same_sound: float = 0.06
    same_skeleton: float = 0.05
    typo_share: float = 0.08
    """Times the typo share above one half (below one half it lowers the score), within two edits."""
    surprisal_gap: float = 0.02
    """Times the surprisal gap, at most 4: one word is no name, so it is an error for the other."""
    both_known: float = -0.06
    """Two frequent names are more often the names of two people."""
    both_given: float = -0.12
    """The same, for two frequent given names."""


_EDITS: Final = _EditWeights()
_MAX_SURPRISAL_GAP: Final = 4.0
_MOST_BESIDE_LETTERS: Final = (
    _EDITS.same_sound
    + _EDITS.same_skeleton
    + _EDITS.typo_share / 2
    + _EDITS.surprisal_gap * _MAX_SURPRISAL_GAP
)
"""Most that the evidence besides the letters kept can add to a score."""
_MAX_SCORE_GIVEN: Final = 0.55
"""Highest score of two frequent given names: below the score of a typing error, whatever the letters."""
_CLOSE_EDITS, _CLOSE_SHARE = 2, 0.6
"""Edits up to which and share of kept letters from which two words are close."""
_MAX_SCORE_CLOSE, _MAX_SCORE_FAR = 0.95, 0.7
MIN_TYPO_SCORE: Final = 0.6
"""Score from which a difference of letters is taken for a typing error."""


@lru_cache(maxsize=32_768)
def compare_words(left: str, right: str) -> WordSimilarity:
    """Compare two comparison keys; symmetric, never raises."""
    if left == right:
        return IDENTICAL_WORDS
    if left > right:
        return compare_words(right, left)
    if not left or not right:
        return _INCOMPARABLE
    if len(left) == 1 or len(right) == 1:
        return _compare_initial(left, right)
    servants = strip_servant_prefix(left), strip_servant_prefix(right)
    if all(servants):
        return _compare_servants(*servants)
    return _compare_different(left, right)


@lru_cache(maxsize=32_768)
def are_clearly_different(left: str, right: str) -> bool:
    """Return whether two words score less than :data:`MIN_TYPO_SCORE`, as a cheap test shows it.

    Most words of two names are far apart: the most that sound, consonants and typing can add to their letters
    is too little, and no list or rule holds them for one name. ``False`` says nothing. Symmetric.
    """
    if left > right:
        return are_clearly_different(right, left)
    if not (left.isascii() and right.isascii()) or min(len(left), len(right)) < 2 or left == right:
        return False
    if (left.startswith("abd") and right.startswith("abd")) or _is_long_prefix(left, right):
        return False
    kept = 1.0 - OSA.distance(left, right) / max(len(left), len(right))
    letters = _EDITS.kept_letters * kept + _EDITS.jaro_winkler * JaroWinkler.similarity(left, right)
    if letters + _MOST_BESIDE_LETTERS >= MIN_TYPO_SCORE:
        return False
    if normalise_romanisation(left) == normalise_romanisation(right) or is_vowel_difference(left, right):
        return False
    return _find_listed_relation(left, right) is None


def _compare_servants(left: str, right: str) -> WordSimilarity:
    """Compare what follows Abd in two names, which alone tells them apart: Abdul Rashid, Abdul Rahim."""
    return WordSimilarity(_SERVANT_SCORE, TRANSLITERATION) if left == right else compare_words(left, right)


def _compare_different(left: str, right: str) -> WordSimilarity:
    """Compare two different words of two letters or more."""
    if not (left.isascii() and right.isascii()) and get_script(left[0]) != get_script(right[0]):
        return _compare_across_scripts(romanise_token(left), romanise_token(right))
    if is_same_word(left, right):
        return WordSimilarity(_HAN_VARIANT_SCORE, SCRIPT)
    return _compare_spellings(left, right)


def _compare_initial(left: str, right: str) -> WordSimilarity:
    """Compare a single letter with a word; the letter may belong to another script."""
    if left[0] == right[0] or romanise_token(left[0])[:1] == romanise_token(right[0])[:1] != "":
        return WordSimilarity(_INITIAL_SCORE, INITIAL)
    return _OTHER_INITIAL


def _compare_across_scripts(left: str, right: str) -> WordSimilarity:
    """Compare two romanised words; their scores are lowered, because a romanisation loses letters."""
    if not left or not right:
        return _UNREADABLE
    romanised = compare_words(left, right)
    if romanised.score >= _MIN_ACROSS_SCRIPTS:
        return romanised.with_score(romanised.score * _ACROSS_SCRIPTS_FACTOR, SCRIPT)
    if build_consonant_key(left) == build_consonant_key(right) != "":
        return romanised.with_score(_SKELETON_SCORE, SCRIPT)
    return romanised


def _compare_spellings(left: str, right: str) -> WordSimilarity:
    """Compare two different words of one script."""
    edits = OSA.distance(left, right)
    lexicon = load_name_lists()
    measures = WordSimilarity(
        score=0.0,
        relation=UNRELATED,
        edits=edits,
        jaro_winkler=JaroWinkler.similarity(left, right),
        typo_share=compute_typo_share(left, right, edits),
        surprisal_gap=abs(compute_surprisal(left) - compute_surprisal(right)),
        known_count=sum([word in lexicon.given or word in lexicon.surnames for word in (left, right)]),
        same_first_letter=left[0] == right[0],
        only_vowels_differ=is_vowel_difference(left, right),
        same_sound=build_phonetic_key(left) == build_phonetic_key(right),
        same_skeleton=build_consonant_key(left) == build_consonant_key(right),
    )
    relation, score = _classify_similarity(left, right, measures)
    return measures.with_score(score, relation)


def _classify_similarity(left: str, right: str, measures: WordSimilarity) -> tuple[NameRelation, float]:
    """Return the relation of two different words and the belief that they render one name.

    The first that holds decides: a listed variant, one romanised form, vowels alone, a common beginning, and
    last the letters that differ. Two frequent given names score lower: they often belong to two people.
    """
    listed = _find_listed_relation(left, right)
    if listed:
        return listed
    given_names = load_name_lists().given
    both_given = left in given_names and right in given_names
    if _is_one_romanisation(left, right, measures, both_given):
        one_vowel = measures.only_vowels_differ and measures.edits == 1
        score = _ROMANISATION_SCORE_GIVEN if both_given else _ROMANISATION_SCORE
        return VOWELS if one_vowel else TRANSLITERATION, score
    if _is_inner_vowel_difference(left, right, measures):
        return VOWELS, _score_vowels(measures, both_given)
    if _is_long_prefix(left, right):
        return PREFIX, _PREFIX_SCORE_GIVEN if both_given else _PREFIX_SCORE
    score = _score_edits(measures, max(len(left), len(right)), both_given)
    return TYPO if score >= MIN_TYPO_SCORE else UNRELATED, score


def _find_listed_relation(left: str, right: str) -> tuple[NameRelation, float] | None:
    """Return the first relation that a rule or a list gives, whatever the letters say."""
    for relation, score, holds in _LISTED_RELATIONS:
        if holds(left, right):
            return relation, score
    return None


def _is_one_romanisation(left: str, right: str, measures: WordSimilarity, both_given: bool) -> bool:
    """Say whether both words romanise one name; frequent given names must also begin with one letter."""
    same = normalise_romanisation(left) == normalise_romanisation(right)
    return same and (measures.same_first_letter or not both_given)


def _is_inner_vowel_difference(left: str, right: str, measures: WordSimilarity) -> bool:
    """Say whether words of one length differ in vowels alone, neither at the beginning nor at the end."""
    same_ends = len(left) == len(right) and left[0] == right[0] and left[-1] == right[-1]
    return same_ends and measures.only_vowels_differ


def _score_vowels(measures: WordSimilarity, both_given: bool) -> float:
    if both_given:
        return _VOWELS_SCORE_GIVEN
    return _ONE_VOWEL_SCORE if measures.edits == 1 else _VOWELS_SCORE


def _is_long_prefix(left: str, right: str) -> bool:
    """Say whether one word begins with the other and is longer by two letters or more: Salah, Salahdin."""
    short, long_ = sorted((left, right), key=len)
    return len(short) >= _MIN_PREFIX_LENGTH and len(long_) - len(short) > 1 and long_.startswith(short)


def _score_edits(measures: WordSimilarity, length: int, both_given: bool) -> float:
    """Return the score of words that differ by some letters; ``length`` is that of the longer one."""
    kept = 1.0 - measures.edits / length
    few_edits = measures.edits <= _CLOSE_EDITS
    letters = _EDITS.kept_letters * kept + _EDITS.jaro_winkler * measures.jaro_winkler
    sounds = (
        _EDITS.same_sound * measures.same_sound
        + _EDITS.same_skeleton * measures.same_skeleton
        + _EDITS.typo_share * (measures.typo_share - 0.5) * few_edits
    )
    names = _EDITS.surprisal_gap * min(measures.surprisal_gap, _MAX_SURPRISAL_GAP)
    score = letters + sounds + (names + _EDITS.both_known * (measures.known_count == 2))
    if both_given:
        score = min(score + _EDITS.both_given, _MAX_SCORE_GIVEN)
    close = few_edits and kept >= _CLOSE_SHARE
    return min(max(score, 0.0), _MAX_SCORE_CLOSE if close else _MAX_SCORE_FAR)


def has_different_father(left: str, right: str) -> bool:
    """Say whether two patronymics name two fathers: Petrovich and Pavlovich share only their ending."""
    one, two = _strip_patronymic_ending(left), _strip_patronymic_ending(right)
    return one != two and OSA.distance(one, two) > max(1, min(len(one), len(two)) // 4)


@lru_cache(maxsize=16_384)
def _strip_patronymic_ending(patronymic: str) -> str:
    endings = [ending for ending in load_word_lists().patronymic_endings if patronymic.endswith(ending)]
    return patronymic[: len(patronymic) - len(max(endings, key=len, default=""))]


def _have_icao_spellings(left: str, right: str) -> bool:
    """Say whether digraphs of ICAO 9303 make the difference: Mueller, Muller; not in Jo and Joe."""
    return min(len(left), len(right)) > 2 and fold_icao_digraphs(left) == fold_icao_digraphs(right)


def _has_joined_article(left: str, right: str) -> bool:
    """Say whether one word is the other with the Arabic article before it: Alotaibi, Otaibi."""
    short, long_ = sorted((left, right), key=len)
    return len(short) >= 4 and long_[:2] in ("al", "el") and long_[2:] == short


_LISTED_RELATIONS: Final[tuple[tuple[NameRelation, float, Callable[[str, str], bool]], ...]] = (
    (ICAO, 0.96, _have_icao_spellings),
    (SPELLING, 0.92, lambda left, right: are_listed_variants("spelling", left, right)),
    (TRANSLITERATION, 0.92, lambda left, right: are_listed_variants("transliteration", left, right)),
    (TRANSLITERATION, 0.9, are_slavic_spellings),
    (TRANSLITERATION, 0.9, are_japanese_spellings),
    (TRANSLITERATION, 0.9, is_only_wade_giles),
    (NICKNAME, 0.85, is_nickname),
    (ARTICLE, 0.9, _has_joined_article),
)
"""Relations that a rule or a list settles, in order of precedence, each with its score."""
