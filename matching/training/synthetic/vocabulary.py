"""The words of which names are composed, and the seeded random choice among them.

The vocabularies are lists written for this project (``data/*.yaml``): no name of a real register is in them.
Distinctive words are invented from syllables, so that a model cannot learn any particular company.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

import yaml

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
NUMBER_WORDS = (
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)

Spellings = tuple[str, ...]


class Culture(NamedTuple):
    """Given names, surnames and the usual order of one culture's personal names."""

    order: str
    male: tuple[str, ...]
    female: tuple[str, ...]
    surname: tuple[str, ...]
    patronymic: tuple[str, ...]


class Vocabulary(NamedTuple):
    """All word lists of which the corpus composes names."""

    stems: dict[str, dict[str, tuple[str, ...]]]
    abbreviations: dict[str, tuple[str, ...]]
    descriptive: tuple[str, ...]
    rare: tuple[str, ...]
    roles: tuple[str, ...]
    places: tuple[str, ...]
    homophones: tuple[tuple[str, str], ...]
    forms: dict[str, dict[str, Spellings]]
    cultures: dict[str, Culture]
    nicknames: dict[str, tuple[str, ...]]
    spellings: tuple[Spellings, ...]
    transliterations: tuple[Spellings, ...]
    titles: tuple[str, ...]
    postnominals: tuple[str, ...]
    suffixes: tuple[str, ...]
    particles: tuple[str, ...]
    capacities: tuple[str, ...]


def load_yaml(name: str) -> Any:
    """Load one of the corpus's YAML files; every scalar is text (``on`` and ``NO`` are words here)."""
    content = files("matching.training.synthetic").joinpath(f"data/{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(content, yaml.BaseLoader)  # noqa: S506 - the base loader makes text only


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Load all word lists, once."""
    words, persons = load_yaml("words"), load_yaml("persons")
    abbreviations = {word: tuple(short) for word, short in words["abbreviated"].items()}
    return Vocabulary(
        stems={
            name: {part: tuple(v) for part, v in model.items()} for name, model in load_yaml("stems").items()
        },
        abbreviations=abbreviations,
        descriptive=tuple(dict.fromkeys([*abbreviations, *words["plain"].split()])),
        rare=tuple(words["ordinary_rare"].split()),
        roles=tuple(words["roles"]),
        places=tuple(place.strip() for place in words["places"].split("|")),
        homophones=tuple((a, b) for a, b in words["homophones"]),
        forms={place: {f: tuple(s) for f, s in fs.items()} for place, fs in load_yaml("forms").items()},
        cultures=_parse_cultures(persons),
        nicknames={name: tuple(short) for name, short in persons["nicknames"].items()},
        spellings=tuple(tuple(group) for group in persons["spellings"]),
        transliterations=tuple(tuple(group) for group in persons["transliterations"]),
        titles=tuple(persons["titles"]),
        postnominals=tuple(persons["postnominals"]),
        suffixes=tuple(persons["suffixes"]),
        particles=tuple(persons["particles"]),
        capacities=tuple(persons["capacities"]),
    )


def _parse_cultures(persons: dict[str, Any]) -> dict[str, Culture]:
    cultures = {
        name: value for name, value in persons.items() if isinstance(value, dict) and "surname" in value
    }
    return {name: _parse_culture(value) for name, value in cultures.items()}


def _parse_culture(value: dict[str, str]) -> Culture:
    lists = [tuple(value.get(part, "").split()) for part in ("male", "female", "surname", "patronymic")]
    return Culture(value["order"], *lists)


class WordSampler:
    """Seeded random choice over the vocabulary; the same seed always gives the same words."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.vocabulary = load_vocabulary()

    def choose(self, options: tuple[str, ...] | list[str]) -> str:
        """Return one of the options with equal probability."""
        return options[int(self.random.random() * len(options))]

    def flip_coin(self, probability: float) -> bool:
        """Return true with a probability from 0 to 1."""
        return self.random.random() < probability

    def choose_other(self, options: tuple[str, ...] | list[str], than: str) -> str:
        """Return one of the options other than the given word; there must be one."""
        return self.choose([option for option in options if option.casefold() != than.casefold()])

    def invent_stem(self) -> str:
        """Invent a distinctive word that sounds like one of some language."""
        model = self.vocabulary.stems[self.choose(list(self.vocabulary.stems))]
        middle = self.choose(model["middle"]) + (self.choose(model["middle"]) if self.flip_coin(0.1) else "")
        return self.choose(model["start"]) + middle + self.choose(model["end"])

    def invent_acronym(self, shortest: int = 2, longest: int = 4) -> str:
        """Return several capital letters."""
        length = self.random.randint(shortest, longest)
        return "".join(self.random.choice("ABCDEFGHIJKLMNOPRSTUVWXZ") for _ in range(length))

    def choose_surname(self) -> str:
        """Return a surname of any culture."""
        return self.choose(self.vocabulary.cultures[self.choose(list(self.vocabulary.cultures))].surname)
