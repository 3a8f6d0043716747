"""Reading Chinese and Japanese words against a Latin name: how much of each side the other accounts for.

A character has several readings and companies translate some words (電機 is *denki* or *Electric*), so a
rendering is not computed but sought: every reading is looked for in the Latin name. The result is evidence,
never equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from rapidfuzz import fuzz

from matching.engine.lexicon import load_yaml
from matching.engine.sounds import respelt
from matching.engine.text import latin_key, script
from matching.engine.words import consonants

_SOUNDED = 75.0
"""Consonant similarity in per cent at which a kana word counts as found in the Latin name."""

_LONGEST = 64
"""Most characters of a word, and most words, that are looked for; real names have under forty, and absurd
input must not cost seconds."""
_SILENT = 0.3
"""Weight of a character in a word that Latin names often leave out (工業 "industries", 社 "company")."""

_SYSTEMS = (
    ("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("sh", "sy"), ("ch", "ty"), ("ji", "zi"), ("fu", "hu"),
    ("oh", "o"), ("ou", "o"), ("oo", "o"), ("uu", "u"), ("mb", "nb"), ("mm", "nm"), ("mp", "np"),
)  # fmt: skip
"""Hepburn and Kunrei spellings, with and without long vowels, as one (ISO 3602)."""


class Reading(NamedTuple):
    """What was found, each in [0, 1].

    ``found``: weighted share of the native characters that have a reading in the Latin name; ``covered``:
    share of the Latin letters that such readings account for, those of quiet words aside; ``led``: 1 when the
    first word was found and stands first in the Latin name too, where what is distinctive stands, 0.5 when it
    stands elsewhere.
    """

    found: float
    covered: float
    led: float


class _Table(NamedTuple):
    """Readings by word, longest first; the length of the longest word; words that Latin names leave out."""

    readings: dict[str, tuple[str, ...]]
    longest: int
    silent: frozenset[str]


@cache
def _table() -> _Table:
    data = load_yaml("cjk_readings.yaml")
    readings = {
        word: tuple(sorted([_folded(reading) for reading in str(known).split()], key=len, reverse=True))
        for word, known in data["readings"].items()
    }
    return _Table(readings, max(len(word) for word in readings), frozenset(data["silent"].split()))


def _folded(latin: str) -> str:
    return respelt(latin, _SYSTEMS)


def read_against(native: Sequence[str], latin: str) -> Reading:
    """Look for the readings of native words in a Latin name (letters only, lower case, no spaces)."""
    chunks = [chunk for word in native for chunk in _chunks(word[:_LONGEST])][:_LONGEST]
    if not chunks or not latin:
        return Reading(0.0, 0.0, 0.0)
    table, silent = _table().readings, _table().silent
    rest = folded = _folded(latin)
    total = found = led = quiet = 0.0
    # What is known is taken first, lest a sound be heard in a word that another chunk stands for.
    for at in sorted(range(len(chunks)), key=lambda at: chunks[at] not in table):
        chunk, before = chunks[at], rest
        there, rest = _take(chunk, rest)
        if at == 0 and there:
            led = 1.0 if rest.startswith(" ") and not before.startswith(" ") else 0.5
        weight = len(chunk) * (_SILENT if chunk in silent else 1.0)
        total += weight
        found += weight * there
        quiet += (chunk in silent) * (_letters(before) - _letters(rest))
    said = len(folded) - quiet
    return Reading(found / total, 1 - _letters(rest) / said if said else 0.0, led)


def _letters(text: str) -> int:
    return len(text) - text.count(" ")


def _chunks(native: str) -> list[str]:
    """Known words, kana runs and single characters, left to right."""
    table, longest, _ = _table()
    chunks: list[str] = []
    at = 0
    while at < len(native):
        end = at + 1
        if script(native[at]) == "kana":
            while end < len(native) and script(native[end]) == "kana":
                end += 1
            chunks += _kana(native[at:end])
        else:
            end = next((at + n for n in range(longest, 0, -1) if native[at : at + n] in table), at + 1)
            chunks.append(native[at:end])
        at = end
    return chunks


def _kana(run: str) -> list[str]:
    """A run of kana with the known words at its ends cut off: マネックス | グループ."""
    table, longest, _ = _table()
    sizes = range(min(longest, len(run)), 1, -1)
    if run in table or not run:
        return [run] if run else []
    if size := next((size for size in sizes if run[-size:] in table), 0):
        return [*_kana(run[:-size]), run[-size:]]
    if size := next((size for size in sizes if run[:size] in table), 0):
        return [run[:size], *_kana(run[size:])]
    return [run]


def _take(chunk: str, rest: str) -> tuple[bool, str]:
    """Whether the chunk is found in the rest of the Latin name, and what then remains of it."""
    sounds = _folded(latin_key(chunk))
    for reading in (*_table().readings.get(chunk, ()), sounds):
        if reading and reading in rest:
            return True, rest.replace(reading, " ", 1)
    if script(chunk[0]) == "kana" and len(sounds) > 3:
        return _sounded(sounds, rest)
    return False, rest


def _sounded(sounds: str, rest: str) -> tuple[bool, str]:
    """Kana render foreign words by their sound: ホールディングス stands where "holdings" does."""
    best = max(rest.split(" "), key=lambda part: fuzz.partial_ratio(consonants(sounds), consonants(part)))
    where = fuzz.partial_ratio_alignment(sounds, best)
    skeletons = consonants(sounds), consonants(best)
    if where is None or not all(skeletons) or fuzz.partial_ratio(*skeletons) < _SOUNDED:
        return False, rest
    return True, rest.replace(best[where.dest_start : where.dest_end] or " ", " ", 1)
