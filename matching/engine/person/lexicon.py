"""Word lists for personal names: titles, suffixes, particles, given names, variants, nicknames.

The data are ``data/person_*.yaml`` and the ``nicknames`` package (Apache-2.0, US English), read once, on
first use. Keys are comparison keys: lower case, without accents.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, pairwise
from math import log
from typing import Any

from nicknames import name_triplets

from matching.engine.text.lexicon import load_yaml

Phrase = tuple[str, ...]


@dataclass
class WordLists:
    """Classes of words in and around a name; ``data/person_words.yaml`` gives the meaning of each list."""

    titles: frozenset[str]
    soft_titles: frozenset[str]
    male: frozenset[str]
    female: frozenset[str]
    peerage: frozenset[str]
    postnominals: frozenset[str]
    weak_postnominals: frozenset[str]
    suffixes: dict[str, str]
    particles: frozenset[str]
    articles: frozenset[str]
    nasab: frozenset[str]
    particle_spellings: tuple[Phrase, ...]
    abd: frozenset[str]
    faith_endings: frozenset[str]
    kunya: frozenset[str]
    alias_phrases: tuple[Phrase, ...]
    birth_names: frozenset[str]
    capacity_words: frozenset[str]
    capacity_phrases: tuple[Phrase, ...]
    capacity_heads: tuple[Phrase, ...]
    documents: tuple[Phrase, ...]
    joiners: frozenset[str]
    placeholders: frozenset[str]
    trade_words: frozenset[str]
    patronymic_endings: tuple[str, ...]


@dataclass
class NameLists:
    """Frequent given names and surnames, surnames that stand first without a comma, Spanish surnames, and
    pairs of words that are one given name (``juan``, ``carlos``)."""

    given: frozenset[str]
    surnames: frozenset[str]
    family_first: frozenset[str]
    spanish: frozenset[str]
    compounds: frozenset[tuple[str, str]]


@cache
def load_word_lists() -> WordLists:
    """Return the word lists of ``data/person_words.yaml``, read on the first call."""
    raw = load_yaml("person_words.yaml")
    fields: dict[str, Any] = {name: frozenset(raw[name].split()) for name in _WORD_LIST_NAMES}
    fields |= {name: tuple([tuple(line.split()) for line in raw[name]]) for name in _PHRASE_LIST_NAMES}
    fields["suffixes"] = {
        word: str(canonical) for canonical, line in raw["suffixes"].items() for word in line.split()
    }
    fields["male"] = frozenset(raw["gendered"]["m"].split())
    fields["female"] = frozenset(raw["gendered"]["f"].split())
    fields["patronymic_endings"] = tuple(raw["patronymic_endings"].split())
    return WordLists(**fields)


_PHRASE_LIST_NAMES = (
    "alias_phrases", "capacity_phrases", "capacity_heads", "documents", "particle_spellings",
)  # fmt: skip
_WORD_LIST_NAMES = (
    "titles", "soft_titles", "peerage", "postnominals", "weak_postnominals", "particles", "articles",
    "nasab", "abd", "faith_endings", "kunya", "birth_names", "capacity_words", "joiners", "placeholders",
    "trade_words",
)  # fmt: skip


@cache
def load_name_lists() -> NameLists:
    """Return the name lists of ``data/person_given.yaml``; ``nicknames`` adds given names to them."""
    raw = load_yaml("person_given.yaml")
    nicks = chain.from_iterable((row.name1, row.name2) for row in name_triplets())
    return NameLists(
        given=frozenset(raw["given"].split()) | frozenset(name for name in nicks if len(name) > 2),
        surnames=frozenset(raw["surnames"].split()),
        family_first=frozenset(raw["family_first"].split()),
        spanish=frozenset(raw["spanish"].split()),
        compounds=frozenset(
            (head, word) for head, words in raw["compounds"].items() for word in words.split()
        ),
    )


@lru_cache(maxsize=4)
def _load_variant_groups(name: str) -> dict[str, frozenset[int]]:
    """Return for every name of one list the numbers of the variant groups that contain it."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(str(load_yaml("person_variants.yaml")[name]).splitlines()):
        for word in line.split():
            groups[word.replace("-", "")].add(number)
    return {word: frozenset(numbers) for word, numbers in groups.items()}


def are_listed_variants(kind: str, left: str, right: str) -> bool:
    """Say whether one group of ``kind`` lists both: ``spelling``, ``transliteration`` or ``cognates``."""
    groups = _load_variant_groups(kind)
    here = groups.get(left)
    return here is not None and not here.isdisjoint(groups.get(right, ()))


def are_listed_apart(kind: str, left: str, right: str) -> bool:
    """Say whether groups of ``kind`` list both names, but none lists them together: Hasan, Husain."""
    groups = _load_variant_groups(kind)
    return left in groups and right in groups and groups[left].isdisjoint(groups[right])


@cache
def _load_nicknames() -> dict[str, frozenset[str]]:
    """Return the nicknames of every given name."""
    nicknames: defaultdict[str, set[str]] = defaultdict(set)
    for row in name_triplets():
        nicknames[row.name1].add(row.name2)
    return {name: frozenset(short) for name, short in nicknames.items()}


def is_nickname(left: str, right: str) -> bool:
    """Say whether one name is listed as a nickname of the other, or as its form in another language."""
    table = _load_nicknames()
    direct = right in table.get(left, ()) or left in table.get(right, ())
    return direct or are_listed_variants("cognates", left, right)


@cache
def _build_bigram_model() -> dict[str, float]:
    """Return the log probability of each letter after each in frequent names, ``^`` and ``$`` at the ends."""
    counts: defaultdict[str, float] = defaultdict(float)
    firsts: defaultdict[str, float] = defaultdict(float)
    for name in load_name_lists().given | load_name_lists().surnames:
        edged = f"^{name}$"
        for index in range(len(edged) - 1):
            counts[edged[index : index + 2]] += 1
            firsts[edged[index]] += 1
    return {pair: log((count + 0.5) / (firsts[pair[0]] + 14)) for pair, count in counts.items()}


@lru_cache(maxsize=65_536)
def compute_surprisal(key: str) -> float:
    """Return the surprisal in nats of the least likely letter pair of a word: 2 is usual, 8 never seen."""
    table = _build_bigram_model()
    edged = f"^{key}$"
    return -min([table.get(one + two, -8.0) for one, two in pairwise(edged)])
