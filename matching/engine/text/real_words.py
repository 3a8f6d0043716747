"""Which spellings are words or names in their own right, so that they are no slip and no abbreviation.

Words come from the frequency lists of pyspellchecker (film subtitles, many languages), family names from the
1990 census of the United States. Both are read at first use: most comparisons never ask.
"""

from __future__ import annotations

from functools import cache, lru_cache

from spellchecker import SpellChecker

from matching.engine.text.lexicon import DATA_DIRECTORY, load_lexicon

_MIN_FREQUENCY = 300
"""Occurrences from which a spelling counts as a word: rarer entries of the list are often misprints."""

_MIN_LETTERS = 3


@lru_cache(maxsize=16_384)
def is_real_word(key: str) -> bool:
    """Return whether a comparison key is an English word, one that names use, or a family name."""
    if len(key) < _MIN_LETTERS or not key.isalpha() or key in load_lexicon().misprints:
        return False
    return key in load_lexicon().word_counts or _load_word_frequencies().get(key, 0) >= _MIN_FREQUENCY


@lru_cache(maxsize=16_384)
def is_surname(key: str) -> bool:
    """Return whether a comparison key is a family name of the census."""
    return key in _load_surnames()


@cache
def _load_word_frequencies() -> dict[str, int]:
    return dict(SpellChecker(language="en").word_frequency.dictionary)


@cache
def _load_surnames() -> frozenset[str]:
    return frozenset((DATA_DIRECTORY / "us_surnames.txt").read_text(encoding="ascii").split())
