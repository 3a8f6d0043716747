"""The judgement on a compared pair under one profile; single comparisons and bulk scoring share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from matching.engine import policy
from matching.engine.categories import ProfileLogic
from matching.engine.compared_pair import ComparedPair, collect_findings, read_as_people
from matching.engine.explanation import build_difference
from matching.engine.policy import PolicyDecision
from matching.engine.profiles import Profile
from matching.engine.search.disclosure import SearchResult, apply_search_logic
from matching.engine.types import (
    Context,
    DecisionSource,
    Difference,
    Effect,
    Finding,
    Kind,
    Scorer,
    Verdict,
)


@final
class Judgement:
    """A decision, and the result of the search logic under profiles that decide by it."""

    __slots__ = ("decision", "search")

    def __init__(self, decision: PolicyDecision, search: SearchResult | None) -> None:
        self.decision = decision
        self.search = search


def judge_pair(
    pair: ComparedPair,
    findings: Sequence[Finding],
    profile: Profile,
    scorer: Scorer,
    probability: float,
    context: Context,
) -> Judgement:
    """Decide by search logic where the profile says so, else by rules, model and hard identifiers.

    ``probability`` is the model's; it is ignored where :func:`~matching.engine.policy.needs_model` is false.
    A pair of doubtful kind is read both ways; where the verdicts differ, a person decides. Names too
    complex to compare are for review under every profile that reads them, unless identifiers settle it.
    """
    if pair.is_too_complex and profile.logic is not ProfileLogic.EXACT:
        return Judgement(policy.apply_identifiers(policy.TOO_COMPLEX_DECISION, profile, context), None)
    judgement = _judge_reading(pair, findings, profile, scorer, probability, context)
    if not pair.is_kind_doubtful or profile.logic is ProfileLogic.EXACT:
        return judgement
    people = read_as_people(pair)
    others = collect_findings(people, with_notes=False)
    asks_model = policy.needs_model(others, profile)
    chance = scorer.predict_probability(people.build_row()) if asks_model else policy.SHARED_NAME_RATE
    other = _judge_reading(people, others, profile, scorer, chance, context)
    if other.decision.verdict is judgement.decision.verdict:
        return judgement
    doubtful = policy.decide_by_doubtful_kind(judgement.decision, other.decision)
    return Judgement(doubtful, judgement.search)


def build_second_question(
    pair: ComparedPair, probability: float, profile: Profile, scorer: Scorer
) -> tuple[float, ...] | None:
    """Return the row that the model must call immaterial as well, where ``probability`` would decide so.

    That is the pair without the words that both names begin with: two names do not become one because both
    get a word in front. ``None`` where there is none, or where the model decides nothing as immaterial.
    """
    is_immaterial = probability <= scorer.get_thresholds(pair.kind, profile.id).immaterial_below
    return pair.build_rest_row() if is_immaterial else None


def _judge_reading(
    pair: ComparedPair,
    findings: Sequence[Finding],
    profile: Profile,
    scorer: Scorer,
    probability: float,
    context: Context,
) -> Judgement:
    """Judge one reading of the pair, with the measured error of the rule that decides."""
    names, search = pair.names, None
    if profile.logic is ProfileLogic.SEARCH:
        search = apply_search_logic(names.left, names.right, pair.kind, findings, profile, context)
        decision = policy.decide_by_search(search.is_equal, search.effects)
    elif profile.logic is ProfileLogic.EXACT:
        decision = policy.decide_by_text(findings, profile, names.left.raw, names.right.raw)
    else:
        thresholds = scorer.get_thresholds(pair.kind, profile.id)
        decision = policy.decide_verdict(findings, profile, probability, thresholds)
        decision = policy.apply_identifiers(decision, profile, context)
    return Judgement(_report_measured_error(decision, pair.kind, findings, profile, scorer), search)


def _report_measured_error(
    decision: PolicyDecision, kind: Kind, findings: Sequence[Finding], profile: Profile, scorer: Scorer
) -> PolicyDecision:
    """Replace the probability of a verdict by rule with its measured error, where the model has one."""
    if not is_decided_by_rule(decision):
        return decision
    error = scorer.get_error_rate(
        profile.id, decision.verdict, kind, list_deciding_causes(decision, findings, profile)
    )
    if error is None:
        return decision
    return decision.with_probability(1 - error if decision.is_material else error)


def is_decided_by_rule(decision: PolicyDecision) -> bool:
    """Return whether a rule reached the verdict: not a person, the calibrated model, or identifiers."""
    by_others = (DecisionSource.MODEL, DecisionSource.IDENTIFIERS)
    return decision.verdict is not Verdict.REVIEW and decision.decided_by not in by_others


def list_deciding_causes(
    decision: PolicyDecision, findings: Sequence[Finding], profile: Profile
) -> tuple[str, ...]:
    """Return what a verdict by rule rests on, as error rates are measured, in the order of the alphabet.

    The categories that are material under the profile; of names equal by rule every category found; else the
    source of the decision.
    """
    if decision.decided_by is not DecisionSource.RULE:
        return (str(decision.decided_by),)
    material = [item for item in findings if policy.get_finding_effect(item, profile) is Effect.MATERIAL]
    chosen = material if decision.is_material and material else findings
    return tuple(sorted({str(item.category) for item in chosen})) or (IDENTICAL,)


IDENTICAL: Final = "identical"
"""Cause of a verdict on names without any difference."""


def build_differences(
    pair: ComparedPair, findings: Sequence[Finding], profile: Profile, search: SearchResult | None
) -> tuple[Difference, ...]:
    """Return the findings with their texts, effects, rules and explanations under the profile."""
    names = pair.names
    categories = frozenset([item.category for item in findings])
    effects = search.effects if search else [policy.get_finding_effect(item, profile) for item in findings]
    return tuple(
        [
            build_difference(item, categories, names.left, names.right, profile, effect)
            for item, effect in zip(findings, effects, strict=True)
        ]
    )
