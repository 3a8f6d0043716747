"""Which spellings are words or names in their own right, so that they are no slip and no abbreviation.

Words come from the frequency lists of pyspellchecker (film subtitles): English from the package itself, the
words of six other languages that make up one millionth of their texts from ``words_by_language.tsv``. Family
names come from the 1990 census of the United States. All are read at first use: most comparisons never ask.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from spellchecker import SpellChecker

from matching.engine.text.lexicon import DATA_DIRECTORY, load_lexicon

_MIN_FREQUENCY: Final = 50
"""Occurrences that the list gives at least to a word of the dictionary, however rare."""

_MIN_EVERYDAY_FREQUENCY: Final = 300
"""Occurrences from which a word is one of everyday language; names (Hyundai) are rarer."""

_MIN_LETTERS: Final = 3


@lru_cache(maxsize=16_384)
def is_real_word(key: str) -> bool:
    """Return whether a comparison key is an English word, one that names use, or a family name."""
    if len(key) < _MIN_LETTERS or not key.isalpha() or key in load_lexicon().misprints:
        return False
    return key in load_lexicon().word_counts or _load_word_frequencies().get(key, 0) >= _MIN_FREQUENCY


@lru_cache(maxsize=16_384)
def is_dictionary_word(key: str) -> bool:
    """Return whether a comparison key is an English word, however rare: theist, revocable."""
    return _load_word_frequencies().get(key, 0) >= _MIN_FREQUENCY


@lru_cache(maxsize=16_384)
def is_everyday_word(key: str) -> bool:
    """Return whether a comparison key is an English word of everyday language."""
    return _load_word_frequencies().get(key, 0) >= _MIN_EVERYDAY_FREQUENCY


@lru_cache(maxsize=16_384)
def are_words_of_one_language(one: str, other: str) -> bool:
    """Return whether both are frequent words of German, Spanish, French, Italian, Dutch or Portuguese."""
    return any(one in words and other in words for words in _load_language_words())


@lru_cache(maxsize=16_384)
def is_surname(key: str) -> bool:
    """Return whether a comparison key is a family name of the census."""
    return key in _load_surnames()


@cache
def _load_word_frequencies() -> dict[str, int]:
    return dict(SpellChecker(language="en").word_frequency.dictionary)


@cache
def _load_language_words() -> tuple[frozenset[str], ...]:
    lines = (DATA_DIRECTORY / "words_by_language.tsv").read_text(encoding="ascii").splitlines()
    return tuple([frozenset(line.partition("\t")[2].split()) for line in lines])


@cache
def _load_surnames() -> frozenset[str]:
    return frozenset((DATA_DIRECTORY / "us_surnames.txt").read_text(encoding="ascii").split())
