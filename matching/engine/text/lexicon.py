"""Word classes and word frequencies of company names, read once from ``data/``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import yaml

from matching.engine.categories import CategoryId
from matching.engine.execution import SOURCE_DIRECTORY

DATA_DIRECTORY: Final = SOURCE_DIRECTORY / "data"
_YAML_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Phrase = tuple[str, ...]


@dataclass
class Lexicon:
    """Word classes of company names, by comparison key."""

    articles: frozenset[str]
    honorifics: frozenset[str]
    connectors: frozenset[str]
    particles: frozenset[str]
    roles: frozenset[str]
    series_heads: frozenset[str]
    places: frozenset[str]
    states: frozenset[str]
    state_codes: frozenset[str]
    web_affixes: frozenset[str]
    domains: frozenset[str]
    organisation_words: frozenset[str]
    abbreviations: dict[str, frozenset[str]]
    place_acronyms: dict[str, str]
    marker_phrases: dict[str, tuple[tuple[Phrase, str], ...]]
    numbered_annotations: frozenset[Phrase]
    division_endings: frozenset[Phrase]
    opposites: frozenset[frozenset[str]]
    misprints: frozenset[str]
    contrary_prefixes: tuple[tuple[str, str], ...]
    negations: frozenset[str]
    specifying_prefixes: frozenset[str]
    greek_letters: frozenset[str]
    arabic_articles: frozenset[str]
    party_roles: frozenset[str]
    country_codes: frozenset[str]
    joined_roles: frozenset[str]
    words_beside_short_forms: frozenset[str]
    homographs: frozenset[str]
    street_words: frozenset[str]
    everyday_abbreviations: frozenset[str]
    clipped_words: frozenset[str]
    word_counts: dict[str, int]
    name_count: int

    def is_leading_word(self, key: str, text: str) -> bool:
        """Return whether a word before a name is an article or an honorific, and not distinctive."""
        return key in self.articles or text.casefold() in self.honorifics

    def is_small_word(self, key: str) -> bool:
        """Return whether a word is an article, a connector or a particle; a letter may be an initial."""
        return len(key) > 1 and (key in self.articles or key in self.connectors or key in self.particles)


def load_yaml(name: str) -> Any:
    """Return a parsed data file of the engine; ``name`` is its path below ``data/``."""
    # Both loaders are safe ones; the C one is twenty times faster.
    return yaml.load((DATA_DIRECTORY / name).read_text(encoding="utf-8"), Loader=_YAML_LOADER)  # noqa: S506


_LOADED: Final[list[Lexicon]] = []
"""The word classes once they are loaded: machine code finds them here without a call of Python's cache."""


def load_lexicon() -> Lexicon:
    """Return the word classes, loaded on first use."""
    if not _LOADED:
        _LOADED.append(_read_lexicon())
    return _LOADED[0]


def _read_lexicon() -> Lexicon:
    words = load_yaml("words.yaml")
    counts, names = _read_word_counts()
    return Lexicon(
        **{name: _build_key_set(words[name]) for name in _WORD_SETS},
        abbreviations=_index_abbreviations(words["abbreviations"]),
        place_acronyms={short: "".join(full) for short, full in words["place_acronyms"].items()},
        marker_phrases=_index_phrases(words),
        numbered_annotations=frozenset(tuple(phrase) for phrase in words["numbered_annotations"]),
        division_endings=frozenset(tuple(phrase) for phrase in words["division_endings"]),
        opposites=frozenset(map(frozenset, words["opposites"])),
        negations=_build_key_set(words["negations"]),
        specifying_prefixes=_build_key_set(words["specifying_prefixes"]),
        greek_letters=_build_key_set(words["greek_letters"]),
        arabic_articles=_build_key_set(words["arabic_articles"]),
        party_roles=_build_key_set(words["party_roles"]),
        country_codes=_build_key_set(words["country_codes"]),
        joined_roles=_build_key_set(words["joined_roles"]),
        words_beside_short_forms=_build_key_set(words["words_beside_short_forms"]),
        contrary_prefixes=tuple((str(one), str(other)) for one, other in words["contrary_prefixes"]),
        misprints=_build_key_set(words["misprints"]),
        homographs=_build_key_set(words["homographs"]),
        street_words=_build_key_set(words["street_words"]),
        clipped_words=_build_key_set(words["clipped_words"]),
        everyday_abbreviations=_build_key_set(words["everyday_abbreviations"]),
        word_counts=counts,
        name_count=names,
    )


_WORD_SETS = (
    "articles",
    "honorifics",
    "connectors",
    "particles",
    "roles",
    "series_heads",
    "places",
    "states",
    "state_codes",
    "web_affixes",
    "domains",
    "organisation_words",
)
_MARKER_CATEGORIES: Final = {
    "trade_markers": CategoryId.O29_TRADE_NAME_APPENDED,
    "former_markers": CategoryId.O31_FORMER_NAME,
    "successor_markers": CategoryId.O32_SUCCESSOR,
    "alias_markers": CategoryId.I22_ALIAS,
    "division_markers": CategoryId.O34_DIVISION,
    "capacity_markers": CategoryId.O35_CAPACITY,
    "annotations": CategoryId.O40_ANNOTATION,
    "numbered_annotations": CategoryId.O40_ANNOTATION,
}


def _build_key_set(words: list[Any]) -> frozenset[str]:
    return frozenset(str(word) for word in words)


def _index_abbreviations(pairs: dict[str, list[Any]]) -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for full, shorts in pairs.items():
        for short in shorts:
            table.setdefault(str(short), set()).add(full)
    return {short: frozenset(fulls) for short, fulls in table.items()}


def _index_phrases(words: dict[str, Any]) -> dict[str, tuple[tuple[Phrase, str], ...]]:
    """Return marker phrases by first word, longest first, each with the category that it announces."""
    table: dict[str, list[tuple[Phrase, str]]] = {}
    for name, category in _MARKER_CATEGORIES.items():
        for phrase in words[name]:
            table.setdefault(str(phrase[0]), []).append((tuple(str(word) for word in phrase), category))
    return {first: tuple(sorted(found, key=lambda item: -len(item[0]))) for first, found in table.items()}


def _read_word_counts() -> tuple[dict[str, int], int]:
    lines = (DATA_DIRECTORY / "word_counts.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {word: int(count) for word, count in pairs}, int(lines[0].split()[4])


@cache
def _compute_max_idf() -> float:
    return math.log(load_lexicon().name_count / 2)


@lru_cache(maxsize=65_536)
def compute_rarity(key: str) -> float:
    """Return how distinctive a word is, 0 (in half of all names) to 1 (in none).

    It is the scaled inverse document frequency among the names counted in ``word_counts.tsv``.
    """
    count = load_lexicon().word_counts.get(key)
    if count is None:
        return 1.0
    return max(0.0, math.log(load_lexicon().name_count / (count + 2)) / _compute_max_idf())
