"""The search logic of a filing office applied to a pair: whether one name finds the other, step by step.

The effect of each difference follows from the steps: what a step sets aside is equal, what remains after the
last step is material. Equality under the model logic and the practice of one office are two things: where the
office is not known and the offices whose text is known disagree, the difference is for review.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from matching.engine.categories import CategoryId
from matching.engine.person.parse import parse_person
from matching.engine.profiles import Profile
from matching.engine.search.person_fields import Outcome, compare_search_fields
from matching.engine.search_logic import (
    MODEL_RULES,
    SEARCH_LOGICS,
    NormalisationStep,
    SearchLogic,
    build_organisation_stages,
    build_search_key,
    build_text_key,
    get_search_logic,
    pair_stages,
)
from matching.engine.text.tokenise import TokenisedName
from matching.engine.types import Context, Effect, Finding, Kind, Span

UNCLEAR_ORDER: Final = CategoryId.I03_FIELD_ORDER
CONDITIONS: Final = {
    UNCLEAR_ORDER: "the name without a comma begins with the surname",
    CategoryId.I13_SUFFIX_MISSING: "the office disregards a suffix that only one of the names has",
    CategoryId.I14_TITLE: "the title was not entered in a name field",
}
"""What must hold beside the logic for two people's names to be equal, by the difference that it concerns."""


class SearchResult(NamedTuple):
    """Whether a search under one name discloses the other, by which logic, in which steps.

    ``deciding_step`` made the names equal, or is the one after which they still differ.
    ``dissenting`` are the titles of the logics under which names that are equal here differ, where the office
    is not known. ``effects`` are those of the findings, in their order.
    """

    is_equal: bool
    logic: SearchLogic
    steps: tuple[NormalisationStep, ...]
    deciding_step: NormalisationStep
    dissenting: tuple[str, ...]
    effects: tuple[Effect, ...]


def apply_search_logic(
    left: TokenisedName,
    right: TokenisedName,
    kind: Kind,
    findings: Sequence[Finding],
    profile: Profile,
    context: Context,
) -> SearchResult:
    """Apply the logic of the office where the debtor is located, the jurisdiction of the registered name."""
    sides = (context.jurisdiction_left, context.jurisdiction_right)
    place = sides[1] if context.register == "right" else sides[0] or sides[1]
    logic = get_search_logic(place)
    outcome = _compare_names(left, right, kind, logic)
    effects = [_find_effect(item, left, right, kind, logic, outcome, profile) for item in findings]
    effects = effects if outcome.is_equal else _name_the_cause(effects, findings, left, right)
    dissenting = []
    for other in _list_other_logics(place) if outcome.is_equal and left.raw != right.raw else ():
        found = _compare_names(left, right, kind, other)
        if not found.is_equal:
            dissenting.append(other.title)
            theirs = [_find_effect(item, left, right, kind, other, found, profile) for item in findings]
            theirs = _name_the_cause(theirs, findings, left, right)
            effects = [_doubt(own, their) for own, their in zip(effects, theirs, strict=True)]
    return SearchResult(
        outcome.is_equal, logic, outcome.steps, outcome.deciding_step, tuple(dissenting), tuple(effects)
    )


def _list_other_logics(place: str | None) -> tuple[SearchLogic, ...]:
    """Return the known logics that differ from the model rules, none where the office's own text is known."""
    return () if place in SEARCH_LOGICS else _OTHER_LOGICS


_OTHER_LOGICS: Final = tuple(
    [
        logic
        for logic in SEARCH_LOGICS.values()
        if logic is not MODEL_RULES and logic.is_in_force and not logic.any_error_fatal
    ]
)
"""The texts in force; Florida, which has no logic to apply, is left to the note on certified searches."""


def _doubt(own: Effect, their: Effect) -> Effect:
    return Effect.REVIEW if own is Effect.EQUAL and their is Effect.MATERIAL else own


def _compare_names(left: TokenisedName, right: TokenisedName, kind: Kind, logic: SearchLogic) -> Outcome:
    if kind is Kind.INDIVIDUAL and not logic.any_error_fatal:
        return compare_search_fields(parse_person(left), parse_person(right), logic)
    steps = pair_stages(
        build_organisation_stages(left.raw, logic), build_organisation_stages(right.raw, logic)
    )
    joining = next((step for step in steps if step.left == step.right), None)
    return Outcome(steps[-1].left == steps[-1].right, steps, joining or steps[-1])


def _find_effect(
    finding: Finding,
    left: TokenisedName,
    right: TokenisedName,
    kind: Kind,
    logic: SearchLogic,
    outcome: Outcome,
    profile: Profile,
) -> Effect:
    """Return what the steps do to one difference: set aside is equal, remaining is material.

    Where the names as a whole are equal, no difference is material; one that the profile does not call equal
    is for review, since the logic disregards what can be another debtor (``LLC``, ``Inc.``).
    """
    if outcome.is_order_assumed and finding.category is UNCLEAR_ORDER:
        return Effect.REVIEW
    listed = profile.get_effect(finding.category, finding.detail)
    if kind is Kind.INDIVIDUAL and not logic.any_error_fatal:
        if _is_equal_text(finding, left, right, MODEL_RULES):
            return Effect.EQUAL
        is_set_aside = _is_set_aside_in_fields(finding, left, right, listed, logic, outcome)
    elif _is_equal_text(finding, left, right, logic):
        return Effect.EQUAL
    else:
        keys = outcome.steps[-1]
        is_set_aside = _is_disregarded(left, finding.span1, keys.left, logic) and _is_disregarded(
            right, finding.span2, keys.right, logic
        )
    if is_set_aside and listed is Effect.EQUAL:
        return Effect.EQUAL
    return Effect.REVIEW if is_set_aside or outcome.is_equal else Effect.MATERIAL


def _is_equal_text(finding: Finding, left: TokenisedName, right: TokenisedName, logic: SearchLogic) -> bool:
    """Return whether the texts of the difference are equal before any ending is disregarded."""
    ours, theirs = _slice_span(left, finding.span1), _slice_span(right, finding.span2)
    return build_text_key(ours, logic) == build_text_key(theirs, logic)


def _slice_span(name: TokenisedName, span: Span | None) -> str:
    return name.raw[slice(*span)] if span else ""


def _is_disregarded(name: TokenisedName, span: Span | None, key: str, logic: SearchLogic) -> bool:
    """Return whether a name keeps its search ``key`` without a text: an ending noise word, a leading The."""
    if span is None:
        return True
    without = f"{name.raw[: span[0]]} {name.raw[span[1] :]}"
    return build_search_key(without, logic) == key


def _is_set_aside_in_fields(
    finding: Finding,
    left: TokenisedName,
    right: TokenisedName,
    listed: Effect,
    logic: SearchLogic,
    outcome: Outcome,
) -> bool:
    """Return whether the fields of a person's name are equal despite the difference."""
    category = finding.category
    if category is UNCLEAR_ORDER:
        return outcome.is_equal
    if category in CONDITIONS:
        return True
    ours, theirs = _slice_span(left, finding.span1), _slice_span(right, finding.span2)
    one, other = build_text_key(ours, MODEL_RULES), build_text_key(theirs, MODEL_RULES)
    if not (one and other):
        return listed is Effect.EQUAL
    if category is CategoryId.I04_FIRST_INITIAL:
        return not logic.exact_given
    if category is CategoryId.I07_MIDDLE_CONFLICT:
        return logic.middle_initials and one[0] == other[0]
    return category is CategoryId.I06_MIDDLE_INITIAL


def _name_the_cause(
    effects: list[Effect], findings: Sequence[Finding], left: TokenisedName, right: TokenisedName
) -> list[Effect]:
    """Return the effects with one that is material at least: unequal names differ by something."""
    if not effects or Effect.MATERIAL in effects:
        return effects
    at = max(range(len(effects)), key=lambda index: _rank_cause(findings[index], effects[index], left, right))
    return [Effect.MATERIAL if index == at else effect for index, effect in enumerate(effects)]


def _rank_cause(
    finding: Finding, effect: Effect, left: TokenisedName, right: TokenisedName
) -> tuple[bool, bool, bool, list[str], list[Span]]:
    """Return how well a difference explains unequal names: by its effect, its order, then its letters.

    Texts and places, whichever side they are on, choose among equals: the sides may be exchanged.
    """
    texts = [
        build_text_key(_slice_span(left, finding.span1), MODEL_RULES),
        build_text_key(_slice_span(right, finding.span2), MODEL_RULES),
    ]
    places = sorted(span for span in (finding.span1, finding.span2) if span)
    is_order = finding.category is CategoryId.I03_FIELD_ORDER
    return (effect is Effect.REVIEW, is_order, texts[0] != texts[1], sorted(texts), places)
