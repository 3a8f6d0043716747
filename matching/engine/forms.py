"""How the legal forms of two names relate: same form, translation, marker, stacked, missing, different.

Same form means one family in one jurisdiction (ISO 20275), whatever the spelling. Where an answer depends on
a jurisdiction nobody gave, the relation is ``AMBIGUOUS``: it is reported, not guessed.
"""

from __future__ import annotations

from enum import StrEnum

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

Forms = tuple[LegalForm, ...]


def relate(
    left: Forms, right: Forms, jurisdiction_left: str | None = None, jurisdiction_right: str | None = None
) -> Relation:
    """How the forms :func:`find` found in two names relate.

    Remarks such as ``(publ)`` are ignored. The order of the sides never matters; ``MISSING`` says that
    exactly one side has a form. Jurisdictions are ISO 3166 codes.
    """
    where = _Where(jurisdiction_left, jurisdiction_right)
    mine, yours = _weighed(left), _weighed(right)
    if not mine or not yours:
        return Relation.MISSING if mine or yours else Relation.SAME
    return _compare(mine, yours, where)


class _Where:
    """The jurisdictions of the two sides: one in common, known to differ, or unknown."""

    __slots__ = ("apart", "common")

    def __init__(self, left: str | None, right: str | None) -> None:
        self.apart = bool(left and right and left.partition("-")[0] != right.partition("-")[0])
        self.common = None if self.apart or (left and right and left != right) else (left or right)


def _weighed(forms: Forms) -> list[frozenset[str]]:
    """Candidate families of each form that counts; a remark counts only when nothing else is there."""
    return [frozenset(form.families) for form in forms if not load().families[form.families[0]].accessory]


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
    if len(mine) == len(yours):
        found = {_pair(one, two, where) for one, two in zip(mine, yours, strict=True)}
        worst = next(relation for relation in _WORST_FIRST if relation in found)
        if worst is not Relation.DIFFERENT:
            return worst
    taken_apart = (
        [part for form in mine for part in _parts(form)],
        [part for form in yours for part in _parts(form)],
    )
    if taken_apart != (mine, yours):
        relation = _compare(*taken_apart, where)
        return Relation.STACKED if relation is Relation.SAME else relation
    return Relation.DIFFERENT


def _parts(form: frozenset[str]) -> list[frozenset[str]]:
    """The designators a compound is stacked from (``Co., Ltd.``: company and limited), else itself."""
    for family in sorted(form):
        if stacks := load().families[family].stacks:
            return [frozenset([part]) for part in stacks]
    return [form]


def _pair(one: frozenset[str], two: frozenset[str], where: _Where) -> Relation:
    if one & two:
        return Relation.SAME if one <= two or two <= one else Relation.AMBIGUOUS
    pairs = [(load().families[a], load().families[b]) for a in one for b in two]
    if any(a.group and a.group == b.group for a, b in pairs):
        return Relation.MARKER
    if where.apart:
        return Relation.DIFFERENT
    found = {_kin(a, b, where.common) for a, b in pairs}
    order = (Relation.TRANSLATION, Relation.SHARED_CODE, Relation.AMBIGUOUS)
    return next((relation for relation in order if relation in found), Relation.DIFFERENT)


def _kin(one: Family, two: Family, jurisdiction: str | None) -> Relation:
    """What two different families have to do with each other in a jurisdiction, or somewhere if unknown."""
    listed_together = frozenset((one.id, two.id)) in load().one_row
    if jurisdiction and _shared(one, two, jurisdiction):
        return Relation.SHARED_CODE if listed_together else Relation.TRANSLATION
    if one.id in two.translates or two.id in one.translates:
        return Relation.TRANSLATION
    related = one.id in two.same_as or two.id in one.same_as
    in_two_languages = not jurisdiction and not listed_together and _shared(one, two, None)
    if related and not (jurisdiction and one.exists_in(jurisdiction) and two.exists_in(jurisdiction)):
        return Relation.AMBIGUOUS
    return Relation.AMBIGUOUS if in_two_languages or (related and not jurisdiction) else Relation.DIFFERENT


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
        return f"Only one of the names has a legal form: {_list(present, where)}."
    return _SENTENCES[relation].format(_list(left, jurisdiction_left), _list(right, jurisdiction_right))


_SENTENCES = {
    Relation.SAME: "{0} and {1} are the same legal form.",
    Relation.TRANSLATION: "{0} and {1} are one legal form in two languages; the registered one decides.",
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
    family = load().families[form.families[0]]
    facts = (
        [family.name] if len(form.families) == 1 and family.name.casefold() != form.label.casefold() else []
    )
    if jurisdiction and form.codes:
        facts.append(f"ELF {form.codes[0][1]} in {form.codes[0][0]}")
    return f"{form.label} ({', '.join(facts)})" if facts else form.label
