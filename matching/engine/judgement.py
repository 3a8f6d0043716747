"""The judgement on a compared pair under one profile; single comparisons and bulk scoring share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matching.engine import policy
from matching.engine.compared_pair import ComparedPair
from matching.engine.explanation import build_difference
from matching.engine.policy import PolicyDecision
from matching.engine.profiles import Profile, ProfileLogic
from matching.engine.search import SearchResult, apply_search_logic
from matching.engine.types import Context, Difference, Finding, Scorer


class Judgement(NamedTuple):
    """A decision, and the result of the search logic under profiles that decide by it."""

    decision: PolicyDecision
    search: SearchResult | None


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
    """
    if profile.logic is ProfileLogic.SEARCH:
        search = apply_search_logic(pair.names.left, pair.names.right, pair.kind, context)
        return Judgement(policy.decide_by_search(search.is_equal, search.is_case_only), search)
    if profile.logic is ProfileLogic.EXACT:
        names = pair.names
        decision = policy.decide_by_text(findings, profile, names.left.raw, names.right.raw)
        return Judgement(decision, None)
    decision = policy.decide_verdict(findings, profile, probability, scorer.get_thresholds(pair.kind))
    return Judgement(policy.apply_identifiers(decision, profile, context), None)


def build_differences(
    pair: ComparedPair, findings: Sequence[Finding], profile: Profile
) -> tuple[Difference, ...]:
    """Return the findings with their texts, effects, rules and explanations under the profile."""
    names = pair.names
    return tuple([build_difference(item, names.left, names.right, profile) for item in findings])
