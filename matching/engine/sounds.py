"""How a name sounds and how it is romanised: coarse keys that different spellings of one name share.

Every function takes a comparison key (lower case, without accents) and is pure and cached. A shared key is
evidence that two spellings render one name, never proof.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

_ICAO = (("uxx", "u"), ("nxx", "n"), ("ue", "u"), ("oe", "o"), ("ae", "a"), ("aa", "a"), ("ss", "s"))
_ROMAN = (
    ("shch", "sh"), ("tsch", "ch"), ("tch", "ch"), ("sch", "sh"), ("dzh", "j"), ("dj", "j"), ("tz", "ts"),
    ("kh", "h"), ("gh", "g"), ("dh", "d"), ("zh", "j"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "k"),
    ("q", "k"), ("x", "ks"), ("w", "v"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("ei", "i"),
    ("ai", "i"), ("ay", "i"), ("ey", "i"), ("iy", "i"), ("yi", "i"), ("ij", "i"), ("yy", "i"), ("ya", "ia"),
    ("yu", "iu"), ("yo", "io"), ("y", "i"), ("j", "i"), ("o", "u"), ("e", "a"), ("aua", "ava"), ("uv", "ov"),
)  # fmt: skip
_SOUND = (
    ("mach", "max"), ("mac", "mk"), ("mc", "mk"), ("sch", "x"), ("tch", "x"), ("chr", "kr"), ("sh", "x"),
    ("ch", "x"),
    ("ph", "f"), ("gh", ""), ("kn", "n"), ("wr", "r"), ("wh", "w"), ("ck", "k"), ("dge", "j"), ("dg", "j"),
    ("ge", "je"), ("gi", "ji"), ("gy", "jy"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("qu", "kw"),
    ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"), ("th", "t"), ("v", "f"), ("d", "t"),
)  # fmt: skip
_VOWELS = frozenset("aeiouy")
_AEIOU = str.maketrans("", "", "aeiouy")
_SKELETON = str.maketrans({"v": "b", "w": "b", "p": "b", "q": "k", "g": "k", "c": "k", "z": "s", "h": ""})
_ABD = ("abdul", "abdel", "abdal", "abdol", "abdur", "abder", "abdir", "abdus", "abdou", "abd")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_OCR = frozenset(
    [
        *("ce", "ec", "il", "li", "lt", "tl", "uv", "vu", "ao", "oa", "hb", "bh", "nh", "hn", "rn", "un"),
        *("nu", "mn", "nm", "ij", "ji", "fl", "gq", "qg", "db", "bd", "pq", "qp", "gy", "yg", "ft", "tf"),
        *("xk", "kx", "vy", "yv"),
    ]
)


_ROMAJI = re.compile(
    r"(?:(?:[kgnhbpmr]y|sh|ch|ts|[kgsztdnhbpmrwfjy])?[aeiou]h?|n(?![aeiouy])|(?:k(?=k)|s(?=s)|t(?=[tc])|p(?=p)|m(?=[bmp])))+"
)


def is_romaji(key: str) -> bool:
    """Whether a word of four letters or more falls into the syllables of Japanese in Latin letters."""
    return len(key) > 3 and _ROMAJI.fullmatch(key) is not None


def respelt(key: str, table: tuple[tuple[str, str], ...]) -> str:
    """The key with every spelling of a table replaced, in the table's order."""
    for old, new in table:
        if old in key:
            key = key.replace(old, new)
    return key


def undoubled(key: str) -> str:
    """Doubled letters written once."""
    return key[:1] + "".join([char for before, char in pairwise(key) if before != char])


@lru_cache(maxsize=65_536)
def icao_fold(key: str) -> str:
    """Digraphs of ICAO 9303 folded to the plain letter: mueller, muxxller and muller agree."""
    return respelt(key, _ICAO)


@lru_cache(maxsize=65_536)
def roman_key(key: str) -> str:
    """One form for the usual romanisations of Slavic, Arabic, Persian and Indian spellings."""
    if key.startswith("abd"):
        for prefix in _ABD:
            if key.startswith(prefix) and len(key) > len(prefix) + 2:
                key = "abd" + key[len(prefix) :]
                break
    folded = undoubled(respelt(key, _ROMAN))
    return folded[:-1] if folded.endswith("h") and len(folded) > 3 else folded


@lru_cache(maxsize=65_536)
def consonants(key: str) -> str:
    """The consonant skeleton: a first vowel is ``a``, voiced and unvoiced join, doubles are written once."""
    lead = "a" if key[:1] in _VOWELS else ""
    return lead + undoubled(respelt(key, _ROMAN[:18]).translate(_AEIOU).translate(_SKELETON))


@lru_cache(maxsize=65_536)
def sound(key: str) -> str:
    """A rough English phonetic key: consonant sounds after the first letter, vowels dropped."""
    coded = respelt(key, _SOUND)
    lead = "a" if coded[:1] in _VOWELS else coded[:1]
    return lead + undoubled(coded[1:].translate(_AEIOU).replace("h", "").replace("w", ""))


def _neighbours() -> frozenset[str]:
    pairs: set[str] = set()
    for row, line in enumerate(_ROWS):
        for column, char in enumerate(line):
            below = _ROWS[row + 1][max(column - 1, 0) : column + 1] if row < 2 else ""
            for other in line[column + 1 : column + 2] + below:
                pairs.update((char + other, other + char))
    return frozenset(pairs)


KEYBOARD = _neighbours()
"""Ordered pairs of letters that lie side by side on a QWERTY keyboard."""


def slips(left: str, right: str, edits: int) -> float:
    """Share of the edits that a finger or a scanner makes: neighbours, look-alikes, doublings, swaps."""
    if edits > 3:
        return 0.0
    if len(left) == len(right) and edits == 1 and sorted(left) == sorted(right):
        return 1.0
    total = 0.0
    for edit in Levenshtein.editops(left, right):
        if edit.tag == "replace":
            total += slip(left[edit.src_pos], right[edit.dest_pos])
        else:
            word, at = (left, edit.src_pos) if edit.tag == "delete" else (right, edit.dest_pos)
            total += 0.8 if at and word[at - 1] == word[at] else 0.5 if 0 < at < len(word) - 1 else 0.2
    return min(total / edits, 1.0)


def slip(left: str, right: str) -> float:
    """How a letter slips into another: 1.0 keyboard neighbours, 0.7 look-alikes in print, else 0.0."""
    pair = left + right
    return 1.0 if pair in KEYBOARD else 0.7 if pair in _OCR else 0.0


def vowels_only(left: str, right: str) -> bool:
    """Whether two words differ in their vowels alone."""
    return left != right and left.translate(_AEIOU) == right.translate(_AEIOU)
