"""The relation of the legal forms of two names: same, translation, marker, stacked, missing, different.

Same form means one family in one jurisdiction (ISO 20275), in any spelling. Where the answer depends on an
unknown jurisdiction, the relation is ``AMBIGUOUS``; the engine does not guess.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from matching.engine.language.wording import Sentence
from matching.engine.legal_forms.finder import LegalForm, find_legal_forms
from matching.engine.legal_forms.registry import FormFamily, load_form_register

__all__ = ["FormRelation", "LegalForm", "explain_form_relation", "find_legal_forms", "relate_forms"]


class FormRelation(StrEnum):
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
    FormRelation.DIFFERENT,
    FormRelation.MARKER,
    FormRelation.AMBIGUOUS,
    FormRelation.SHARED_CODE,
    FormRelation.STACKED,
    FormRelation.TRANSLATION,
    FormRelation.SAME,
)  # fmt: skip

_CLOSEST_FIRST = (
    FormRelation.TRANSLATION,
    FormRelation.MARKER,
    FormRelation.SHARED_CODE,
    FormRelation.AMBIGUOUS,
)

LegalForms = tuple[LegalForm, ...]


def relate_forms(
    left: LegalForms,
    right: LegalForms,
    jurisdiction_left: str | None = None,
    jurisdiction_right: str | None = None,
) -> FormRelation:
    """Return the relation of the legal forms of two names.

    Remarks such as ``(publ)`` are ignored. The order of the sides never matters; ``MISSING`` says that
    exactly one side has a form. Jurisdictions are ISO 3166 codes.
    """
    if not left and not right:
        return FormRelation.SAME
    mine, yours = tuple([form.families for form in left]), tuple([form.families for form in right])
    return _relate_families(mine, yours, jurisdiction_left, jurisdiction_right)


CandidateFamilies = tuple[tuple[str, ...], ...]
"""The families that each form of a name can mean."""


@lru_cache(maxsize=16_384)
def _relate_families(
    left: CandidateFamilies, right: CandidateFamilies, place_left: str | None, place_right: str | None
) -> FormRelation:
    mine, yours = _drop_accessory_forms(left), _drop_accessory_forms(right)
    if not mine or not yours:
        return FormRelation.MISSING if mine or yours else FormRelation.SAME
    return _compare_form_lists(mine, yours, _Jurisdictions.from_sides(place_left, place_right))


class _Jurisdictions(NamedTuple):
    """The jurisdictions of the two sides: one in common, known to differ, or unknown."""

    common: str | None
    is_apart: bool

    @classmethod
    def from_sides(cls, left: str | None, right: str | None) -> _Jurisdictions:
        """Build from both sides; two parts of one country are not apart, but have none in common."""
        apart = bool(left and right and left.partition("-")[0] != right.partition("-")[0])
        return cls(None if apart or (left and right and left != right) else (left or right), apart)


def _drop_accessory_forms(forms: CandidateFamilies) -> list[frozenset[str]]:
    """Return the candidate families of each form once, without remarks such as ``(publ)``."""
    families = load_form_register().families
    counting = [candidates for candidates in forms if not families[candidates[0]].accessory]
    return [frozenset(candidates) for candidates in dict.fromkeys(counting)]


def _compare_form_lists(
    mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Jurisdictions
) -> FormRelation:
    only_mine, only_yours = _remove_common_forms(mine, yours, where)
    if not only_mine and not only_yours:
        return FormRelation.SAME if _stand_in_one_order(mine, yours, where) else FormRelation.STACKED
    if only_mine and only_yours:
        return _relate_unmatched_forms(only_mine, only_yours, where)
    extra, other = (only_mine, yours) if only_mine else (only_yours, mine)
    return _relate_extra_forms(extra, other, where)


def _stand_in_one_order(
    mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Jurisdictions
) -> bool:
    """Return whether stacked forms follow each other alike; ``Corp Credit Union`` is no credit union corp."""
    return len(mine) != len(yours) or all(
        _relate_form_pair(one, two, where) is FormRelation.SAME for one, two in zip(mine, yours, strict=True)
    )


def _remove_common_forms(
    mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Jurisdictions
) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    rest, unmatched = list(yours), []
    for form in mine:
        twin = next(
            (other for other in rest if _relate_form_pair(form, other, where) is FormRelation.SAME), None
        )
        if twin is None:
            unmatched.append(form)
        else:
            rest.remove(twin)
    return unmatched, rest


def _relate_extra_forms(
    extra: list[frozenset[str]], other: list[frozenset[str]], where: _Jurisdictions
) -> FormRelation:
    """Relate the extra forms of one side, which has all forms of the other, to these."""
    if all(
        any(_relate_form_pair(one, two, where) is FormRelation.TRANSLATION for two in other) for one in extra
    ):
        return FormRelation.TRANSLATION
    words = any(load_form_register().families[family].word for form in extra for family in form)
    return FormRelation.DIFFERENT if words else FormRelation.STACKED


def _relate_unmatched_forms(
    mine: list[frozenset[str]], yours: list[frozenset[str]], where: _Jurisdictions
) -> FormRelation:
    found = {_relate_form_pair(one, two, where) for one, two in _list_form_pairs(mine, yours)}
    worst = next(relation for relation in _WORST_FIRST if relation in found)
    if worst is FormRelation.TRANSLATION or (worst is not FormRelation.DIFFERENT and len(mine) == len(yours)):
        return worst
    parts = (
        [part for form in mine for part in _split_compound(form)],
        [part for form in yours for part in _split_compound(form)],
    )
    if parts == (mine, yours):
        return FormRelation.DIFFERENT
    relation = _compare_form_lists(*parts, where)
    return FormRelation.STACKED if relation is FormRelation.SAME else relation


def _list_form_pairs(
    mine: list[frozenset[str]], yours: list[frozenset[str]]
) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return each form with its counterpart; where the numbers differ, each with every one."""
    if len(mine) == len(yours):
        return list(zip(mine, yours, strict=True))
    return [(one, two) for one in mine for two in yours]


def _split_compound(form: frozenset[str]) -> list[frozenset[str]]:
    """Return the designators a compound is stacked from (``Co., Ltd.``: company, limited), else itself."""
    for family in sorted(form):
        if stacks := load_form_register().families[family].stacks:
            return [frozenset([part]) for part in stacks]
    return [form]


def _relate_form_pair(one: frozenset[str], two: frozenset[str], where: _Jurisdictions) -> FormRelation:
    if one & two:
        return FormRelation.SAME
    pairs = [(load_form_register().families[a], load_form_register().families[b]) for a in one for b in two]
    found = set() if where.is_apart else {_relate_family_pair(a, b, where.common) for a, b in pairs}
    if any(a.group and a.group == b.group for a, b in pairs):
        found.add(FormRelation.MARKER)
    return next((relation for relation in _CLOSEST_FIRST if relation in found), FormRelation.DIFFERENT)


def _relate_family_pair(one: FormFamily, two: FormFamily, jurisdiction: str | None) -> FormRelation:
    """Return the relation of two different families in a jurisdiction, or anywhere where it is unknown."""
    listed_together = frozenset((one.id, two.id)) in load_form_register().same_row_pairs
    if jurisdiction and _find_shared_codes(one, two, jurisdiction):
        return FormRelation.SHARED_CODE if listed_together else FormRelation.TRANSLATION
    if one.id in two.translates or two.id in one.translates:
        return FormRelation.TRANSLATION
    if one.id in two.same_as or two.id in one.same_as:
        told_apart = jurisdiction and _has_code(one, jurisdiction) and _has_code(two, jurisdiction)
        return FormRelation.DIFFERENT if told_apart else FormRelation.AMBIGUOUS
    in_two_languages = not jurisdiction and not listed_together and _find_shared_codes(one, two, None)
    return FormRelation.AMBIGUOUS if in_two_languages else FormRelation.DIFFERENT


def _has_code(family: FormFamily, jurisdiction: str) -> bool:
    """Return whether the form has a code of its own in the jurisdiction or its country."""
    return any(where in (jurisdiction, jurisdiction.partition("-")[0]) for where, _ in family.codes)


def _find_shared_codes(one: FormFamily, two: FormFamily, jurisdiction: str | None) -> set[tuple[str, str]]:
    """Return the codes that both forms have, in the jurisdiction or its country."""
    common = set(one.codes) & set(two.codes)
    if jurisdiction is None:
        return common
    country = jurisdiction.partition("-")[0]
    return {pair for pair in common if pair[0] in (jurisdiction, country)}


def explain_form_relation(
    left: LegalForms,
    right: LegalForms,
    relation: FormRelation,
    jurisdiction_left: str | None = None,
    jurisdiction_right: str | None = None,
) -> str:
    """Return a relation as one sentence, with labels, full names and, in a known jurisdiction, ELF codes."""
    if not left and not right:
        return str(Sentence.NO_FORM)
    if relation is FormRelation.MISSING:
        present, where = (left, jurisdiction_left) if left else (right, jurisdiction_right)
        return _name_form(Sentence.FORM_MISSING, _format_forms(present, where))
    one, two = _format_forms(left, jurisdiction_left), _format_forms(right, jurisdiction_right)
    if one == two:
        return _name_form(Sentence.FORM_COMMON, one)
    return _RELATION_SENTENCES[relation].format(left=one, right=two)


def _name_form(sentence: Sentence, form: str) -> str:
    """Return the sentence on a form, without a second full stop after that of an abbreviation."""
    return sentence.format(form=form.removesuffix("."))


_RELATION_SENTENCES: Final = {
    FormRelation.SAME: Sentence.FORM_SAME,
    FormRelation.TRANSLATION: Sentence.FORM_TRANSLATION,
    FormRelation.MARKER: Sentence.FORM_MARKER,
    FormRelation.STACKED: Sentence.FORM_STACKED,
    FormRelation.DIFFERENT: Sentence.FORM_DIFFERENT,
    FormRelation.SHARED_CODE: Sentence.FORM_SHARED_CODE,
    FormRelation.AMBIGUOUS: Sentence.FORM_AMBIGUOUS,
}


def _format_forms(forms: LegalForms, jurisdiction: str | None) -> str:
    return " + ".join([_format_form(form, jurisdiction) for form in forms])


def _format_form(form: LegalForm, jurisdiction: str | None) -> str:
    """Format a form as ``LLC (limited liability company, ELF HZEH in US-DE)``."""
    name = load_form_register().families[form.families[0]].name.replace(" (", ", ").replace(")", "")
    facts = [name] if len(form.families) == 1 and name.casefold() != form.label.casefold() else []
    if jurisdiction and form.codes:
        facts.append(f"ELF {form.codes[0][1]} in {form.codes[0][0]}")
    return f"{form.label} ({', '.join(facts)})" if facts else form.label
