"""The search for legal forms in a name.

All spellings of a form give one family: ``Gesellschaft mit beschränkter Haftung``,
``G.m.b.H.`` and ``GmbH`` give the same family. Forms end a name, may be stacked (``Co., Inc.``) or lead it
(``ООО Ромашка``, ``株式会社``); inside a name only unmistakable ones or those followed by a remark are
taken. An ordinary word is never taken for a form because it could be one elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA

from matching.engine.legal_forms.registry import ElfCodes, FormReading, load_form_register

MIN_MISTYPED_LETTERS: Final = 6
"""Fewest letters of a mistyped designator (``limted``) that is read without another name beside it."""
_MAX_STACKED_FORMS: Final = 4
"""Most forms stacked at the end of one name; the longest seen in registers is three."""


class LegalForm(NamedTuple):
    """A legal form in a name.

    ``[first, stop)`` is the range of its tokens; ``families`` are the ids of the forms the spelling can mean
    (one, unless only the jurisdiction decides); ``label`` is what a lawyer writes; ``codes`` are its ISO
    20275 codes as ``(jurisdiction, code)``, limited to the jurisdiction of the name where that is known;
    ``is_compound`` tells that several designators make the form (``GmbH & Co. KG``); ``main_codes`` are a
    dozen of the codes, those of the largest registers first.
    """

    first: int
    stop: int
    families: tuple[str, ...]
    label: str
    codes: ElfCodes
    is_compound: bool
    main_codes: ElfCodes


class _SpellingMeaning(NamedTuple):
    """The meaning of a compact spelling in a jurisdiction, and where in a name it can be a form."""

    families: tuple[str, ...]
    label: str
    codes: ElfCodes
    is_compound: bool
    main_codes: ElfCodes
    is_weak: bool
    prefix_rule: str
    can_stand_inside: bool
    is_accessory: bool
    blocking_words: frozenset[str]
    closes_name: bool


class _FormMatch:
    __slots__ = ("first", "meaning", "stop")

    def __init__(self, first: int, stop: int, meaning: _SpellingMeaning) -> None:
        self.first = first
        self.stop = stop
        self.meaning = meaning


@lru_cache(maxsize=16_384)
def find_legal_forms(keys: tuple[str, ...], jurisdiction: str | None = None) -> tuple[LegalForm, ...]:
    """Return the legal forms of a name, in reading order; empty when it has none.

    ``keys`` are the comparison keys of its tokens;
    ``jurisdiction`` an ISO 3166 code (``"DE"``, ``"US-DE"``) that narrows down what a spelling can mean.
    At least one distinctive token is always left. Never raises.
    """
    if len(keys) < 2:
        return ()
    return tuple([_build_legal_form(hit) for hit in _get_searcher().search(keys, jurisdiction)])


def _build_legal_form(hit: _FormMatch) -> LegalForm:
    sense = hit.meaning
    return LegalForm(
        hit.first, hit.stop, sense.families, sense.label, sense.codes, sense.is_compound, sense.main_codes
    )


@cache
def _get_searcher() -> _FormSearcher:
    return _FormSearcher()


class _FormSearcher:
    """The search with its tables as attributes, which makes their lookup fast."""

    __slots__ = ("articles", "binders", "endings", "openings", "spellings", "words")

    def __init__(self) -> None:
        register = load_form_register()
        self.spellings, self.endings, self.openings = register.spellings, register.endings, register.openings
        self.words = register.word_lists
        self.articles, self.binders = self.words["articles"], self.words["binders"]

    def search(self, keys: tuple[str, ...], jurisdiction: str | None) -> list[_FormMatch]:
        count = len(keys)
        if keys[-1] not in self.endings:
            keys = _correct_last_key(keys)
        hits = self.find_stacked(keys, count, jurisdiction)
        if keys[0] in self.openings:
            return self.find_with_leading(keys, hits, jurisdiction)
        if all(hit.meaning.is_accessory for hit in hits):
            hits = self.find_inside(keys, 0, jurisdiction) + hits
        return hits

    def find_with_leading(
        self, keys: tuple[str, ...], hits: list[_FormMatch], jurisdiction: str | None
    ) -> list[_FormMatch]:
        """Return the forms of a name whose first token can begin a form."""
        end = hits[0].first if hits else len(keys)
        lead = self.find_leading(keys, end, [], jurisdiction)
        if all(hit.meaning.is_accessory for hit in hits):
            hits = self.find_inside(keys, lead.stop if lead else 0, jurisdiction) + hits
        if hits:
            pair = self.find_bilingual_pair(keys, hits)
            lead = self.find_leading(keys, end, hits, jurisdiction) if pair is None else None
            hits = pair or hits
        return [lead, *hits] if lead else hits

    def find_bilingual_pair(self, keys: tuple[str, ...], hits: list[_FormMatch]) -> list[_FormMatch] | None:
        """Return two designators around a name that are one bilingual form (``Oy Foo Ab``, ``NV Foo SA``)."""
        last = hits[-1]
        pair = keys[0] + "".join(keys[last.first : last.stop])
        if len(hits) > 1 or last.first < 2 or pair not in self.spellings:
            return None
        sense = _find_meaning(pair, None)
        return (
            [_FormMatch(0, 1, sense), _FormMatch(last.first, last.stop, sense)]
            if sense and sense.is_compound
            else None
        )

    def find_stacked(self, keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> list[_FormMatch]:
        """Return the form that ends at ``stop`` and the forms stacked before it, in reading order."""
        hits: list[_FormMatch] = []
        while keys[stop - 1] in self.endings and len(hits) < _MAX_STACKED_FORMS:
            hit = self.find_ending(keys, stop, jurisdiction)
            if hit is None or (
                hit.meaning.is_weak and (hits or self.find_ending(keys, hit.first, jurisdiction))
            ):
                break
            hits.insert(0, hit)
            stop = hit.first
        return hits

    def find_ending(self, keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> _FormMatch | None:
        """Return the longest form whose last token is ``keys[stop - 1]``."""
        for length in self.endings.get(keys[stop - 1], ()):
            first = stop - length
            if first < 1:
                continue
            compact = "".join(keys[first:stop]) if length > 1 else keys[first]
            if compact in self.spellings:
                sense = _find_meaning(compact, jurisdiction)
                if sense and self.can_end(keys, first, sense):
                    return _FormMatch(first, stop, sense)
        return None

    def can_end(self, keys: tuple[str, ...], first: int, sense: _SpellingMeaning) -> bool:
        before = keys[first - 1]
        if before in self.articles and self.articles.issuperset(keys[:first]):
            return False
        if before in self.binders or (before == keys[first] and sense.is_weak):
            return False
        return before not in sense.blocking_words

    def find_leading(
        self, keys: tuple[str, ...], end: int, others: list[_FormMatch], jurisdiction: str | None
    ) -> _FormMatch | None:
        """Return the form that leads the name, if it can and part of the name remains before ``end``."""
        for length in self.openings[keys[0]]:
            compact = "".join(keys[:length])
            if length >= end or compact not in self.spellings or self.articles.issuperset(keys[length:end]):
                continue
            sense = _find_meaning(compact, jurisdiction)
            if sense and _can_lead(sense, others, jurisdiction):
                return _FormMatch(0, length, sense)
        return None

    def find_inside(self, keys: tuple[str, ...], start: int, jurisdiction: str | None) -> list[_FormMatch]:
        """Return forms before a remark (``in liquidation``) or tag (``/DE/``), unmistakable ones anywhere."""
        for stop in range(start + 2, len(keys)):
            hit = self.find_ending(keys, stop, jurisdiction) if keys[stop - 1] in self.endings else None
            if hit is None or hit.meaning.is_accessory or hit.first <= start:
                continue
            if self.has_remark_after(keys, hit):
                found = self.find_stacked(keys, self.find_stack_end(keys, hit, jurisdiction), jurisdiction)
                return [form for form in found if form.first > start]
        return []

    def find_stack_end(self, keys: tuple[str, ...], hit: _FormMatch, jurisdiction: str | None) -> int:
        """Return where the forms end that begin with this one (``Kaisha`` of ``Kaisha, Ltd. /ADR/``)."""
        stop = hit.stop
        while stop + 1 < len(keys) and keys[stop] in self.endings:
            longer = self.find_ending(keys, stop + 1, jurisdiction)
            if longer is None or longer.first > stop:
                break
            stop += 1
        return stop

    def has_remark_after(self, keys: tuple[str, ...], hit: _FormMatch) -> bool:
        if hit.meaning.is_weak:
            return False
        key, words, last = keys[hit.stop], self.words, hit.stop == len(keys) - 1
        if key in words["remark_openers"] and not last:
            return keys[hit.stop + 1] in words["remarks"]
        return key in words["remarks"] or (last and (key in words["tags"] or key.isdigit()))


def _can_lead(sense: _SpellingMeaning, others: list[_FormMatch], jurisdiction: str | None) -> bool:
    """Return whether a form can lead the name beside the other forms; ``(publ)`` counts like a country."""
    if sense.prefix_rule == "always":
        return True
    if not sense.prefix_rule or any(hit.meaning.closes_name for hit in others):
        return False
    return (
        sense.prefix_rule == "alone"
        or jurisdiction is not None
        or any(hit.meaning.is_accessory for hit in others)
    )


def _correct_last_key(keys: tuple[str, ...]) -> tuple[str, ...]:
    meant = _correct_typo(keys[-1]) if len(keys[-1]) >= MIN_MISTYPED_LETTERS else ""
    return (*keys[:-1], meant) if meant else keys


@lru_cache(maxsize=16_384)
def _correct_typo(token: str) -> str:
    """Return the designator one edit away from a token (``limted``), else an empty string."""
    words, size = load_form_register().word_lists["often_mistyped"], len(token)
    if token.endswith("s") and token[:-1] in words:
        return ""
    near = [word for word in words if -2 < len(word) - size < 2]
    return min([word for word in near if OSA.distance(token, word, score_cutoff=1) == 1], default="")


@lru_cache(maxsize=32_768)
def _find_meaning(compact: str, jurisdiction: str | None) -> _SpellingMeaning | None:
    """Return the meaning of a listed compact spelling, ``None`` when it is no form in that jurisdiction."""
    register = load_form_register()
    readings = register.spellings[compact]
    home = [r for r in readings if jurisdiction and register.families[r.family].exists_in(jurisdiction)]
    chosen = home or [reading for reading in readings if not reading.needs_jurisdiction]
    return _build_meaning(compact, chosen, jurisdiction) if chosen else None


def _build_meaning(compact: str, readings: list[FormReading], jurisdiction: str | None) -> _SpellingMeaning:
    register = load_form_register()
    families = [register.families[reading.family] for reading in readings]
    codes = dict.fromkeys(
        pair for family in families for pair in family.codes if _is_code_applicable(jurisdiction, pair[0])
    )
    everyday = compact in register.word_lists["everyday"]
    prefixes = {reading.prefix_rule for reading in readings}
    return _SpellingMeaning(
        families=tuple([family.id for family in families]),
        label=families[0].label,
        codes=tuple(codes),
        is_compound=families[0].compound,
        main_codes=select_main_codes(codes),
        is_weak=all(reading.is_weak for reading in readings),
        prefix_rule=next((rule for rule in ("always", "alone", "home") if rule in prefixes), ""),
        can_stand_inside=any(reading.can_stand_inside for reading in readings) and not everyday,
        is_accessory=families[0].accessory,
        blocking_words=register.word_lists["before_everyday"]
        if everyday
        else register.blocking_words.get(compact, frozenset()),
        closes_name=not (families[0].accessory or compact in register.word_lists["descriptive"]),
    )


_LARGEST_REGISTERS = ("US", "GB", "DE", "FR", "JP", "CN", "IN", "CA", "AU")
_MAX_MAIN_CODES: Final = 12


def select_main_codes(codes: Iterable[tuple[str, str]]) -> ElfCodes:
    """Return a dozen of the codes, those of the largest registers first."""
    return tuple(sorted(codes, key=_rank_code)[:_MAX_MAIN_CODES])


def _rank_code(code: tuple[str, str]) -> tuple[bool, bool, tuple[str, str]]:
    """Return the sort key of a code: the largest registers first."""
    return code[0].partition("-")[0] not in _LARGEST_REGISTERS, code[0] != "US-DE", code


def _is_code_applicable(jurisdiction: str | None, where: str) -> bool:
    """Return whether a code issued for ``where`` is of the jurisdiction, its country, or a part of it."""
    if jurisdiction is None or where == jurisdiction:
        return True
    return jurisdiction.startswith(f"{where}-") or where.startswith(f"{jurisdiction}-")
