"""Traditional, simplified and Japanese forms of Chinese characters.

Two spellings of one word in different forms count as transliterations, which a person should confirm: the
registers of Hong Kong, Taiwan and the mainland hold different companies under both. The tables are OpenCC's.
"""

from __future__ import annotations

from functools import cache, lru_cache

from opencc import OpenCC

from matching.engine.text.tokenise import get_script


@cache
def _load_converters() -> tuple[OpenCC, OpenCC]:
    return OpenCC("jp2t"), OpenCC("t2s")


@lru_cache(maxsize=16_384)
def to_simplified(text: str) -> str:
    """Return the text with every Chinese character in its simplified form."""
    japanese, traditional = _load_converters()
    return str(traditional.convert(japanese.convert(text)))


def is_same_word(one: str, other: str) -> bool:
    """Return whether two different words in Chinese characters are one word in other forms (國 and 国)."""
    if one.isascii() or other.isascii() or len(one) != len(other):
        return False
    return get_script(one[0]) == get_script(other[0]) == "han" and to_simplified(one) == to_simplified(other)
