"""Readings of Chinese and Japanese words in a Latin name: how much of each name the other covers.

A character has several readings and companies translate some words (電機 is *denki* or *Electric*), so no
rendering is computed: every reading is searched for in the Latin name. The result is evidence, never proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from matching.engine.text.lexicon import load_yaml
from matching.engine.text.phonetics import fold_cross_script_consonants, replace_spellings
from matching.engine.text.tokenise import get_script, romanise_token

_MIN_SOUND_SIMILARITY: Final = 75.0
"""Consonant similarity in per cent at which a kana word counts as found in the Latin name."""

_MAX_LENGTH: Final = 64
"""Most characters of a word, and most words, that are searched for; real names have under forty, and the
bound keeps absurd input from taking seconds."""
_SILENT_WEIGHT: Final = 0.3
"""Weight of a character in a word that Latin names often leave out (工業 "industries", 社 "company")."""

_ROMANISATION_FOLDS = (
    ("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("sh", "sy"), ("ch", "ty"), ("ji", "zi"), ("fu", "hu"),
    ("oh", "o"), ("ou", "o"), ("oo", "o"), ("uu", "u"), ("mb", "nb"), ("mm", "nm"), ("mp", "np"),
)  # fmt: skip
"""Hepburn and Kunrei spellings, with and without long vowels, as one (ISO 3602)."""


class ReadingMatch(NamedTuple):
    """The coverage of a native and a Latin name by common readings, each value in [0, 1].

    ``native_coverage``: weighted share of the native characters that have a reading in the Latin name;
    ``latin_coverage``: share of the Latin letters that such readings explain, those of silent words aside;
    ``first_word_score``: 1 when the first word, usually the distinctive one, also stands first in the Latin
    name, 0.5 when it stands elsewhere in it.
    """

    native_coverage: float
    latin_coverage: float
    first_word_score: float


class _ReadingTable(NamedTuple):
    """Readings by word, longest first; the length of the longest word; words that Latin names often omit."""

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
    """Return how readings of native words cover a Latin name (letters only, lower case, no spaces)."""
    chunks = [chunk for word in native for chunk in _split_chunks(word[:_MAX_LENGTH])][:_MAX_LENGTH]
    if not chunks or not latin:
        return ReadingMatch(0.0, 0.0, 0.0)
    table, silent = _load_reading_table().readings, _load_reading_table().silent_words
    rest = folded = _fold_romanisation(latin)
    total = found = first_word_score = silent_letters = 0.0
    # Known words come first, so that a similar sound does not consume letters that belong to another chunk.
    for at in sorted(range(len(chunks)), key=lambda at: chunks[at] not in table):
        chunk, before = chunks[at], rest
        is_found, rest = _consume_reading(chunk, rest)
        if at == 0 and is_found:
            first_word_score = 1.0 if rest.startswith(" ") and not before.startswith(" ") else 0.5
        weight = len(chunk) * (_SILENT_WEIGHT if chunk in silent else 1.0)
        total += weight
        found += weight * is_found
        silent_letters += (chunk in silent) * (_count_letters(before) - _count_letters(rest))
    spoken_letters = len(folded) - silent_letters
    latin_coverage = 1 - _count_letters(rest) / spoken_letters if spoken_letters else 0.0
    return ReadingMatch(found / total, latin_coverage, first_word_score)


def _count_letters(text: str) -> int:
    return len(text) - text.count(" ")


@lru_cache(maxsize=16_384)
def _split_chunks(native: str) -> tuple[str, ...]:
    """Split a native word into known words, kana runs and single characters, left to right."""
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
    return tuple(chunks)


def _split_kana(run: str) -> list[str]:
    """Split a run of kana at the known words at its ends: マネックス | グループ."""
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
    """Return whether the chunk is found in the rest of the Latin name, and what then remains of it."""
    sounds = _spell_sounds(chunk)
    for reading in (*_load_reading_table().readings.get(chunk, ()), sounds):
        if reading and reading in rest:
            return True, rest.replace(reading, " ", 1)
    if get_script(chunk[0]) == "kana" and len(sounds) > 3:
        return _consume_similar_sound(sounds, rest)
    return False, rest


@lru_cache(maxsize=16_384)
def _spell_sounds(chunk: str) -> str:
    return _fold_romanisation(romanise_token(chunk))


def _consume_similar_sound(sounds: str, rest: str) -> tuple[bool, str]:
    """Consume the most similar sound: kana render foreign words, ホールディングス is "holdings"."""
    sought = fold_cross_script_consonants(sounds)
    best = max(
        rest.split(" "), key=lambda part: fuzz.partial_ratio(sought, fold_cross_script_consonants(part))
    )
    where, found = fuzz.partial_ratio_alignment(sounds, best), fold_cross_script_consonants(best)
    if where is None or not (sought and found) or fuzz.partial_ratio(sought, found) < _MIN_SOUND_SIMILARITY:
        return False, rest
    return True, rest.replace(best[where.dest_start : where.dest_end] or " ", " ", 1)
