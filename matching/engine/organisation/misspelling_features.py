"""Features of the misspelt words of two organisations' names: a slip of one name, or two names?"""

from __future__ import annotations

from typing import Final

from rapidfuzz.distance import OSA

from matching.engine.categories import CategoryId
from matching.engine.organisation.compare import OrganisationComparison
from matching.engine.person.lexicon import compute_surprisal
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.numbers import parse_number
from matching.engine.text.phonetics import is_romaji, normalise_romanisation
from matching.engine.text.tokenise import Token, get_script
from matching.engine.text.word_relation import measure_misspelling

_MISSPELLING_CATEGORIES: Final = frozenset(
    {CategoryId.O17_TYPO_ORDINARY_WORD, CategoryId.O18_TYPO_DISTINCTIVE_WORD, CategoryId.O19_HOMOPHONE}
)
_EAST_ASIAN_SCRIPTS: Final = frozenset({"han", "kana", "hangul"})
_MAX_MEASURE: Final = 5.0
"""Greatest value of a count of edits or of a difference in surprisal."""
_MIN_DISTINCTIVE_RARITY: Final = 0.6
"""Rarity above which a word tells companies apart."""


def measure_misspellings(comparison: OrganisationComparison) -> dict[str, float]:
    """Return the ``slip_`` features by name, empty when no word is misspelt.

    With several misspelt words, a feature that speaks for two names has its greatest value among them, any
    other feature its least: the names are as far apart as their worst word.
    """
    words = _list_misspelt_words(comparison)
    if not words:
        return {}
    apart = [_measure_signs_of_two_names(one, other) for one, other in words]
    alike = [_measure_signs_of_one_name(one, other) for one, other in words]
    return {
        **{name: max([word[name] for word in apart]) for name in apart[0]},
        **{name: min([word[name] for word in alike]) for name in alike[0]},
        "slip_only_word": float(_is_only_distinctive_word(comparison, words)),
    }


def _list_misspelt_words(comparison: OrganisationComparison) -> list[tuple[Token, Token]]:
    """Return the first words of the matches that are misspellings, left and right."""
    return [
        (comparison.stem_left[match.left_start], comparison.stem_right[match.right_start])
        for match in comparison.alignment.matches
        if match.relation and match.relation.category in _MISSPELLING_CATEGORIES
    ]


def _measure_signs_of_two_names(one: Token, other: Token) -> dict[str, float]:
    """Return the features of one misspelt word of which the greatest counts."""
    shape = measure_misspelling(one.key, other.key)
    reading, other_reading = normalise_romanisation(one.key), normalise_romanisation(other.key)
    surprisal_gap = abs(compute_surprisal(one.key) - compute_surprisal(other.key))
    return {
        "slip_edits": min(_MAX_MEASURE, shape.edits),
        "slip_distance": shape.edits / max(len(one.key), len(other.key)),
        "slip_shortness": 1 / shape.shorter_length,
        "slip_first_letter": float(shape.first_letter_differs),
        "slip_reading_edits": min(_MAX_MEASURE, OSA.distance(reading, other_reading)),
        "slip_oddness": min(_MAX_MEASURE, surprisal_gap),
        "slip_japanese": float(is_romaji(one.key) and is_romaji(other.key)),
        "slip_unspaced": float(get_script(one.text[0]) in _EAST_ASIAN_SCRIPTS),
        "slip_both_known": float(shape.both_known),
    }


def _measure_signs_of_one_name(one: Token, other: Token) -> dict[str, float]:
    """Return the features of one misspelt word of which the least counts."""
    shape = measure_misspelling(one.key, other.key)
    same_reading = normalise_romanisation(one.key) == normalise_romanisation(other.key)
    return {
        "slip_transposed": float(shape.is_transposition),
        "slip_vowels_only": float(shape.only_vowels_differ),
        "slip_doubled": float(shape.only_doubling_differs),
        "slip_same_reading": float(same_reading),
        "slip_finger": shape.typo_share,
        "slip_last_letter": float(one.key[:-1] == other.key[:-1]),
        "slip_one_known": float(shape.one_known),
        "slip_rarity": min(compute_rarity(one.key), compute_rarity(other.key)),
    }


def _is_only_distinctive_word(comparison: OrganisationComparison, words: list[tuple[Token, Token]]) -> bool:
    """Return whether no other word of the left name tells companies apart; numbers do not."""
    misspelt = {one.key for one, _ in words}
    rest = {token.key for token in comparison.stem_left} - misspelt - load_lexicon().particles
    return not any(
        compute_rarity(key) > _MIN_DISTINCTIVE_RARITY and parse_number(key) is None for key in rest
    )
