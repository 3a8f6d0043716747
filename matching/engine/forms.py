"""How the legal forms of two names relate: same form, translation, marker, stacked, missing, different.

Same form means one family in one jurisdiction (ISO 20275), whatever the spelling. Where an answer depends on
a jurisdiction nobody gave, the relation is ``AMBIGUOUS``: it is reported, not guessed.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from matching.engine.form_finder import LegalForm, find
from matching.engine.form_register import Family, load

__all__ = ["LegalForm", "Relation", "explain", "find", "relate"]


class Relation(StrEnum):
    """Relation of the legal forms of the left name to those of the right name."""

    SAME = "same"
    TRANSLATION = "translation"
    MARKER = "marker"
    STACKED = "stacked"
    MISSING = "missing"
    DIFFERENT = "different"
    SHARED_CODE = "shared_code"
    AMBIGUOUS = "ambiguous"


_WORST_FIRST = (
    Relation.DIFFERENT, Relation.MARKER, Relation.AMBIGUOUS, Relation.SHARED_CODE, Relation.STACKED,
    Relation.TRANSLATION, Relation.SAME,
)  # fmt: skip

_CLOSEST_FIRST = (Relation.TRANSLATION, Relation.MARKER, Relation.SHARED_CODE, Relation.AMBIGUOUS)

Forms = tuple[LegalForm, ...]


def relate(
    left: Forms, right: Forms, jurisdiction_left: str | None = None, jurisdiction_right: str | None = None
) -> Relation:
    """How the forms :func:`find` found in two names relate.

    Remarks such as ``(publ)`` are ignored. The order of the sides never matters; ``MISSING`` says that
    exactly one side has a form. Jurisdictions are ISO 3166 codes.
    """
    if not left and not right:
        return Relation.SAME
    mine, yours = tuple([form.families for form in left]), tuple([form.families for form in right])
    return _relate(mine, yours, jurisdiction_left, jurisdiction_right)


Families = tuple[tuple[str, ...], ...]
"""For each form of a name, the families it can mean."""


@lru_cache(maxsize=16_384)
def _relate(left: Families, right: Families, place_left: str | None, place_right: str | None) -> Relation:
    mine, yours = _weighed(left), _weighed(right)
    if not mine or not yours:
        return Relation.MISSING if mine or yours else Relation.SAME
    return _compare(mine, yours, _Where.of(place_left, place_right))


class _Where(NamedTuple):
    """The jurisdictions of the two sides: one in common, known to differ, or unknown."""

    common: str | None
    apart: bool

    @classmethod
    def of(cls, left: str | None, right: str | None) -> _Where:
        """Two parts of one country are not apart, but have no jurisdiction in common."""
        apart = bool(left and right and left.partition("-")[0] != right.partition("-")[0])
        return cls(None if apart or (left and right and left != right) else (left or right), apart)


def _weighed(forms: Families) -> list[frozenset[str]]:
    """Candidate families of each form that counts, once each; remarks such as ``(publ)`` do not."""
    families = load().families
    counting = [candidates for candidates in forms if not families[candidates[0]].accessory]
    return [frozenset(candidates) for candidates in dict.fromkeys(counting)]


def _compare(mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Where) -> Relation:
    only_mine, only_yours = _without_common(mine, yours, where)
    if not only_mine and not only_yours:
        return Relation.SAME
    if only_mine and only_yours:
        return _compare_rest(only_mine, only_yours, where)
    extra, other = (only_mine, yours) if only_mine else (only_yours, mine)
    return _extra(extra, other, where)


def _without_common(
    mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Where
) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    rest, unmatched = list(yours), []
    for form in mine:
        twin = next((other for other in rest if _pair(form, other, where) is Relation.SAME), None)
        if twin is None:
            unmatched.append(form)
        else:
            rest.remove(twin)
    return unmatched, rest


def _extra(extra: list[frozenset[str]], other: list[frozenset[str]], where: _Where) -> Relation:
    """One side has all the forms of the other and more."""
    if all(any(_pair(one, two, where) is Relation.TRANSLATION for two in other) for one in extra):
        return Relation.TRANSLATION
    words = any(load().families[family].word for form in extra for family in form)
    return Relation.DIFFERENT if words else Relation.STACKED


def _compare_rest(mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Where) -> Relation:
    found = {_pair(one, two, where) for one, two in _facing(mine, yours)}
    worst = next(relation for relation in _WORST_FIRST if relation in found)
    if worst is Relation.TRANSLATION or (worst is not Relation.DIFFERENT and len(mine) == len(yours)):
        return worst
    parts = (
        [part for form in mine for part in _parts(form)],
        [part for form in yours for part in _parts(form)],
    )
    if parts == (mine, yours):
        return Relation.DIFFERENT
    relation = _compare(*parts, where)
    return Relation.STACKED if relation is Relation.SAME else relation


def _facing(
    mine: list[frozenset[str]], yours: list[frozenset[str]]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Each form with the one it faces; where the numbers differ, each with every one."""
    if len(mine) == len(yours):
        return list(zip(mine, yours, strict=True))
    return [(one, two) for one in mine for two in yours]


def _parts(form: frozenset[str]) -> list[frozenset[str]]:
    """The designators a compound is stacked from (``Co., Ltd.``: company and limited), else itself."""
    for family in sorted(form):
        if stacks := load().families[family].stacks:
            return [frozenset([part]) for part in stacks]
    return [form]


def _pair(one: frozenset[str], two: frozenset[str], where: _Where) -> Relation:
    if one & two:
        return Relation.SAME
    pairs = [(load().families[a], load().families[b]) for a in one for b in two]
    found = set() if where.apart else {_kin(a, b, where.common) for a, b in pairs}
    if any(a.group and a.group == b.group for a, b in pairs):
        found.add(Relation.MARKER)
    return next((relation for relation in _CLOSEST_FIRST if relation in found), Relation.DIFFERENT)


def _kin(one: Family, two: Family, jurisdiction: str | None) -> Relation:
    """What two different families have to do with each other in a jurisdiction, or somewhere if unknown."""
    listed_together = frozenset((one.id, two.id)) in load().one_row
    if jurisdiction and _shared(one, two, jurisdiction):
        return Relation.SHARED_CODE if listed_together else Relation.TRANSLATION
    if one.id in two.translates or two.id in one.translates:
        return Relation.TRANSLATION
    if one.id in two.same_as or two.id in one.same_as:
        told_apart = jurisdiction and _coded(one, jurisdiction) and _coded(two, jurisdiction)
        return Relation.DIFFERENT if told_apart else Relation.AMBIGUOUS
    in_two_languages = not jurisdiction and not listed_together and _shared(one, two, None)
    return Relation.AMBIGUOUS if in_two_languages else Relation.DIFFERENT


def _coded(family: Family, jurisdiction: str) -> bool:
    """Whether the form has a code of its own in the jurisdiction or in the country it belongs to."""
    return any(where in (jurisdiction, jurisdiction.partition("-")[0]) for where, _ in family.codes)


def _shared(one: Family, two: Family, jurisdiction: str | None) -> set[tuple[str, str]]:
    """Codes both forms have, in the jurisdiction or the country it belongs to."""
    common = set(one.codes) & set(two.codes)
    if jurisdiction is None:
        return common
    country = jurisdiction.partition("-")[0]
    return {pair for pair in common if pair[0] in (jurisdiction, country)}


def explain(
    left: Forms,
    right: Forms,
    relation: Relation,
    jurisdiction_left: str | None = None,
    jurisdiction_right: str | None = None,
) -> str:
    """A relation as one plain sentence, with labels, full names and, in a known jurisdiction, ELF codes."""
    if not left and not right:
        return "Neither name has a legal form."
    if relation is Relation.MISSING:
        present, where = (left, jurisdiction_left) if left else (right, jurisdiction_right)
        return _sentence(f"Only one of the names has a legal form: {_list(present, where)}")
    one, two = _list(left, jurisdiction_left), _list(right, jurisdiction_right)
    if one == two:
        return _sentence(f"Both names have the legal form {one}")
    return _SENTENCES[relation].format(one, two)


def _sentence(words: str) -> str:
    """A full stop ends it, that of an abbreviation too."""
    return words if words.endswith(".") else f"{words}."


_SENTENCES = {
    Relation.SAME: "{0} and {1} are the same legal form.",
    Relation.TRANSLATION: "{0} and {1} are used as translations of one another; the registered form decides.",
    Relation.MARKER: "{0} and {1} differ by the public, private or liability marker.",
    Relation.STACKED: "{0} and {1} differ by a doubled ending, which may be part of the distinctive name.",
    Relation.DIFFERENT: "{0} and {1} are different legal forms.",
    Relation.SHARED_CODE: "{0} and {1} are different designators of one legal form in that jurisdiction.",
    Relation.AMBIGUOUS: "Whether {0} and {1} are the same legal form depends on the jurisdiction.",
}


def _list(forms: Forms, jurisdiction: str | None) -> str:
    return " + ".join([_named(form, jurisdiction) for form in forms])


def _named(form: LegalForm, jurisdiction: str | None) -> str:
    """``LLC (limited liability company, ELF HZEH in US-DE)``."""
    name = load().families[form.families[0]].name.replace(" (", ", ").replace(")", "")
    facts = [name] if len(form.families) == 1 and name.casefold() != form.label.casefold() else []
    if jurisdiction and form.codes:
        facts.append(f"ELF {form.codes[0][1]} in {form.codes[0][0]}")
    return f"{form.label} ({', '.join(facts)})" if facts else form.label
