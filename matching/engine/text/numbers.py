"""Numbers in names, whatever their notation: 2, II, two, second and 2nd have one value."""

from __future__ import annotations

from typing import Final

_CARDINALS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
_ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip
_TENS: Final = {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_CJK_NUMERALS: Final = {
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_FOREIGN_CARDINALS: Final = {
    "uno": 1,
    "tres": 3,
    "deux": 2,
    "trois": 3,
    "zwei": 2,
    "drei": 3,
    "dois": 2,
    "quatro": 4,
}
_WORD_VALUES: Final[dict[str, str]] = (
    {word: str(value) for value, word in enumerate(_CARDINALS)}
    | {word: str(value) for value, word in enumerate(_ORDINALS)}
    | {
        word: str(value)
        for word, value in (_TENS | {"hundred": 100} | _CJK_NUMERALS | _FOREIGN_CARDINALS).items()
    }
)


def _build_roman_table(limit: int) -> dict[str, str]:
    return {to_roman(value): str(value) for value in range(1, limit + 1)}


def to_roman(value: int) -> str:
    """Return the lower-case Roman numeral of 1 to 89."""
    tens = ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx")[value // 10]
    units = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[value % 10]
    return tens + units


_ROMAN_VALUES: Final = _build_roman_table(50)
_AMBIGUOUS_NUMERALS: Final = frozenset({"i", "v", "x", "l"})
"""Single letters that are as often an initial as a numeral; read as numbers only after another word."""


TENS_WORDS: Final = {"twenty": 20, **_TENS}
"""Words that can begin a number of two words."""


def parse_compound_number(keys: tuple[str, ...]) -> str | None:
    """Return the digits of one or two tokens that are one number: ``twenty first`` is 21, as ``21st`` is."""
    if len(keys) == 1:
        return parse_number(keys[0])
    unit = _WORD_VALUES.get(keys[1], "")
    return str(TENS_WORDS[keys[0]] + int(unit)) if keys[0] in TENS_WORDS and len(unit) == 1 else None


def is_ordinal(key: str) -> bool:
    """Return whether a number token counts a place in an order: ``21st``, ``first``."""
    return key in _ORDINALS or (key[0].isdigit() and key.endswith(("st", "nd", "rd", "th")))


def parse_number(key: str, first: bool = False) -> str | None:
    """Return the digits of a number token, ``None`` when the word is not a number.

    ``first`` tells that the token opens the name, where ``V`` or ``X`` is a letter, not five or ten.
    """
    if key[0].isdigit():
        return key
    found = _WORD_VALUES.get(key)
    if found is None and key in _ROMAN_VALUES and not (first and key in _AMBIGUOUS_NUMERALS):
        found = _ROMAN_VALUES[key]
    return found
