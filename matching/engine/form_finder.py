"""Finding the legal forms in a name.

A form is found by what it *is*, not by its spelling: ``Gesellschaft mit beschränkter Haftung``,
``G.m.b.H.`` and ``GmbH`` give the same family. Forms end a name, may be stacked (``Co., Inc.``) or lead it
(``ООО Ромашка``, ``株式会社``); inside a name only unmistakable ones or those followed by a remark are
taken. An ordinary word is never taken for a form because it could be one elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from matching.engine.form_register import Codes, Reading, load

_STACK = 4


@dataclass(frozen=True, slots=True)
class LegalForm:
    """A legal form found in a name.

    ``first`` and ``stop`` are the half-open range of its tokens; ``families`` the ids of the forms the
    spelling can mean (one, unless the jurisdiction is needed to tell); ``label`` as a lawyer writes it;
    ``codes`` its ISO 20275 codes as ``(jurisdiction, code)``, those of the given jurisdiction when one was
    given; ``compound`` whether several designators together make the form (``GmbH & Co. KG``).
    """

    first: int
    stop: int
    families: tuple[str, ...]
    label: str
    codes: Codes
    compound: bool


class _Sense(NamedTuple):
    """What a compact spelling means under a jurisdiction, and where it may stand."""

    families: tuple[str, ...]
    label: str
    codes: Codes
    compound: bool
    weak: bool
    prefix: str
    middle: bool
    accessory: bool
    everyday: bool


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
    count = len(keys)
    if count < 2:
        return ()
    ends = _endings(_corrected(keys), count, jurisdiction)
    closed = any(not hit.sense.accessory for hit in ends)
    lead = _leading(keys, ends[-1].first if ends else count, closed, jurisdiction)
    if not closed and not lead:
        ends = _inside(keys, jurisdiction) + ends
    else:
        ends = ([lead] if lead else []) + ends[::-1]
    return tuple([_form(hit) for hit in ends])


def _form(hit: _Hit) -> LegalForm:
    sense = hit.sense
    return LegalForm(hit.first, hit.stop, sense.families, sense.label, sense.codes, sense.compound)


def _endings(keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> list[_Hit]:
    """Forms that end at ``stop``, stacked ones too, last first."""
    hits: list[_Hit] = []
    while len(hits) < _STACK:
        hit = _ending(keys, stop, jurisdiction)
        if hit is None:
            break
        if hit.sense.weak and (hits or _ending(keys, hit.first, jurisdiction)):
            break
        hits.append(hit)
        stop = hit.first
    return hits


def _ending(keys: tuple[str, ...], stop: int, jurisdiction: str | None) -> _Hit | None:
    """The longest form whose last token is ``keys[stop - 1]``."""
    for length in load().endings.get(keys[stop - 1], ()):
        first = stop - length
        if first < 1:
            continue
        sense = _sense("".join(keys[first:stop]) if length > 1 else keys[first], jurisdiction)
        if sense and _may_end(keys, first, stop, sense):
            return _Hit(first, stop, sense)
    return None


def _may_end(keys: tuple[str, ...], first: int, stop: int, sense: _Sense) -> bool:
    words, before = load().words, keys[first - 1]
    if before in words["articles"] and words["articles"].issuperset(keys[:first]):
        return False
    if before in words["binders"] or before == keys[first]:
        return False
    return not (sense.everyday and before in words["before_everyday"])


def _leading(keys: tuple[str, ...], end: int, closed: bool, jurisdiction: str | None) -> _Hit | None:
    """The form that leads the name, if it may and leaves something of the name before ``end``."""
    articles = load().words["articles"]
    for length in load().openings.get(keys[0], ()):
        if length >= end or articles.issuperset(keys[length:end]):
            continue
        sense = _sense("".join(keys[:length]), jurisdiction)
        if sense and _may_lead(sense, closed, jurisdiction):
            return _Hit(0, length, sense)
    return None


def _may_lead(sense: _Sense, closed: bool, jurisdiction: str | None) -> bool:
    if sense.prefix == "home":
        return jurisdiction is not None and not closed
    return sense.prefix == "always" or (sense.prefix == "alone" and not closed)


def _inside(keys: tuple[str, ...], jurisdiction: str | None) -> list[_Hit]:
    """Forms followed by a remark (``in liquidation``), a tag (``/DE/``) or, if unmistakable, by anything."""
    for stop in range(2, len(keys)):
        if keys[stop - 1] in load().endings and (hit := _ending(keys, stop, jurisdiction)):
            follows = hit.sense.middle or (not hit.sense.weak and _is_remark(keys, stop))
            if follows and not hit.sense.accessory:
                return _endings(keys, stop, jurisdiction)[::-1]
    return []


def _is_remark(keys: tuple[str, ...], index: int) -> bool:
    words, key, last = load().words, keys[index], index == len(keys) - 1
    if key in words["remark_openers"] and not last:
        return keys[index + 1] in words["remarks"]
    return key in words["remarks"] or (last and (key in words["tags"] or key.isdigit()))


def _corrected(keys: tuple[str, ...]) -> tuple[str, ...]:
    last = keys[-1]
    if len(last) < 6 or last in load().endings:
        return keys
    meant = _mistyped(last)
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
    """What a compact spelling means; ``None`` when it is no form, or not one in that jurisdiction."""
    readings = load().spellings.get(compact)
    if readings is None:
        return None
    home = [r for r in readings if jurisdiction and load().families[r.family].exists_in(jurisdiction)]
    chosen = home or [reading for reading in readings if not reading.bound]
    return _described(compact, chosen, jurisdiction) if chosen else None


def _described(compact: str, readings: list[Reading], jurisdiction: str | None) -> _Sense:
    families = [load().families[reading.family] for reading in readings]
    codes = dict.fromkeys(
        pair for family in families for pair in family.codes if _covers(jurisdiction, pair[0])
    )
    everyday = compact in load().words["everyday"]
    prefixes = {reading.prefix for reading in readings}
    return _Sense(
        families=tuple([family.id for family in families]),
        label=families[0].label,
        codes=tuple(codes),
        compound=families[0].compound,
        weak=all(reading.weak for reading in readings),
        prefix=next((rule for rule in ("always", "alone", "home") if rule in prefixes), ""),
        middle=any(reading.middle for reading in readings) and not everyday,
        accessory=families[0].accessory,
        everyday=everyday,
    )


def _covers(jurisdiction: str | None, where: str) -> bool:
    """Whether a code issued for ``where`` is one of the jurisdiction, of its country, or of a part of it."""
    if jurisdiction is None or where == jurisdiction:
        return True
    return jurisdiction.startswith(f"{where}-") or where.startswith(f"{jurisdiction}-")
