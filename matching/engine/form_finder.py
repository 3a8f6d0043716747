"""Finding the legal forms in a name.

A form is found by what it *is*, not by its spelling: ``Gesellschaft mit beschränkter Haftung``,
``G.m.b.H.`` and ``GmbH`` give the same family. Forms end a name, may be stacked (``Co., Inc.``) or lead it
(``ООО Ромашка``, ``株式会社``); inside a name only unmistakable ones or those followed by a remark are
taken. An ordinary word is never taken for a form because it could be one elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from matching.engine.form_register import Codes, Reading, load

_STACK = 4
"""Most forms stacked at the end of one name; the longest seen in registers is three."""


class LegalForm(NamedTuple):
    """A legal form found in a name.

    ``first`` and ``stop`` are the half-open range of its tokens; ``families`` the ids of the forms the
    spelling can mean (one, unless the jurisdiction is needed to tell); ``label`` as a lawyer writes it;
    ``codes`` its ISO 20275 codes as ``(jurisdiction, code)``, those of the given jurisdiction when one was
    given; ``compound`` whether several designators together make the form (``GmbH & Co. KG``); ``chief`` a
    dozen of the codes, the largest registers first.
    """

    first: int
    stop: int
    families: tuple[str, ...]
    label: str
    codes: Codes
    compound: bool
    chief: Codes


class _Sense(NamedTuple):
    """What a compact spelling means under a jurisdiction, and where it may stand."""

    families: tuple[str, ...]
    label: str
    codes: Codes
    compound: bool
    chief: Codes
    weak: bool
    prefix: str
    middle: bool
    accessory: bool
    spoilers: frozenset[str]
    closes: bool


class _Hit(NamedTuple):
    first: int
    stop: int
    sense: _Sense


def find(keys: tuple[str, ...], jurisdiction: str | None = None) -> tuple[LegalForm, ...]:
    """The legal forms of a name, in reading order; empty when it has none.

    ``keys`` are the comparison keys of its tokens (:attr:`matching.engine.text.Text.keys`);
    ``jurisdiction`` an ISO 3166 code (``"DE"``, ``"US-DE"``) that narrows down what a spelling can mean.
    At least one distinctive token is always left. Never raises.
    """
    if len(keys) < 2:
        return ()
    return tuple([_form(hit) for hit in _searcher().search(keys, jurisdiction)])


def _form(hit: _Hit) -> LegalForm:
    first, stop, sense = hit
    return LegalForm(first, stop, sense.families, sense.label, sense.codes, sense.compound, sense.chief)


@cache
def _searcher() -> _Searcher:
    return _Searcher()


class _Searcher:
    """The search itself; an object so that the tables are attributes, which is what makes it fast."""

    __slots__ = ("articles", "binders", "endings", "openings", "spellings", "words")

    def __init__(self) -> None:
        register = load()
        self.spellings, self.endings, self.openings = register.spellings, register.endings, register.openings
        self.words = register.words
        self.articles, self.binders = self.words["articles"], self.words["binders"]

    def search(self, keys: tuple[str, ...], jurisdiction: str | None) -> list[_Hit]:
        count = len(keys)
        if keys[-1] not in self.endings:
            keys = _corrected(keys)
        hits = self.stacked(keys, count, jurisdiction)
        if keys[0] in self.openings:
            return self.led(keys, hits, jurisdiction)
        if all(hit.sense.accessory for hit in hits):
            hits = self.inside(keys, 0, jurisdiction) + hits
        return hits

    def led(self, keys: tuple[str, ...], hits: list[_Hit], jurisdiction: str | None) -> list[_Hit]:
        """The forms of a name whose first token can begin a form."""
        end = hits[0].first if hits else len(keys)
        lead = self.leading(keys, end, [], jurisdiction)
        if all(hit.sense.accessory for hit in hits):
            hits = self.inside(keys, lead.stop if lead else 0, jurisdiction) + hits
        if hits:
            pair = self.embracing(keys, hits)
            lead = self.leading(keys, end, hits, jurisdiction) if pair is None else None
            hits = pair or hits
        return [lead, *hits] if lead else hits

    def embracing(self, keys: tuple[str, ...], hits: list[_Hit]) -> list[_Hit] | None:
        """Two designators around a name that are one bilingual form (``Oy Foo Ab``, ``NV Foo SA``)."""
        last = hits[-1]
        pair = keys[0] + "".join(keys[last.first : last.stop])
        if len(hits) > 1 or last.first < 2 or pair not in self.spellings:
            return None
        sense = _sense(pair, None)
        return [_Hit(0, 1, sense), last._replace(sense=sense)] if sense and sense.compound else None

    def stacked(self, keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> list[_Hit]:
        """Forms that end at ``stop``, the ones stacked before it too, in reading order."""
        hits: list[_Hit] = []
        while keys[stop - 1] in self.endings and len(hits) < _STACK:
            hit = self.ending(keys, stop, jurisdiction)
            if hit is None or (hit.sense.weak and (hits or self.ending(keys, hit.first, jurisdiction))):
                break
            hits.insert(0, hit)
            stop = hit.first
        return hits

    def ending(self, keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> _Hit | None:
        """The longest form whose last token is ``keys[stop - 1]``."""
        for length in self.endings.get(keys[stop - 1], ()):
            first = stop - length
            if first < 1:
                continue
            compact = "".join(keys[first:stop]) if length > 1 else keys[first]
            if compact in self.spellings:
                sense = _sense(compact, jurisdiction)
                if sense and self.may_end(keys, first, sense):
                    return _Hit(first, stop, sense)
        return None

    def may_end(self, keys: tuple[str, ...], first: int, sense: _Sense) -> bool:
        before = keys[first - 1]
        if before in self.articles and self.articles.issuperset(keys[:first]):
            return False
        if before in self.binders or before == keys[first]:
            return False
        return before not in sense.spoilers

    def leading(
        self, keys: tuple[str, ...], end: int, others: list[_Hit], jurisdiction: str | None
    ) -> _Hit | None:
        """The form that leads the name, if it may and leaves something of the name before ``end``."""
        for length in self.openings[keys[0]]:
            compact = "".join(keys[:length])
            if length >= end or compact not in self.spellings or self.articles.issuperset(keys[length:end]):
                continue
            sense = _sense(compact, jurisdiction)
            if sense and _may_lead(sense, others, jurisdiction):
                return _Hit(0, length, sense)
        return None

    def inside(self, keys: tuple[str, ...], start: int, jurisdiction: str | None) -> list[_Hit]:
        """Forms followed by a remark (``in liquidation``), a tag (``/DE/``) or, if unmistakable, any text."""
        for stop in range(start + 2, len(keys)):
            hit = self.ending(keys, stop, jurisdiction) if keys[stop - 1] in self.endings else None
            if hit is None or hit.sense.accessory or hit.first <= start:
                continue
            if hit.sense.middle or self.is_remark(keys, hit):
                found = self.stacked(keys, self.reach(keys, hit, jurisdiction), jurisdiction)
                return [form for form in found if form.first > start]
        return []

    def reach(self, keys: tuple[str, ...], hit: _Hit, jurisdiction: str | None) -> int:
        """Where the forms end that begin with this one (``Kaisha`` of ``Kaisha, Ltd. /ADR/``)."""
        stop = hit.stop
        while stop + 1 < len(keys) and keys[stop] in self.endings:
            longer = self.ending(keys, stop + 1, jurisdiction)
            if longer is None or longer.first > stop:
                break
            stop += 1
        return stop

    def is_remark(self, keys: tuple[str, ...], hit: _Hit) -> bool:
        if hit.sense.weak:
            return False
        key, words, last = keys[hit.stop], self.words, hit.stop == len(keys) - 1
        if key in words["remark_openers"] and not last:
            return keys[hit.stop + 1] in words["remarks"]
        return key in words["remarks"] or (last and (key in words["tags"] or key.isdigit()))


def _may_lead(sense: _Sense, others: list[_Hit], jurisdiction: str | None) -> bool:
    """Whether a form may lead beside the other forms; ``(publ)`` says as much as a country."""
    if sense.prefix == "always":
        return True
    if not sense.prefix or any(hit.sense.closes for hit in others):
        return False
    return sense.prefix == "alone" or jurisdiction is not None or any(hit.sense.accessory for hit in others)


def _corrected(keys: tuple[str, ...]) -> tuple[str, ...]:
    meant = _mistyped(keys[-1]) if len(keys[-1]) >= 6 else ""
    return (*keys[:-1], meant) if meant else keys


@lru_cache(maxsize=16_384)
def _mistyped(token: str) -> str:
    """The designator a token is one slip away from (``limted``, ``incorporatd``), else an empty string."""
    words = load().words["often_mistyped"]
    if token.endswith("s") and token[:-1] in words:
        return ""
    return min((word for word in words if OSA.distance(token, word, score_cutoff=1) == 1), default="")


@lru_cache(maxsize=32_768)
def _sense(compact: str, jurisdiction: str | None) -> _Sense | None:
    """What a known compact spelling means; ``None`` when it is no form in that jurisdiction."""
    register = load()
    readings = register.spellings[compact]
    home = [r for r in readings if jurisdiction and register.families[r.family].exists_in(jurisdiction)]
    chosen = home or [reading for reading in readings if not reading.bound]
    return _described(compact, chosen, jurisdiction) if chosen else None


def _described(compact: str, readings: list[Reading], jurisdiction: str | None) -> _Sense:
    register = load()
    families = [register.families[reading.family] for reading in readings]
    codes = dict.fromkeys(
        pair for family in families for pair in family.codes if _covers(jurisdiction, pair[0])
    )
    everyday = compact in register.words["everyday"]
    prefixes = {reading.prefix for reading in readings}
    return _Sense(
        families=tuple([family.id for family in families]),
        label=families[0].label,
        codes=tuple(codes),
        compound=families[0].compound,
        chief=chief_of(codes),
        weak=all(reading.weak for reading in readings),
        prefix=next((rule for rule in ("always", "alone", "home") if rule in prefixes), ""),
        middle=any(reading.middle for reading in readings) and not everyday,
        accessory=families[0].accessory,
        spoilers=register.words["before_everyday"]
        if everyday
        else register.not_after.get(compact, frozenset()),
        closes=not (families[0].accessory or compact in register.words["descriptive"]),
    )


_MAJOR = ("US", "GB", "DE", "FR", "JP", "CN", "IN", "CA", "AU")
_CHIEF = 12


def chief_of(codes: Iterable[tuple[str, str]]) -> Codes:
    """A dozen of the codes, those of the largest registers first."""
    return tuple(sorted(codes, key=_size)[:_CHIEF])


def _size(code: tuple[str, str]) -> tuple[bool, bool, tuple[str, str]]:
    """Order of the registers, the largest first."""
    return code[0].partition("-")[0] not in _MAJOR, code[0] != "US-DE", code


def _covers(jurisdiction: str | None, where: str) -> bool:
    """Whether a code issued for ``where`` is one of the jurisdiction, of its country, or of a part of it."""
    if jurisdiction is None or where == jurisdiction:
        return True
    return jurisdiction.startswith(f"{where}-") or where.startswith(f"{jurisdiction}-")
