"""Chinese names in the romanisation of Wade and Giles beside pinyin: Chih-ming, Zhiming; Tse-tung, Zedong.

Names leave out the apostrophes that tell Wade-Giles ``ch`` from ``ch'``, so that ``Chen`` may be *Zhen* or
*Chen* in pinyin. Source: the table of initials and finals of the Library of Congress (1997).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_INITIALS: Final = {
    "zh": "ch", "ch": "ch", "sh": "sh", "b": "p", "p": "p", "d": "t", "t": "t", "g": "k", "k": "k", "j": "ch",
    "q": "ch", "x": "hs", "z": "ts", "c": "ts", "r": "j", "m": "m", "f": "f", "n": "n", "l": "l", "h": "h",
    "s": "s", "y": "y", "w": "w", "": "",
}  # fmt: skip
_FINALS: Final = {
    "ian": "ien", "ie": "ieh", "ong": "ung", "iong": "iung", "ue": "ueh", "ye": "yeh", "yan": "yen",
    "you": "yu", "er": "erh",
}  # fmt: skip
_SYLLABLES: Final = {
    "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu",
    "ge": "ko", "ke": "ko", "he": "ho", "e": "o", "duo": "to", "tuo": "to", "nuo": "no", "luo": "lo",
    "zuo": "tso", "cuo": "tso", "suo": "so", "ruo": "jo", "zhuo": "cho", "chuo": "cho", "gui": "kuei",
    "kui": "kuei", "yi": "i", "yan": "yen", "ye": "yeh", "you": "yu", "yong": "yung", "er": "erh",
    "juan": "chuan", "quan": "chuan", "xuan": "hsuan", "xiong": "hsiung",
}  # fmt: skip
"""Syllables that do not follow from their initial and final."""

_FINAL: Final = (
    "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|a|e|i|o|u"
)
_SYLLABLE: Final = re.compile(rf"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)({_FINAL})")
_NO_SYLLABLE: Final = re.compile(
    "[^a-uw-z]|[bpmfdtlkjqxywh](?![aeiou])|[zcs](?!h?[aeiou])|(?<!n)g(?![aeiou])|(?<!e)r(?![aeiou])"
)
"""Letters that stand in no division into syllables; most keys have some."""
_MAX_SYLLABLE: Final = 6
_MAX_WORD: Final = 13
"""Letters of two long syllables: given names have no more."""


@lru_cache(maxsize=16_384)
def are_wade_giles_spellings(one: str, other: str) -> bool:
    """Return whether one key can be the Wade-Giles spelling of the other, which is pinyin.

    If both are pinyin too (Tina, Dina), only words around them tell.
    """
    return one in _list_wade_giles(other) or other in _list_wade_giles(one)


def is_only_wade_giles(one: str, other: str) -> bool:
    """Return whether one key is pinyin, and the other its Wade-Giles spelling and nothing else."""
    return are_wade_giles_spellings(one, other) and not (is_pinyin(one) and is_pinyin(other))


@lru_cache(maxsize=16_384)
def is_pinyin(key: str) -> bool:
    """Return whether a key divides into syllables of pinyin."""
    return bool(_list_wade_giles(key))


@lru_cache(maxsize=16_384)
def _list_wade_giles(key: str) -> frozenset[str]:
    """Return the Wade-Giles spellings of a pinyin key, one for each way to divide it into syllables."""
    if not 1 < len(key) <= _MAX_WORD or _NO_SYLLABLE.search(key):
        return frozenset()
    return frozenset(_spell(key))


def _spell(key: str) -> Iterator[str]:
    if not key:
        yield ""
    for length in range(1, min(len(key), _MAX_SYLLABLE) + 1):
        syllable = _SYLLABLE.fullmatch(key, 0, length)
        if syllable:
            initial, final = syllable.groups()
            spelled = _SYLLABLES.get(key[:length]) or _INITIALS[initial] + _FINALS.get(final, final)
            yield from (spelled + rest for rest in _spell(key[length:]))
