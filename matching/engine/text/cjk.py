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

from matching.engine.text.lexicon import load_yaml
from matching.engine.text.phonetics import replace_spellings
from matching.engine.text.tokenise import get_script, romanise_token
from matching.engine.text.word_relation import fold_cross_script_consonants

_MIN_SOUND_SIMILARITY = 75.0
"""Consonant similarity in per cent at which a kana word counts as found in the Latin name."""

_MAX_LENGTH = 64
"""Most characters of a word, and most words, that are looked for; real names have under forty, and absurd
input must not cost seconds."""
_SILENT_WEIGHT = 0.3
"""Weight of a character in a word that Latin names often leave out (工業 "industries", 社 "company")."""

_ROMANISATION_FOLDS = (
    ("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("sh", "sy"), ("ch", "ty"), ("ji", "zi"), ("fu", "hu"),
    ("oh", "o"), ("ou", "o"), ("oo", "o"), ("uu", "u"), ("mb", "nb"), ("mm", "nm"), ("mp", "np"),
)  # fmt: skip
"""Hepburn and Kunrei spellings, with and without long vowels, as one (ISO 3602)."""


class ReadingMatch(NamedTuple):
    """What was found, each in [0, 1].

    ``found``: weighted share of the native characters that have a reading in the Latin name; ``covered``:
    share of the Latin letters that such readings account for, those of quiet words aside; ``led``: 1 when the
    first word was found and stands first in the Latin name too, where what is distinctive stands, 0.5 when it
    stands elsewhere.
    """

    native_coverage: float
    latin_coverage: float
    first_word_score: float


class _ReadingTable(NamedTuple):
    """Readings by word, longest first; the length of the longest word; words that Latin names leave out."""

    readings: dict[str, tuple[str, ...]]
    max_word_length: int
    silent_words: frozenset[str]


@cache
def _load_reading_table() -> _ReadingTable:
    data = load_yaml("cjk_readings.yaml")
    readings = {
        word: tuple(
            sorted([_fold_romanisation(reading) for reading in str(known).split()], key=len, reverse=True)
        )
        for word, known in data["readings"].items()
    }
    return _ReadingTable(readings, max(len(word) for word in readings), frozenset(data["silent"].split()))


def _fold_romanisation(latin: str) -> str:
    return replace_spellings(latin, _ROMANISATION_FOLDS)


def match_readings(native: Sequence[str], latin: str) -> ReadingMatch:
    """Look for the readings of native words in a Latin name (letters only, lower case, no spaces)."""
    chunks = [chunk for word in native for chunk in _split_chunks(word[:_MAX_LENGTH])][:_MAX_LENGTH]
    if not chunks or not latin:
        return ReadingMatch(0.0, 0.0, 0.0)
    table, silent = _load_reading_table().readings, _load_reading_table().silent_words
    rest = folded = _fold_romanisation(latin)
    total = found = led = quiet = 0.0
    # What is known is taken first, lest a sound be heard in a word that another chunk stands for.
    for at in sorted(range(len(chunks)), key=lambda at: chunks[at] not in table):
        chunk, before = chunks[at], rest
        there, rest = _consume_reading(chunk, rest)
        if at == 0 and there:
            led = 1.0 if rest.startswith(" ") and not before.startswith(" ") else 0.5
        weight = len(chunk) * (_SILENT_WEIGHT if chunk in silent else 1.0)
        total += weight
        found += weight * there
        quiet += (chunk in silent) * (_count_letters(before) - _count_letters(rest))
    said = len(folded) - quiet
    return ReadingMatch(found / total, 1 - _count_letters(rest) / said if said else 0.0, led)


def _count_letters(text: str) -> int:
    return len(text) - text.count(" ")


def _split_chunks(native: str) -> list[str]:
    """Known words, kana runs and single characters, left to right."""
    table, longest, _ = _load_reading_table()
    chunks: list[str] = []
    at = 0
    while at < len(native):
        end = at + 1
        if get_script(native[at]) == "kana":
            while end < len(native) and get_script(native[end]) == "kana":
                end += 1
            chunks += _split_kana(native[at:end])
        else:
            end = next((at + n for n in range(longest, 0, -1) if native[at : at + n] in table), at + 1)
            chunks.append(native[at:end])
        at = end
    return chunks


def _split_kana(run: str) -> list[str]:
    """A run of kana with the known words at its ends cut off: マネックス | グループ."""
    table, longest, _ = _load_reading_table()
    sizes = range(min(longest, len(run)), 1, -1)
    if run in table or not run:
        return [run] if run else []
    if size := next((size for size in sizes if run[-size:] in table), 0):
        return [*_split_kana(run[:-size]), run[-size:]]
    if size := next((size for size in sizes if run[:size] in table), 0):
        return [run[:size], *_split_kana(run[size:])]
    return [run]


def _consume_reading(chunk: str, rest: str) -> tuple[bool, str]:
    """Whether the chunk is found in the rest of the Latin name, and what then remains of it."""
    sounds = _fold_romanisation(romanise_token(chunk))
    for reading in (*_load_reading_table().readings.get(chunk, ()), sounds):
        if reading and reading in rest:
            return True, rest.replace(reading, " ", 1)
    if get_script(chunk[0]) == "kana" and len(sounds) > 3:
        return _consume_similar_sound(sounds, rest)
    return False, rest


def _consume_similar_sound(sounds: str, rest: str) -> tuple[bool, str]:
    """Kana render foreign words by their sound: ホールディングス stands where "holdings" does."""
    best = max(
        rest.split(" "),
        key=lambda part: fuzz.partial_ratio(
            fold_cross_script_consonants(sounds), fold_cross_script_consonants(part)
        ),
    )
    where = fuzz.partial_ratio_alignment(sounds, best)
    skeletons = fold_cross_script_consonants(sounds), fold_cross_script_consonants(best)
    if where is None or not all(skeletons) or fuzz.partial_ratio(*skeletons) < _MIN_SOUND_SIMILARITY:
        return False, rest
    return True, rest.replace(best[where.dest_start : where.dest_end] or " ", " ", 1)
