"""Chinese characters in their several shapes: traditional, simplified, and the new forms of Japan.

Two spellings of one word in different shapes are one word written in another script, which a person should
confirm: the registers of Hong Kong, Taiwan and the mainland hold different companies under both. The tables
are those of OpenCC.
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
    """A text with every Chinese character in its simplified shape; other characters as they are."""
    japanese, traditional = _load_converters()
    return str(traditional.convert(japanese.convert(text)))


def is_same_word(one: str, other: str) -> bool:
    """Whether two different words in Chinese characters are one word in other shapes (國 and 国)."""
    if one.isascii() or other.isascii() or len(one) != len(other):
        return False
    return get_script(one[0]) == get_script(other[0]) == "han" and to_simplified(one) == to_simplified(other)
