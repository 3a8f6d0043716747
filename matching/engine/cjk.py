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
from matching.engine.text import latin_key, script
from matching.engine.words import consonants

_SOUNDED = 75.0
"""Consonant similarity in per cent at which a kana word counts as found in the Latin name."""


class Reading(NamedTuple):
    """What was found, each in [0, 1].

    ``found``: share of the native characters that have a reading in the Latin name; ``covered``: share of the
    Latin letters that such readings account for.
    """

    found: float
    covered: float


@cache
def _readings() -> tuple[dict[str, tuple[str, ...]], int]:
    """Readings by word, longest first, and the length of the longest word."""
    table = {
        word: tuple(sorted(str(readings).split(), key=len, reverse=True))
        for word, readings in load_yaml("cjk_readings.yaml")["readings"].items()
    }
    return table, max(len(word) for word in table)


def read_against(native: Sequence[str], latin: str) -> Reading:
    """Look for the readings of native words in a Latin name (letters only, lower case, no spaces)."""
    total = sum(len(word) for word in native)
    if not total or not latin:
        return Reading(0.0, 0.0)
    rest, found = latin, 0
    for chunk in [chunk for word in native for chunk in _chunks(word)]:
        size, rest = _take(chunk, rest)
        found += size
    return Reading(found / total, 1 - len(rest.replace(" ", "")) / len(latin))


def _chunks(native: str) -> list[str]:
    """Known words, kana runs and single characters, left to right."""
    table, longest = _readings()
    chunks, at = [], 0
    while at < len(native):
        end = at + 1
        if script(native[at]) == "kana":
            while end < len(native) and script(native[end]) == "kana":
                end += 1
        else:
            end = next((at + n for n in range(longest, 0, -1) if native[at : at + n] in table), at + 1)
        chunks.append(native[at:end])
        at = end
    return chunks


def _take(chunk: str, rest: str) -> tuple[int, str]:
    """Characters of the chunk found in the rest of the Latin name, and what then remains of it."""
    table, _ = _readings()
    sounds = latin_key(chunk)
    for reading in (*table.get(chunk, ()), sounds):
        if reading and reading in rest:
            return len(chunk), rest.replace(reading, " ", 1)
    if script(chunk[0]) == "kana" and len(sounds) > 3:
        return _sounded(chunk, sounds, rest)
    return 0, rest


def _sounded(chunk: str, sounds: str, rest: str) -> tuple[int, str]:
    """Kana render foreign words by their sound: ホールディングス stands where "holdings" does."""
    best = max(rest.split(" "), key=lambda part: fuzz.partial_ratio(consonants(sounds), consonants(part)))
    where = fuzz.partial_ratio_alignment(sounds, best)
    skeletons = consonants(sounds), consonants(best)
    if where is None or not all(skeletons) or fuzz.partial_ratio(*skeletons) < _SOUNDED:
        return 0, rest
    return len(chunk), rest.replace(best[where.dest_start : where.dest_end] or " ", " ", 1)
