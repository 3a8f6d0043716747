"""Sound and romanisation of names: coarse keys that different spellings of one name share.

Every function takes comparison keys (lower case, without accents). A shared key is evidence that two
spellings render one name, never proof.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from operator import eq
from typing import Any, Final

from rapidfuzz.distance import Levenshtein

_ICAO_REPLACEMENTS = (
    ("uxx", "u"),
    ("nxx", "n"),
    ("ue", "u"),
    ("oe", "o"),
    ("ae", "a"),
    ("aa", "a"),
    ("ss", "s"),
)
_ICAO_VOWELS, _ICAO_WITHOUT_SS = _ICAO_REPLACEMENTS[:5], _ICAO_REPLACEMENTS[:6]
"""The replacements without the doubled letters, and with ``aa`` of them."""
_ROMANISATION_REPLACEMENTS = (
    ("shch", "sh"), ("tsch", "ch"), ("tch", "ch"), ("sch", "sh"), ("dzh", "j"), ("dj", "j"), ("tz", "ts"),
    ("kh", "h"), ("gh", "g"), ("dh", "d"), ("zh", "j"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("qu", "k"),
    ("q", "k"), ("x", "ks"), ("w", "v"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("ei", "i"),
    ("ai", "i"), ("ay", "i"), ("ey", "i"), ("iy", "i"), ("yi", "i"), ("ij", "i"), ("yy", "i"), ("ya", "ia"),
    ("yu", "iu"), ("yo", "io"), ("y", "i"), ("j", "i"), ("o", "u"), ("e", "a"), ("aua", "ava"), ("uv", "ov"),
)  # fmt: skip
_ROMANISED_CONSONANTS: Final = _ROMANISATION_REPLACEMENTS[:18]
"""The replacements that concern consonants alone."""
_PHONETIC_REPLACEMENTS = (
    ("mach", "max"), ("mac", "mk"), ("mc", "mk"), ("sch", "x"), ("tch", "x"), ("chr", "kr"), ("sh", "x"),
    ("ch", "x"),
    ("ph", "f"), ("gh", ""), ("kn", "n"), ("wr", "r"), ("wh", "w"), ("ck", "k"), ("dge", "j"), ("dg", "j"),
    ("ge", "je"), ("gi", "ji"), ("gy", "jy"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("qu", "kw"),
    ("q", "k"), ("c", "k"), ("x", "ks"), ("z", "s"), ("th", "t"), ("v", "f"), ("d", "t"),
)  # fmt: skip
_VOWELS: Final = frozenset("aeiouy")
_DELETE_VOWELS: Final = str.maketrans("", "", "aeiouy")
_DELETE_WEAK_LETTERS: Final = str.maketrans("", "", "aeiouyhw")
_CONSONANT_CLASSES: Final = _DELETE_VOWELS | str.maketrans(
    {"v": "b", "w": "b", "p": "b", "q": "k", "g": "k", "c": "k", "z": "s", "h": ""}
)
_CROSS_SCRIPT_REPLACEMENTS = (
    ("ph", "f"), ("th", "s"), ("x", "ks"), ("ce", "se"), ("ci", "si"), ("cy", "sy"), ("l", "r"), ("v", "b"),
    ("c", "k"), ("q", "k"),
)  # fmt: skip
_ABD_PREFIXES = (
    "abdul",
    "abdel",
    "abdal",
    "abdol",
    "abdur",
    "abder",
    "abdor",
    "abdir",
    "abdus",
    "abdou",
    "abd",
)
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_OCR_CONFUSIONS: Final = frozenset(
    [
        *("ce", "ec", "il", "li", "lt", "tl", "uv", "vu", "ao", "oa", "hb", "bh", "nh", "hn", "rn", "un"),
        *("nu", "mn", "nm", "ij", "ji", "fl", "gq", "qg", "db", "bd", "pq", "qp", "gy", "yg", "ft", "tf"),
        *("xk", "kx", "vy", "yv"),
    ]
)


_ROMAJI_PATTERN: Final = re.compile(
    r"(?:(?:[kgnhbpmr]y|sh|ch|ts|[kgsztdnhbpmrwfjy])?[aeiou](?:h(?![aeiouy]))?"
    r"|n(?![aeiouy])|(?:k(?=k)|s(?=s)|t(?=[tc])|p(?=p)|m(?=[bmp])))+"
)
"""Every letter has one syllable that it can belong to, so that matching takes time linear in the word."""


def is_romaji(key: str) -> bool:
    """Return whether a word of four letters or more divides into Japanese syllables in Latin letters."""
    return len(key) > 3 and _ROMAJI_PATTERN.fullmatch(key) is not None


def replace_spellings(key: str, table: tuple[tuple[str, str], ...]) -> str:
    """Return the key with every spelling of a table replaced, in the table's order."""
    for old, new in table:
        if old in key:
            key = key.replace(old, new)
    return key


def collapse_doubles(key: str) -> str:
    """Return the key with repeated letters written once."""
    if True not in map(eq, key, key[1:]):
        return key
    return key[:1] + "".join([char for before, char in pairwise(key) if before != char])


def build_skeleton(key: str, replacements: tuple[tuple[str, str], ...], letters: dict[int, Any]) -> str:
    """Return the consonant skeleton of a key.

    ``replacements`` unify spellings first; ``letters`` then deletes letters or joins classes of them, as in
    :meth:`str.translate`; doubled letters are written once at the end.
    """
    return collapse_doubles(replace_spellings(key, replacements).translate(letters))


def differ_by_doubled_letter(left: str, right: str, is_plain: bool) -> bool:
    """Return whether a doubled letter beside one letter makes the difference of two keys: Weiss, Weis.

    ``ss`` stands for ß, which is never one s; ``aa`` stands for å, but where both names are plain
    (``is_plain``: neither has a mark) it may as well make another name (Haas, Has).
    """
    counted = _ICAO_VOWELS if is_plain else _ICAO_WITHOUT_SS
    return replace_spellings(left, counted) != replace_spellings(right, counted)


@lru_cache(maxsize=65_536)
def fold_icao_digraphs(key: str) -> str:
    """Return the key with digraphs of ICAO 9303 as plain letters: mueller, muxxller and muller agree."""
    return replace_spellings(key, _ICAO_REPLACEMENTS)


@lru_cache(maxsize=65_536)
def normalise_romanisation(key: str) -> str:
    """Return one form for the usual romanisations of Slavic, Arabic, Persian and Indian names."""
    if key.startswith("abd"):
        for prefix in _ABD_PREFIXES:
            if key.startswith(prefix) and len(key) > len(prefix) + 2:
                key = "abd" + key[len(prefix) :]
                break
    folded = collapse_doubles(replace_spellings(key, _ROMANISATION_REPLACEMENTS))
    return folded[:-1] if folded.endswith("h") and len(folded) > 3 else folded


def strip_servant_prefix(key: str) -> str:
    """Return what follows Abd ("servant of") in a key of one word, else an empty string."""
    if not key.startswith("abd"):
        return ""
    prefix = next((prefix for prefix in _ABD_PREFIXES if key.startswith(prefix)), "")
    rest = key[len(prefix) :]
    return rest if len(rest) > 2 else ""


_GERMAN_SLAVIC_ENDINGS = (
    "ow",
    "ew",
    "owa",
    "ewa",
    "owitsch",
    "ewitsch",
    "off",
    "eff",
    "owna",
    "ewna",
    "schuk",
)
_ENGLISH_SLAVIC_ENDINGS = ("ov", "ev", "ova", "eva", "ovich", "evich", "ovna", "evna", "chuk")
_SLAVIC_REPLACEMENTS = (
    ("schtsch", "S"), ("shch", "S"), ("tsch", "C"), ("sch", "S"), ("tch", "C"), ("zh", "S"), ("sh", "S"),
    ("ch", "C"), ("off", "ov"), ("eff", "ev"), ("w", "v"), ("tz", "s"), ("ts", "s"), ("z", "s"), ("kh", "h"),
    ("ij", "i"), ("iy", "i"), ("yi", "i"), ("ei", "i"), ("ey", "i"), ("ej", "i"), ("j", "i"), ("y", "i"),
    ("ie", "e"),
)  # fmt: skip


@lru_cache(maxsize=16_384)
def are_slavic_spellings(left: str, right: str) -> bool:
    """Return whether one key is the German or French spelling of a Slavic name, the other the English one.

    Kusnezow and Kuznetsov, Schukow and Zhukov, Orloff and Orlov.
    """
    pairs = ((left, right), (right, left))
    if not any(a.endswith(_GERMAN_SLAVIC_ENDINGS) and b.endswith(_ENGLISH_SLAVIC_ENDINGS) for a, b in pairs):
        return False
    one, two = (collapse_doubles(replace_spellings(key, _SLAVIC_REPLACEMENTS)) for key in (left, right))
    return one == two


_LONG_VOWELS = (("oh", "o"), ("ou", "o"), ("uu", "u"))


@lru_cache(maxsize=16_384)
def are_japanese_spellings(left: str, right: str) -> bool:
    """Return whether two keys write one Japanese name with and without long vowels: Ito, Itoh; Yuko, Yuuko.

    Vowels that English doubles as well (Moore, More) are no evidence.
    """
    if not (_ROMAJI_PATTERN.fullmatch(left) and _ROMAJI_PATTERN.fullmatch(right)):
        return False
    return replace_spellings(left, _LONG_VOWELS) == replace_spellings(right, _LONG_VOWELS)


@lru_cache(maxsize=65_536)
def build_consonant_key(key: str) -> str:
    """Return the skeleton of romanised consonants, voiced and unvoiced alike; a first vowel is ``a``."""
    lead = "a" if key[:1] in _VOWELS else ""
    return lead + build_skeleton(key, _ROMANISED_CONSONANTS, _CONSONANT_CLASSES)


@lru_cache(maxsize=65_536)
def build_phonetic_key(key: str) -> str:
    """Return a rough English phonetic key: the first letter, then the consonant sounds."""
    coded = replace_spellings(key, _PHONETIC_REPLACEMENTS)
    lead = "a" if coded[:1] in _VOWELS else coded[:1]
    return lead + build_skeleton(coded[1:], (), _DELETE_WEAK_LETTERS)


@lru_cache(maxsize=65_536)
def fold_cross_script_consonants(text: str) -> str:
    """Return the skeleton of the consonants that scripts agree on: r for l, b for v, k for c and q."""
    return build_skeleton(text, _CROSS_SCRIPT_REPLACEMENTS, _DELETE_WEAK_LETTERS)


def _list_keyboard_neighbours() -> frozenset[str]:
    pairs: set[str] = set()
    for row, line in enumerate(_KEYBOARD_ROWS):
        for column, char in enumerate(line):
            below = _KEYBOARD_ROWS[row + 1][max(column - 1, 0) : column + 1] if row < 2 else ""
            for other in line[column + 1 : column + 2] + below:
                pairs.update((char + other, other + char))
    return frozenset(pairs)


KEYBOARD_NEIGHBOURS: Final = _list_keyboard_neighbours()
"""Ordered pairs of letters that lie side by side on a QWERTY keyboard."""


def compute_typo_share(left: str, right: str, edits: int) -> float:
    """Return the share of the edits, in [0, 1], that typing or scanning explains.

    Typing explains neighbouring keys, doubled and exchanged letters; scanning explains look-alikes. Above
    three edits the share is 0.
    """
    if edits > 3:
        return 0.0
    if len(left) == len(right) and edits == 1 and sorted(left) == sorted(right):
        return 1.0
    total = 0.0
    for edit in Levenshtein.editops(left, right):
        if edit.tag == "replace":
            total += score_letter_substitution(left[edit.src_pos], right[edit.dest_pos])
        else:
            word, at = (left, edit.src_pos) if edit.tag == "delete" else (right, edit.dest_pos)
            total += 0.8 if at and word[at - 1] == word[at] else 0.5 if 0 < at < len(word) - 1 else 0.2
    return min(total / edits, 1.0)


def score_letter_substitution(left: str, right: str) -> float:
    """Return how easily one letter replaces another: 1.0 neighbouring keys, 0.7 look-alikes, else 0.0."""
    pair = left + right
    return 1.0 if pair in KEYBOARD_NEIGHBOURS else 0.7 if pair in _OCR_CONFUSIONS else 0.0


def is_vowel_difference(left: str, right: str) -> bool:
    """Return whether two words differ in their vowels alone."""
    return left != right and strip_vowels(left) == strip_vowels(right)


def strip_vowels(word: str) -> str:
    """Return the word without its vowels; ``y`` is one."""
    return word.translate(_DELETE_VOWELS)
