"""Personal names that look like one name written twice but may be two people's.

Each case is a ``detail`` of a finding that profiles judge by itself: ``gender`` (a man's and a woman's name),
``names`` (two names that both exist), ``letters`` (other letters, not other accents), ``compound`` (half of a
compound given name), ``exchanged`` (either word may be the surname).
"""

from __future__ import annotations

from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from matching.engine.categories import CategoryId
from matching.engine.person.lexicon import load_name_lists
from matching.engine.person.types import DISTINCT_NAMES, GENDER, SURNAME, ParsedPerson, Role
from matching.engine.text.lexicon import DATA_DIRECTORY
from matching.engine.text.real_words import is_surname
from matching.engine.text.tokenise import strip_marks

LETTERS, COMPOUND, EXCHANGED, UNRELATED_SCRIPTS = "letters", "compound", "exchanged", "unrelated"
UNRELATED = "unrelated"
"""Case of contradicting words in names that share nothing."""

MIN_SCRIPT_AGREEMENT = 0.5
"""Least similarity of a pair of words at which names in two scripts may be one name."""

_SURNAME_CATEGORIES = frozenset({CategoryId.I10_SURNAME_TYPO, CategoryId.I20_TRANSLITERATION})
_GIVEN_SPELLINGS = frozenset({CategoryId.I09_GIVEN_SPELLING, CategoryId.I20_TRANSLITERATION})
_NEAR_GIVEN_NAMES = frozenset({CategoryId.I08_NICKNAME, CategoryId.I09_GIVEN_SPELLING})

_FEMININE_ENDINGS = (("", "a"), ("o", "a"), ("", "ah"), ("", "e"), ("", "elle"), ("", "ine"), ("", "ina"))
"""How a woman's given name is formed from a man's, where one of the two is not in the census list."""

_MIN_GENDERED_LETTERS = 4
_MAX_NEAR_EDITS = 2


@cache
def _load_given_names() -> dict[str, str]:
    """Given names of the 1990 census of the United States with their sex: ``m``, ``f`` or ``mf``."""
    lines = (DATA_DIRECTORY / "us_given_names.tsv").read_text(encoding="ascii").split("\n")
    return dict(line.split("\t") for line in lines if line)


@lru_cache(maxsize=16_384)
def is_given_name(key: str) -> bool:
    """Return whether a comparison key is a given name of the census."""
    return key in _load_given_names()


def find_name_doubt(category: CategoryId, role: Role, one: str, two: str) -> str:
    """Return why two words that look alike may be two names, or an empty string."""
    if role == SURNAME:
        return DISTINCT_NAMES if category in _SURNAME_CATEGORIES and are_two_surnames(one, two) else ""
    if category in _GIVEN_SPELLINGS and are_of_two_sexes(one, two):
        return GENDER
    if category == CategoryId.I08_NICKNAME and are_no_pet_forms(one, two):
        return GENDER
    return DISTINCT_NAMES if category in _NEAR_GIVEN_NAMES and are_two_given_names(one, two) else ""


@lru_cache(maxsize=16_384)
def are_of_two_sexes(one: str, two: str) -> bool:
    """Return whether one given name is a man's and the other a woman's: Karim, Karima; Daniel, Danielle."""
    sexes = _load_given_names()
    here, there = sexes.get(one, ""), sexes.get(two, "")
    if here and there:
        return {here, there} == {"m", "f"}
    short, long = sorted((one, two), key=len)
    return min(len(one), len(two)) >= _MIN_GENDERED_LETTERS and any(
        short.endswith(his) and long == short[: len(short) - len(his)] + hers
        for his, hers in _FEMININE_ENDINGS[:2]
    )


@lru_cache(maxsize=16_384)
def are_no_pet_forms(one: str, two: str) -> bool:
    """Return whether names of two sexes are no short forms of one another: Mark, Mary; Daniel, Danielle.

    Lists of nicknames hold such pairs, and true ones of two sexes too (George, Georgie; Alex, Alexandra).
    """
    if not are_of_two_sexes(one, two) or one.endswith("ie") or two.endswith("ie"):
        return False
    short, long = sorted((one, two), key=len)
    return not long.startswith(short) or long[len(short) :] in _FEMININE_SUFFIXES


_FEMININE_SUFFIXES = frozenset({"a", "e", "le", "elle", "ine", "ina", "etta", "ette"})


@lru_cache(maxsize=16_384)
def are_two_given_names(one: str, two: str) -> bool:
    """Return whether two near spellings are two names that both exist: Tim, Tom; Jean, Jane."""
    near = len(one) == len(two) and OSA.distance(one, two) <= _MAX_NEAR_EDITS
    return near and is_given_name(one) and is_given_name(two)


@lru_cache(maxsize=16_384)
def are_two_surnames(one: str, two: str) -> bool:
    """Return whether two near spellings are two family names that both exist: Thompson, Thomson."""
    return is_surname(one) and is_surname(two)


@lru_cache(maxsize=16_384)
def have_other_letters(one: str, two: str) -> bool:
    """Return whether both words carry marks and they differ: Hùng, Hưng. A mark left out says nothing."""
    one, two = one.casefold(), two.casefold()
    return one != two and strip_marks(one) != one and strip_marks(two) != two


def is_half_of_compound(person: ParsedPerson, at: int) -> bool:
    """Return whether a word is joined by a hyphen to the given name before it: ``Luc`` of ``Jean-Luc``."""
    if at == 0:
        return False
    before, word = person.core[at - 1], person.core[at]
    return person.text.raw[before.end : word.start] == "-"


def is_order_unclear(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Return whether nothing tells which word is the surname: both or none of the ends is a given name."""
    first, last = left.core[0].key, left.core[-1].key
    if {first, last} != {right.core[0].key, right.core[-1].key}:
        return True
    families = load_name_lists().family_first
    if (first in families) != (last in families):
        return False
    return is_given_name(first) == is_given_name(last)
