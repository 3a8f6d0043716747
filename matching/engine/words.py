"""How one word stands to another: the same, an abbreviation, a plural, a slip of the pen, another word.

:func:`relate` answers for two tokens; the answer depends on nothing else, so it is cached by word pair.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine import numbers
from matching.engine.han import same_word
from matching.engine.lexicon import lexicon, rarity
from matching.engine.sounds import respelt, slips, sound, undoubled
from matching.engine.text import icao_key, is_mixed, latin_key, script, skeleton

TYPO_SIMILARITY = 0.72
"""Least similarity (1 − OSA distance / longer length) at which two words may be one word misspelt."""


UNLIKE = 40.0
"""Indel similarity in per cent below which words with different first letters share nothing."""


class Relation(NamedTuple):
    """What stands between two different words.

    ``category`` is the taxonomy id; ``similarity`` in [0, 1] is how alike the spellings are.
    """

    category: str
    similarity: float


@lru_cache(maxsize=16_384)
def relate(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    """Relation of two words with different keys, or ``None`` when they are simply different words."""
    if _unlike(a, b) and text_a.isascii() and text_b.isascii():
        return None
    for test in _TESTS:
        found = test(a, b, text_a, text_b)
        if found is not None:
            return found
    return None


def _numbers(a: str, b: str, _text_a: str, _text_b: str) -> Relation | None:
    value_a, value_b = numbers.value(a), numbers.value(b)
    if value_a is None or value_b is None:
        return None
    return Relation("O21", 1.0) if value_a == value_b else Relation("O20", 0.5)


def _unlike(a: str, b: str) -> bool:
    """Whether a glance is enough: no common beginning, hardly a common letter, no numbers, no signs."""
    if a[0] == b[0] or len(a) < 3 or len(b) < 3 or fuzz.ratio(a, b) >= UNLIKE:
        return False
    return numbers.value(a) is None or numbers.value(b) is None


def _connector(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    """``&`` stands for the word of any language; two words of two languages do not stand for each other."""
    connectors = lexicon().connectors
    signs = (text_a in "&+") + (text_b in "&+")
    return Relation("O04", 1.0) if signs == 1 and a in connectors and b in connectors else None


def _digraphs(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    if text_a.isascii() and text_b.isascii():
        return None
    equal = b in (icao_key(text_a), a) or a == icao_key(text_b) or icao_key(text_a) == icao_key(text_b)
    return Relation("O06", 1.0) if equal else None


def _scripts(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    if a.isascii() and b.isascii() and text_a.isascii() and text_b.isascii():
        return None
    if is_mixed(text_a) or is_mixed(text_b):
        return Relation("O39", 1.0) if skeleton(text_a) == skeleton(text_b) else None
    if script(a[0]) == script(b[0]):
        return None
    similarity = across_scripts(latin_key(text_a), latin_key(text_b))
    return Relation("O36", similarity) if similarity >= 0.7 else None


def across_scripts(one: str, other: str) -> float:
    """Similarity in [0, 1] of two Latin renderings, by letters or by the consonants scripts agree on."""
    letters = JaroWinkler.similarity(one, other)
    return max(letters, fuzz.ratio(consonants(one), consonants(other)) / 100)


_NO_VOWELS = str.maketrans("", "", "aeiouyhw")
_HEARD = (
    ("ph", "f"), ("th", "s"), ("x", "ks"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("l", "r"), ("v", "b"),
    ("c", "k"), ("q", "k"),
)  # fmt: skip


def consonants(text: str) -> str:
    """Consonants folded where scripts lose them: r for l, b for v, k for c and q; doubled ones once."""
    return undoubled(respelt(text, _HEARD).translate(_NO_VOWELS))


def _shapes(a: str, b: str, _text_a: str, _text_b: str) -> Relation | None:
    return Relation("O36", 1.0) if same_word(a, b) else None


def _plural(a: str, b: str, _text_a: str, _text_b: str) -> Relation | None:
    short, long = (a, b) if len(a) < len(b) else (b, a)
    if len(short) < 3 or len(long) - len(short) > 3:
        return None
    forms = (short + "s", short + "es", short + "ss", short[:-1] + "ies" if short[-1] == "y" else "")
    return Relation("O28", len(short) / len(long)) if long in forms else None


def _abbreviation(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    short, long = (a, b) if len(a) < len(b) else (b, a)
    known = lexicon().abbreviations
    if long in known.get(short, ()) or (short in known and known[short] & known.get(long, frozenset())):
        return Relation("O15", len(short) / len(long))
    text = text_a if short == a else text_b
    cut = len(short) >= 3 and len(long) - len(short) >= 3 and long.startswith(short) and rarity(long) < 0.75
    return Relation("O15", len(short) / len(long)) if cut and text[0].isalpha() else None


def _lookalike(a: str, b: str, text_a: str, text_b: str) -> Relation | None:
    if len(a) < 3 or skeleton(text_a) != skeleton(text_b):
        return None
    # i/l alone also differ by ordinary misspelling; digits or rn/m are what a scanner confuses.
    scanned = any(char.isdigit() for char in text_a + text_b) or len(a) != len(b)
    return Relation("O39", 1 - OSA.distance(a, b) / max(len(a), len(b))) if scanned else None


def _typo(a: str, b: str, _text_a: str, _text_b: str) -> Relation | None:
    longest = max(len(a), len(b))
    similarity = 1 - OSA.distance(a, b) / longest
    close = similarity >= TYPO_SIMILARITY or (longest <= 4 and similarity >= 0.6)
    if not close or a.isdigit() or b.isdigit() or frozenset((a, b)) in lexicon().opposites:
        return None
    return Relation("O17" if _ordinary(a) or _ordinary(b) else "O18", similarity)


def _ordinary(key: str) -> bool:
    """Whether a word is common in company names and so says little about which company is meant."""
    return rarity(key) < 0.78


def _phonetic(a: str, b: str, _text_a: str, _text_b: str) -> Relation | None:
    if not (a.isascii() and b.isascii()) or min(len(a), len(b)) < 4 or not (a.isalpha() and b.isalpha()):
        return None
    code = sound(a)
    return Relation("O19", JaroWinkler.similarity(a, b)) if len(code) > 1 and code == sound(b) else None


_TESTS = (
    _connector,
    _numbers,
    _digraphs,
    _scripts,
    _shapes,
    _plural,
    _abbreviation,
    _lookalike,
    _typo,
    _phonetic,
)


class Slip(NamedTuple):
    """The shape of a misspelling, 0 or 1 except counts and ``finger`` (a share); features of the model."""

    edits: int
    shortest: int
    transposed: bool
    first_letter: bool
    vowels_only: bool
    doubled: bool
    both_known: bool
    one_known: bool
    finger: float


@lru_cache(maxsize=16_384)
def slip(a: str, b: str) -> Slip:
    """Describe how one spelling becomes the other."""
    counts = lexicon().counts
    known = (a in counts) + (b in counts)
    consonants_a, consonants_b = _without_vowels(a), _without_vowels(b)
    edits = OSA.distance(a, b)
    return Slip(
        edits=edits,
        shortest=min(len(a), len(b)),
        transposed=len(a) == len(b) and sorted(a) == sorted(b),
        first_letter=a[0] != b[0],
        vowels_only=consonants_a == consonants_b,
        doubled=undoubled(a) == undoubled(b),
        both_known=known == 2,
        one_known=known == 1,
        finger=slips(a, b, edits),
    )


def _without_vowels(word: str) -> str:
    return "".join([char for char in word if char not in "aeiouy"])
