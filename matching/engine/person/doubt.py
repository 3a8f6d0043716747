"""Personal names that look like one name written twice but may be two people's.

Each case is a ``detail`` of a finding that profiles judge by itself: ``gender`` (a man's and a woman's name),
``names`` (two names that both exist), ``letters`` (other letters, not other accents), ``compound`` (half of a
compound given name), ``exchanged`` (either word may be the surname).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final
from unicodedata import normalize

from rapidfuzz.distance import OSA

from matching.engine.categories import CategoryCase, CategoryId
from matching.engine.person.align import WordPair
from matching.engine.person.lexicon import are_listed_apart, are_listed_variants, load_name_lists
from matching.engine.person.similarity import EQUAL
from matching.engine.person.types import DISTINCT_NAMES, GENDER, GIVEN, SURNAME, ParsedPerson, Role
from matching.engine.text.lexicon import DATA_DIRECTORY
from matching.engine.text.real_words import is_surname
from matching.engine.text.spelling_variants import classify_spelling_variant
from matching.engine.text.tokenise import strip_marks

LETTERS, COMPOUND, EXCHANGED, UNRELATED_SCRIPTS = "letters", "compound", "exchanged", "unrelated"
UNRELATED: Final = "unrelated"
"""Case of contradicting words in names that share nothing."""

MIN_SCRIPT_AGREEMENT: Final = 0.5
"""Least similarity of a pair of words at which names in two scripts may be one name."""

_SURNAME_CATEGORIES: Final = frozenset({CategoryId.I10_SURNAME_TYPO, CategoryId.I20_TRANSLITERATION})
_GIVEN_SPELLINGS: Final = frozenset({CategoryId.I09_GIVEN_SPELLING, CategoryId.I20_TRANSLITERATION})
_NEAR_GIVEN_NAMES: Final = frozenset({CategoryId.I08_NICKNAME, CategoryId.I09_GIVEN_SPELLING})

_FEMININE_ENDINGS = (("", "a"), ("o", "a"), ("", "ah"), ("", "e"), ("", "elle"), ("", "ine"), ("", "ina"))
"""How a woman's given name is formed from a man's, where one of the two is not in the census list."""

_MIN_GENDERED_LETTERS: Final = 4
_MAX_NEAR_EDITS: Final = 2


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
    if category == CategoryId.I11_GIVEN_DIFFERENT and are_of_two_sexes(one, two):
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
    if are_listed_variants("cognates", one, two):
        return False
    short, long = sorted((one, two), key=len)
    return not long.startswith(short) or long[len(short) :] in _FEMININE_SUFFIXES


_FEMININE_SUFFIXES: Final = frozenset({"a", "e", "le", "elle", "ine", "ina", "etta", "ette"})


@lru_cache(maxsize=16_384)
def are_two_given_names(one: str, two: str) -> bool:
    """Return whether two near spellings are two names that both exist: Tim, Tom; Hasan, Husain."""
    near = len(one) == len(two) and OSA.distance(one, two) <= _MAX_NEAR_EDITS
    are_known = near and is_given_name(one) and is_given_name(two)
    return are_known or are_listed_apart("transliteration", one, two)


@lru_cache(maxsize=16_384)
def are_two_surnames(one: str, two: str) -> bool:
    """Return whether two near spellings may be two family names: Thompson, Thomson; Castell, Castella."""
    return (is_surname(one) and is_surname(two)) or _is_longer_surname(*sorted((one, two), key=len))


def _is_longer_surname(short: str, long: str) -> bool:
    """Return whether a family name goes on where another ends, and is not the only known one of the two.

    A doubled last letter is a slip, and so is an unknown name that is a known one without its end (Johnso).
    """
    is_longer = long != short and long.startswith(short) and long != short + short[-1]
    return is_longer and (is_surname(short) or not is_surname(long))


@lru_cache(maxsize=16_384)
def is_name_of_sex(key: str, sex: str) -> bool:
    """Return whether a given name is one of that sex alone in the census, ``m`` or ``f``."""
    return _load_given_names().get(key) == sex


@lru_cache(maxsize=16_384)
def are_surnames_of_one_sound(one: str, two: str) -> bool:
    """Return whether two keys sound alike and one is a family name of the census: Nicholson, Nicolson."""
    is_same_sound = classify_spelling_variant(one, two) is CategoryCase.SAME_SOUND
    return is_same_sound and (is_surname(one) or is_surname(two))


def have_one_name_in_common(left: ParsedPerson, right: ParsedPerson, pairs: Sequence[WordPair]) -> bool:
    """Return whether two names of a given name and a surname share one of them and nothing of the other.

    Other given names must both be names of the census and begin with two letters, so that no unlisted
    romanisation or pet form counts (Alex, Alejandro); other surnames must follow a man's given name, since
    many women's change at marriage.
    """
    is_plain = all(name.is_name_only and len(name.core) == 2 and not name.particles for name in (left, right))
    others = [pair for pair in pairs if pair.contradicts]
    if not is_plain or len(pairs) != 2 or len(others) != 1:
        return False
    other, same = sorted(pairs, key=lambda pair: not pair.contradicts)
    if same.similarity.relation != EQUAL or other.similarity.score >= _MIN_KINSHIP:
        return False
    one, two = left.core[other.left[0]].key, right.core[other.right[0]].key
    if other.role == GIVEN and same.role == SURNAME:
        return is_given_name(one) and is_given_name(two) and one[0] != two[0]
    return other.role == SURNAME and same.role == GIVEN and is_name_of_sex(left.core[same.left[0]].key, "m")


_MIN_KINSHIP: Final = 0.3
"""Similarity from which two words may be spellings of one name. Of 800 register pairs of two-word names below
it none was one person's."""


def has_other_ending(one: str, two: str) -> bool:
    """Return whether two family names differ by a last ``e`` or ``s``: Clark, Clarke; Stone, Stones."""
    short, long = sorted((one, two), key=len)
    return len(short) >= _MIN_ENDED_LETTERS and long in (short + "e", short + "s", short + "es")


_MIN_ENDED_LETTERS: Final = 4


@lru_cache(maxsize=16_384)
def have_other_letters(one: str, two: str) -> bool:
    """Return whether both words carry marks and they differ: Hùng, Hưng. A mark left out says nothing."""
    one, two = normalize("NFC", one.casefold()), normalize("NFC", two.casefold())
    return one != two and strip_marks(one) != one and strip_marks(two) != two


def are_vietnamese(one: str, two: str) -> bool:
    """Return whether both names are written with Vietnamese letters, so that every mark counts: Mai, Mái."""
    return all(any(char in _VIETNAMESE_LETTERS for char in name.casefold()) for name in (one, two))


_VIETNAMESE_LETTERS: Final = frozenset("ăđơư" + "".join(map(chr, range(0x1EA0, 0x1EFA))))


def is_half_of_compound(person: ParsedPerson, at: int) -> bool:
    """Return whether a word makes one given name with the word before it: ``Jean-Luc``, ``Juan Carlos``."""
    if at == 0:
        return False
    before, word = person.core[at - 1], person.core[at]
    return (
        person.text.raw[before.end : word.start] == "-"
        or (before.key, word.key) in load_name_lists().compounds
    )


def have_exchanged_surnames(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Return whether two surnames stand in the other order, as another person bears them.

    Luis Ortiz Mena, Luis Mena Ortiz; Blythe-Cole, Mary; Mary Cole-Blythe.
    """
    return _has_surnames_in_other_order(left, right) or _has_surnames_in_other_order(right, left)


def _has_surnames_in_other_order(person: ParsedPerson, other: ParsedPerson) -> bool:
    keys = [token.key for token in other.core]
    places = [keys.index(token.key) for token in person.surname if token.key in keys]
    return places != sorted(places)


def is_order_unclear(left: ParsedPerson, right: ParsedPerson) -> bool:
    """Return whether nothing tells which word is the surname: both or none of the ends is a given name."""
    first, last = left.core[0].key, left.core[-1].key
    if {first, last} != {right.core[0].key, right.core[-1].key}:
        return True
    families = load_name_lists().family_first
    if (first in families) != (last in families):
        return False
    return is_given_name(first) == is_given_name(last)
