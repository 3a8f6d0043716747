"""The policy that turns differences into a verdict.

The worst difference decides. Differences that are equal by rule never reach the model; where a profile says
*model*, the calibrated probability decides, with a band of abstention; two or more *review* differences in
distinctive words are *material*. Hard identifiers settle a review only under profiles that ask who is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matching.engine.categories import CategoryId
from matching.engine.profiles import Profile, ProfileLogic
from matching.engine.types import Context, DecisionSource, Effect, Finding, Thresholds, Verdict

SHARED_NAME_RATE = 0.005
"""Share of register entities that share their canonical name with another entity (0.4-0.5 %, GLEIF and
national registers): the material probability of equal names."""

MIN_MATERIAL_PROBABILITY = 0.98
"""Least probability reported when a rule decides *material*; the model can only raise it."""

MIN_PROBABILITY_BY_CATEGORY = {CategoryId.I07_MIDDLE_CONFLICT: 0.9, CategoryId.I11_GIVEN_DIFFERENT: 0.9}
"""Least probability of rules that are right less often, since given and middle names have many spellings."""

MIN_RULE_WEIGHT = 0.25
"""Weight below which a material difference (a missing "of") is left to the model."""

DISTINCTIVE_CATEGORIES = frozenset(
    {
        CategoryId.O16_ACRONYM,
        CategoryId.O18_TYPO_DISTINCTIVE_WORD,
        CategoryId.O19_HOMOPHONE,
        CategoryId.O36_TRANSLITERATION,
        CategoryId.I08_NICKNAME,
        CategoryId.I09_GIVEN_SPELLING,
        CategoryId.I10_SURNAME_TYPO,
        CategoryId.I15_SURNAME_CHANGED,
        CategoryId.I16_HYPHENATED_PART_MISSING,
        CategoryId.I17_DOUBLE_SURNAME,
        CategoryId.I20_TRANSLITERATION,
        CategoryId.I21_MIDDLE_AS_FIRST,
    }
)
"""Categories that concern distinctive words."""

TRANSLITERATION_CATEGORIES = (CategoryId.O36_TRANSLITERATION, CategoryId.I20_TRANSLITERATION)
"""Categories that count once, since one change of script shows in every word of a name."""

CONTEST_THRESHOLDS = {
    CategoryId.O26_WORD_REPLACED: 0.15,
    CategoryId.I07_MIDDLE_CONFLICT: 0.5,
    CategoryId.I11_GIVEN_DIFFERENT: 0.5,
    CategoryId.I15_SURNAME_CHANGED: 0.5,
}
"""Categories found from spelling alone, with the probability below which the model contradicts the rule, so
that a person decides. The rule is right 99 times in 100 for words of organisations, 7 times in 8 for people's
names, which have more spellings."""


class PolicyDecision(NamedTuple):
    """A verdict with the material probability reported for it, and the index of the finding that decided."""

    verdict: Verdict
    probability: float
    decisive_index: int | None
    decided_by: DecisionSource

    @property
    def is_material(self) -> bool:
        """Whether the names differ materially; of a review, the likelier answer."""
        if self.verdict is Verdict.REVIEW:
            return self.probability >= 0.5
        return self.verdict is Verdict.MATERIAL

    @property
    def confidence(self) -> float:
        """Probability in [0, 1] that :attr:`is_material` is right."""
        return self.probability if self.is_material else 1 - self.probability


def get_finding_effect(finding: Finding, profile: Profile) -> Effect:
    """Return the effect of a finding under a profile; too light a material difference goes to the model."""
    effect = profile.get_effect(finding.category, finding.detail)
    return Effect.MODEL if effect is Effect.MATERIAL and finding.weight < MIN_RULE_WEIGHT else effect


def needs_model(findings: Sequence[Finding], profile: Profile) -> bool:
    """Return whether the verdict depends on the model at all."""
    return profile.logic not in (ProfileLogic.SEARCH, ProfileLogic.EXACT) and any(
        get_finding_effect(finding, profile) is not Effect.EQUAL for finding in findings
    )


def decide_verdict(
    findings: Sequence[Finding], profile: Profile, probability: float, thresholds: Thresholds
) -> PolicyDecision:
    """Combine the effects of all findings with the model's probability, which rules alone do not need."""
    effects = [get_finding_effect(finding, profile) for finding in findings]
    if Effect.MATERIAL in effects:
        return _decide_by_rule(findings, effects, probability)
    reviews = [index for index, effect in enumerate(effects) if effect is Effect.REVIEW]
    if profile.doubts_add_up and _count_distinctive([findings[index].category for index in reviews]) >= 2:
        return PolicyDecision(
            Verdict.MATERIAL,
            max(probability, MIN_MATERIAL_PROBABILITY),
            reviews[0],
            DecisionSource.TWO_DISTINCTIVE_DIFFERENCES,
        )
    if Effect.MODEL in effects:
        return _decide_by_model(effects, reviews, probability, thresholds)
    if reviews:
        return PolicyDecision(Verdict.REVIEW, probability, reviews[0], DecisionSource.RULE)
    return PolicyDecision(Verdict.IMMATERIAL, SHARED_NAME_RATE, None, DecisionSource.RULE)


def _count_distinctive(categories: list[str]) -> int:
    """Return how many differences concern distinctive words; a transliteration counts once."""
    counted = [category for category in categories if category in DISTINCTIVE_CATEGORIES]
    repeated = sum(max(counted.count(category) - 1, 0) for category in TRANSLITERATION_CATEGORIES)
    return len(counted) - repeated


def _decide_by_rule(findings: Sequence[Finding], effects: list[Effect], probability: float) -> PolicyDecision:
    material = [index for index, effect in enumerate(effects) if effect is Effect.MATERIAL]
    firm = [
        index for index in material if probability >= CONTEST_THRESHOLDS.get(findings[index].category, 0.0)
    ]
    if firm:
        sure = max(
            MIN_PROBABILITY_BY_CATEGORY.get(findings[index].category, MIN_MATERIAL_PROBABILITY)
            for index in firm
        )
        return PolicyDecision(Verdict.MATERIAL, max(probability, sure), firm[0], DecisionSource.RULE)
    return PolicyDecision(Verdict.REVIEW, probability, material[0], DecisionSource.RULE_AND_MODEL_DISAGREE)


def _decide_by_model(
    effects: list[Effect], reviews: list[int], probability: float, thresholds: Thresholds
) -> PolicyDecision:
    decisive = effects.index(Effect.MODEL)
    if probability >= thresholds.material_above:
        return PolicyDecision(Verdict.MATERIAL, probability, decisive, DecisionSource.MODEL)
    if reviews:
        return PolicyDecision(Verdict.REVIEW, probability, reviews[0], DecisionSource.RULE)
    if probability <= thresholds.immaterial_below:
        return PolicyDecision(Verdict.IMMATERIAL, probability, decisive, DecisionSource.MODEL)
    return PolicyDecision(Verdict.REVIEW, probability, decisive, DecisionSource.MODEL)


def decide_by_text(findings: Sequence[Finding], profile: Profile, left: str, right: str) -> PolicyDecision:
    """Decide by the texts as received: equal, equal but for case, or another text.

    The finding with the gravest effect under the profile is named as the reason.
    """
    if left == right:
        return PolicyDecision(Verdict.IMMATERIAL, SHARED_NAME_RATE, None, DecisionSource.RULE)
    effects = [get_finding_effect(finding, profile) for finding in findings]
    gravest = max(range(len(effects)), key=lambda at: _GRAVITY.index(effects[at]), default=None)
    if left.casefold() == right.casefold():
        return PolicyDecision(Verdict.REVIEW, 0.5, gravest, DecisionSource.RULE)
    return PolicyDecision(Verdict.MATERIAL, MIN_MATERIAL_PROBABILITY, gravest, DecisionSource.RULE)


_GRAVITY = (Effect.EQUAL, Effect.MODEL, Effect.REVIEW, Effect.MATERIAL)


def decide_by_search(equal: bool, case_only: bool) -> PolicyDecision:
    """Return the verdict under search logic; texts that are equal only under the logic are for review."""
    if not equal:
        return PolicyDecision(Verdict.MATERIAL, 0.99, None, DecisionSource.SEARCH_LOGIC)
    if case_only:
        return PolicyDecision(Verdict.IMMATERIAL, SHARED_NAME_RATE, None, DecisionSource.SEARCH_LOGIC)
    return PolicyDecision(Verdict.REVIEW, 0.1, None, DecisionSource.SEARCH_LOGIC)


def apply_identifiers(decision: PolicyDecision, profile: Profile, context: Context) -> PolicyDecision:
    """Settle a review by identifiers that both sides give, under profiles that ask who is meant."""
    if decision.verdict is not Verdict.REVIEW or not profile.identifiers_settle:
        return decision
    shared = set(context.identifiers_left) & set(context.identifiers_right)
    if not shared:
        return decision
    same = all(context.identifiers_left[name] == context.identifiers_right[name] for name in shared)
    if same:
        return PolicyDecision(
            Verdict.IMMATERIAL,
            min(decision.probability, SHARED_NAME_RATE),
            decision.decisive_index,
            DecisionSource.IDENTIFIERS,
        )
    return PolicyDecision(
        Verdict.MATERIAL, max(decision.probability, 0.99), decision.decisive_index, DecisionSource.IDENTIFIERS
    )
