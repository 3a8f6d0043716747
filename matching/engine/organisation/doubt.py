"""Word pairs that look like one word written twice but may be two: the cases that no rule treats as equal.

Each case is a ``detail`` of a finding that profiles send to a reviewer: ``words`` (both spellings are words
or names in their own right), ``ambiguous`` (the short form has another reading), ``short`` (one letter in
an invented word of few letters, where another letter is another company).
"""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.person.doubt import are_of_two_sexes, is_given_name
from matching.engine.text.alignment import TokenMatch
from matching.engine.text.cjk import match_readings
from matching.engine.text.lexicon import compute_rarity, load_lexicon
from matching.engine.text.numbers import is_ordinal, parse_number
from matching.engine.text.phonetics import fold_cross_script_consonants
from matching.engine.text.real_words import (
    are_words_of_one_language,
    is_dictionary_word,
    is_everyday_word,
    is_real_word,
    is_surname,
)
from matching.engine.text.tokenise import Tokens, get_script, romanise_token

MIN_SCRIPT_AGREEMENT: Final = 0.5
"""Least agreement of readings at which names in two scripts may be one name."""

_TYPO_CATEGORIES: Final = frozenset(
    {
        CategoryId.O17_TYPO_ORDINARY_WORD,
        CategoryId.O18_TYPO_DISTINCTIVE_WORD,
        CategoryId.O19_HOMOPHONE,
    }
)
_MAX_SHORT_LETTERS: Final = 7
_MIN_INVENTED_RARITY: Final = 0.85
_NUMBER, _NOBODY = "number", ("no", "one")
_COMPASS_LETTERS: Final = frozenset({"n", "s", "e", "w"})


def find_doubt(category: CategoryId, left: Tokens, right: Tokens, match: TokenMatch) -> CategoryCase:
    """Return the case of doubt of two matched words; ``NONE`` for several words, or without a doubt."""
    if match.left_stop - match.left_start != 1 or match.right_stop - match.right_start != 1:
        return CategoryCase.NONE
    at = match.left_start, match.right_start
    one, other = left[at[0]], right[at[1]]
    if category in _TYPO_CATEGORIES:
        return _find_typo_doubt(one.key, other.key)
    if category == CategoryId.O21_NUMBER_NOTATION:
        return _find_number_doubt(left, right, at)
    if category == CategoryId.O28_PLURAL:
        return _find_plural_doubt(one.key, other.key)
    if category == CategoryId.O15_WORD_ABBREVIATED:
        is_left_short = len(one.key) < len(other.key)
        side, index = (left, at[0]) if is_left_short else (right, at[1])
        return _judge_short_form(side, index, other.key if is_left_short else one.key)
    return CategoryCase.NONE


def _find_number_doubt(left: Tokens, right: Tokens, at: tuple[int, int]) -> CategoryCase:
    if announces_number(left, at[0]) and announces_number(right, at[1]):
        return CategoryCase.NUMBER_WORD
    is_unclear = (
        _is_lone_letter(left, at[0])
        or _is_lone_letter(right, at[1])
        or is_ordinal(left[at[0]].text.casefold()) != is_ordinal(right[at[1]].text.casefold())
    )
    return CategoryCase.UNCLEAR_DATE if is_unclear else CategoryCase.NONE


def announces_number(side: Tokens, index: int) -> bool:
    """Return whether a word for "number" stands before one: ``No. 5``, ``Number Five``, not ``Say No``."""
    words = load_lexicon().abbreviations
    key, following = side[index].key, side[index + 1].key if index + 1 < len(side) else ""
    if (key != _NUMBER and _NUMBER not in words.get(key, ())) or (key, following) == _NOBODY:
        return False
    return (len(following) > 1 or following.isdigit()) and parse_number(following) is not None


def _judge_short_form(side: Tokens, index: int, long: str) -> CategoryCase:
    """Return whether a short form has another reading, or is listed for the long form and has none."""
    if _has_other_reading(side, index, long):
        return CategoryCase.AMBIGUOUS_SHORT_FORM
    short, lexicon = side[index].key, load_lexicon()
    is_listed = long in lexicon.abbreviations.get(short, ()) and short not in lexicon.clipped_words
    return CategoryCase.LISTED_SHORT_FORM if is_listed else CategoryCase.NONE


def measure_script_agreement(left: Tokens, right: Tokens) -> float:
    """Return how well names in two scripts agree, 0 to 1: by readings, else by their romanisations."""
    one = "".join([romanise_token(token.text) for token in left])
    other = "".join([romanise_token(token.text) for token in right])
    scripts = {get_script(token.text[0]) for token in (*left, *right)}
    if scripts.isdisjoint({"han", "kana"}):
        return _compare_consonants(one, other)
    is_right_native = any(get_script(token.text[0]) in ("han", "kana") for token in right)
    native = right if is_right_native else left
    reading = match_readings([token.text for token in native], one if is_right_native else other)
    return min(reading.native_coverage, reading.latin_coverage)


def _compare_consonants(one: str, other: str) -> float:
    """Return the share of consonants that two romanisations share, in order; of letters if there are none.

    Vowels are no evidence: Arabic and Hebrew leave them out, and any two words share some.
    """
    consonants = fold_cross_script_consonants(one), fold_cross_script_consonants(other)
    return fuzz.ratio(*(consonants if all(consonants) else (one, other))) / 100


def _is_lone_letter(side: Tokens, index: int) -> bool:
    """``Malcolm X``: a letter is a numeral only behind the head of a series (``Series X``)."""
    key = side[index].key
    if len(key) != 1 or not key.isalpha():
        return False
    return index == 0 or side[index - 1].key not in load_lexicon().series_heads


def _find_typo_doubt(one: str, other: str) -> CategoryCase:
    if are_of_two_sexes(one, other):
        return CategoryCase.GENDER
    if (_is_word_or_name(one) and _is_word_or_name(other)) or are_words_of_one_language(one, other):
        return CategoryCase.REAL_WORDS
    if max(len(one), len(other)) <= _MAX_SHORT_LETTERS and OSA.distance(one, other) == 1:
        is_invented = _is_invented(one) and _is_invented(other)
        return CategoryCase.SHORT_INVENTED_WORD if is_invented else CategoryCase.NONE
    return CategoryCase.NONE


def _is_invented(key: str) -> bool:
    """Return whether a word is rare among names and in language: a brand, where a letter counts."""
    return compute_rarity(key) >= _MIN_INVENTED_RARITY and not is_everyday_word(key)


def _is_word_or_name(key: str) -> bool:
    return is_real_word(key) or (len(key) >= 4 and is_surname(key))


def _find_plural_doubt(one: str, other: str) -> CategoryCase:
    """``Williams`` is no plural of ``William``, nor ``Hightowers`` of ``Hightower``: a name has no plural."""
    short = min(one, other, key=len)
    is_name = is_surname(short) and not is_dictionary_word(short)
    return (
        CategoryCase.REAL_WORDS
        if is_name or (is_surname(one) and is_surname(other) and is_given_name(short))
        else CategoryCase.NONE
    )


def is_own_word(match: TokenMatch, left: Tokens, right: Tokens) -> bool:
    """Return whether a short form is a word of its own: ``Pet Supply``; ``St. Clair``, no street."""
    one, other = left[match.left_start].key, right[match.right_start].key
    is_left_short = len(one) < len(other)
    short, long = (one, other) if is_left_short else (other, one)
    if short in load_lexicon().words_beside_short_forms:
        return True
    side, index = (left, match.left_start) if is_left_short else (right, match.right_start)
    return index == 0 and len(side) > 1 and short in ("st", "dr") and long in load_lexicon().street_words


def _has_other_reading(side: Tokens, index: int, long: str) -> bool:
    """Return whether a short form can be something else here: a letter, a word, a name, another word cut."""
    token = side[index]
    if len(token.key) == 1:
        return not (token.key in _COMPASS_LETTERS and _is_in_address(side, index))
    if len(side) == 1:
        return True  # LBR Inc. may be three initials, and no lumber
    if token.key in load_lexicon().homographs:
        return not (
            _is_street_ending(side, index, long)
            or _is_saint(side, index, long)
            or _are_associates(side, index, long)
        )
    if long not in load_lexicon().abbreviations.get(token.key, (long,)):
        return True
    return is_everyday_word(token.key) and token.key not in load_lexicon().everyday_abbreviations


def _is_in_address(side: Tokens, index: int) -> bool:
    """``N Main Street``: a compass letter before the name of a street; ``N Street`` is a lettered street."""
    streets = load_lexicon().street_words
    following = [token.key for token in side[index + 1 : index + 4]]
    return len(following) > 1 and following[0] not in streets and not streets.isdisjoint(following[1:])


def _is_saint(side: Tokens, index: int, long: str) -> bool:
    """``St. Mary``, ``Friends of St. Mary``: where no name of a street goes before, ``St`` is a saint."""
    words = load_lexicon()
    is_first = index == 0 or side[index - 1].key in words.particles | words.articles | {"and"}
    return long == "saint" and is_first and index + 1 < len(side) and not side[index + 1].key[0].isdigit()


def _are_associates(side: Tokens, index: int, long: str) -> bool:
    """``Kelmar & Assoc.`` are associates; without "and" they may be an association."""
    return long == "associates" and index > 0 and side[index - 1].key == "and"


def _is_street_ending(side: Tokens, index: int, long: str) -> bool:
    """``Main St``: after a word, ``St`` and ``Dr`` are a street; before one they are a saint and a doctor."""
    if long not in load_lexicon().street_words or index == 0:
        return False
    return index == len(side) - 1 or side[index + 1].key.isdigit()
