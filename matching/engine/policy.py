"""The policy that turns differences into a verdict.

The worst difference decides. Differences that are equal by rule never reach the model; where a profile says
*model*, the calibrated probability decides, with a band of abstention; two or more *review* differences in
distinctive words are *material*. Hard identifiers settle a review only under profiles that ask who is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from matching.engine.categories import CategoryCase, CategoryId, ProfileLogic
from matching.engine.profiles import Profile
from matching.engine.types import Context, DecisionSource, Effect, Finding, Thresholds, Verdict

SHARED_NAME_RATE: Final = 0.005
"""Share of register entities that share their canonical name with another entity (0.4-0.5 %, GLEIF and
national registers): the material probability of equal names where no error rate was measured."""

MIN_MATERIAL_PROBABILITY: Final = 0.98
"""Least probability when a rule decides *material*, where no error rate of the rule was measured."""

SPELLING_CATEGORIES: Final = frozenset(
    {
        CategoryId.O17_TYPO_ORDINARY_WORD,
        CategoryId.O18_TYPO_DISTINCTIVE_WORD,
        CategoryId.O19_HOMOPHONE,
        CategoryId.O28_PLURAL,
    }
)
"""Differences of spelling between words of organisations. Where a profile sends them to a person, the model
may still decide that they are two words: it may decide *material*, never *immaterial*."""

MIN_RULE_WEIGHT: Final = 0.25
"""Weight below which a material difference (a missing "of") is left to the model."""

DISTINCTIVE_CATEGORIES: Final = frozenset(
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

CONTEST_THRESHOLDS: Final = {
    CategoryId.O26_WORD_REPLACED: 0.15,
    CategoryId.I07_MIDDLE_CONFLICT: 0.5,
    CategoryId.I11_GIVEN_DIFFERENT: 0.5,
    CategoryId.I15_SURNAME_CHANGED: 0.5,
}
"""Categories found from spelling alone, with the probability below which the model contradicts the rule, so
that a person decides. The rule is right 99 times in 100 for words of organisations, 7 times in 8 for people's
names, which have more spellings."""


MIN_DOUBTS_PROBABILITY: Final = 0.5
"""Probability below which the model contradicts that two doubtful differences are another name. Without it,
46 in 100 such answers on people were wrong on register pairs."""


@final
class PolicyDecision:
    """A verdict with the material probability reported for it, and the index of the finding that decided."""

    __slots__ = ("decided_by", "decisive_index", "probability", "verdict")

    def __init__(
        self, verdict: Verdict, probability: float, decisive_index: int | None, decided_by: DecisionSource
    ) -> None:
        self.verdict = verdict
        self.probability = probability
        self.decisive_index = decisive_index
        self.decided_by = decided_by

    def with_probability(self, probability: float) -> PolicyDecision:
        """Return the same decision with another probability."""
        return PolicyDecision(self.verdict, probability, self.decisive_index, self.decided_by)

    @property
    def is_material(self) -> bool:
        """Whether the names differ materially; of a review, the likelier answer."""
        if self.verdict is Verdict.REVIEW:
            return self.probability >= 0.5
        return self.verdict is Verdict.MATERIAL

    @property
    def confidence(self) -> float | None:
        """Probability in [0, 1] that the verdict is right; ``None`` for a review, which decides nothing."""
        return None if self.verdict is Verdict.REVIEW else self._likelihood

    @property
    def leaning(self) -> Verdict | None:
        """The likelier answer of a review; ``None`` for a verdict that decides."""
        if self.verdict is not Verdict.REVIEW:
            return None
        return Verdict.MATERIAL if self.is_material else Verdict.IMMATERIAL

    @property
    def leaning_probability(self) -> float | None:
        """Probability in [0.5, 1] of :attr:`leaning`; ``None`` for a verdict that decides."""
        return self._likelihood if self.verdict is Verdict.REVIEW else None

    @property
    def _likelihood(self) -> float:
        """Probability in [0, 1] that :attr:`is_material` is right."""
        return self.probability if self.is_material else 1 - self.probability


def get_finding_effect(finding: Finding, profile: Profile) -> Effect:
    """Return the effect of a finding under a profile; too light a material difference goes to the model."""
    category, detail = finding.category, finding.detail
    effect = profile.get_effect(category, detail) if detail else profile.effects[category]
    return Effect.MODEL if effect is Effect.MATERIAL and finding.weight < MIN_RULE_WEIGHT else effect


def needs_model(findings: Sequence[Finding], profile: Profile) -> bool:
    """Return whether the verdict depends on the model at all."""
    if profile.logic is ProfileLogic.SEARCH or profile.logic is ProfileLogic.EXACT:
        return False
    return any(get_finding_effect(finding, profile) is not Effect.EQUAL for finding in findings)


def decide_verdict(
    findings: Sequence[Finding], profile: Profile, probability: float, thresholds: Thresholds
) -> PolicyDecision:
    """Combine the effects of all findings with the model's probability, which rules alone do not need."""
    effects = [get_finding_effect(finding, profile) for finding in findings]
    if Effect.MATERIAL in effects:
        return _decide_by_rule(findings, effects, probability)
    reviews = [index for index, effect in enumerate(effects) if effect is Effect.REVIEW]
    if profile.doubts_add_up and _count_distinctive([findings[index].category for index in reviews]) >= 2:
        return _add_doubts_up(reviews, probability)
    if Effect.MODEL in effects or reviews:
        return _decide_by_model(findings, effects, reviews, probability, thresholds)
    return PolicyDecision(Verdict.IMMATERIAL, SHARED_NAME_RATE, None, DecisionSource.RULE)


def _add_doubts_up(reviews: list[int], probability: float) -> PolicyDecision:
    """Two doubts are another name, unless the model takes the two for one: then a person decides."""
    if probability < MIN_DOUBTS_PROBABILITY:
        return PolicyDecision(Verdict.REVIEW, probability, reviews[0], DecisionSource.RULE_AND_MODEL_DISAGREE)
    return PolicyDecision(
        Verdict.MATERIAL,
        max(probability, MIN_MATERIAL_PROBABILITY),
        reviews[0],
        DecisionSource.TWO_DISTINCTIVE_DIFFERENCES,
    )


def _count_distinctive(categories: list[str]) -> int:
    """Return how many differences concern distinctive words; a transliteration counts once."""
    counted = [category for category in categories if category in DISTINCTIVE_CATEGORIES]
    repeated = sum(max(counted.count(category) - 1, 0) for category in TRANSLITERATION_CATEGORIES)
    return len(counted) - repeated


def _decide_by_rule(findings: Sequence[Finding], effects: list[Effect], probability: float) -> PolicyDecision:
    material = [index for index, effect in enumerate(effects) if effect is Effect.MATERIAL]
    firm = [index for index in material if not _is_contested(findings[index], probability)]
    if firm:
        sure = max(probability, MIN_MATERIAL_PROBABILITY)
        return PolicyDecision(Verdict.MATERIAL, sure, firm[0], DecisionSource.RULE)
    return PolicyDecision(Verdict.REVIEW, probability, material[0], DecisionSource.RULE_AND_MODEL_DISAGREE)


_CERTAIN_CASES: Final = frozenset({CategoryCase.DISTINCT_NAMES, CategoryCase.GENDER, CategoryCase.OTHER_PART})


def _is_contested(finding: Finding, probability: float) -> bool:
    """Return whether the model contradicts a rule on spelling.

    It never does where both names are known to exist, or in appended parts, of which it knows nothing.
    """
    return finding.detail not in _CERTAIN_CASES and probability < CONTEST_THRESHOLDS.get(
        finding.category, 0.0
    )


def _decide_by_model(
    findings: Sequence[Finding],
    effects: list[Effect],
    reviews: list[int],
    probability: float,
    thresholds: Thresholds,
) -> PolicyDecision:
    """Decide where the profile asks the model or a person, whom the model never overrules as immaterial."""
    asked = [index for index, effect in enumerate(effects) if effect is Effect.MODEL]
    disputed = [index for index in reviews if findings[index].category not in SPELLING_CATEGORIES]
    if probability >= thresholds.material_above and (asked or not disputed):
        return PolicyDecision(Verdict.MATERIAL, probability, (asked or reviews)[0], DecisionSource.MODEL)
    if reviews:
        return PolicyDecision(Verdict.REVIEW, probability, reviews[0], DecisionSource.RULE)
    verdict = Verdict.IMMATERIAL if probability <= thresholds.immaterial_below else Verdict.REVIEW
    return PolicyDecision(verdict, probability, asked[0], DecisionSource.MODEL)


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


def decide_by_doubtful_kind(decision: PolicyDecision, other: PolicyDecision) -> PolicyDecision:
    """Return the review of names whose verdict depends on whether they are people's or organisations'."""
    probability = (decision.probability + other.probability) / 2
    return PolicyDecision(Verdict.REVIEW, probability, decision.decisive_index, DecisionSource.KIND_IN_DOUBT)


def decide_by_search(is_equal: bool, effects: Sequence[Effect]) -> PolicyDecision:
    """Return the verdict under search logic; equal names can differ in what a reviewer must see."""
    if not is_equal:
        decisive = effects.index(Effect.MATERIAL) if Effect.MATERIAL in effects else None
        return PolicyDecision(Verdict.MATERIAL, 0.99, decisive, DecisionSource.SEARCH_LOGIC)
    if Effect.REVIEW in effects:
        return PolicyDecision(Verdict.REVIEW, 0.1, effects.index(Effect.REVIEW), DecisionSource.SEARCH_LOGIC)
    return PolicyDecision(Verdict.IMMATERIAL, SHARED_NAME_RATE, None, DecisionSource.SEARCH_LOGIC)


TOO_COMPLEX_DECISION: Final = PolicyDecision(Verdict.REVIEW, 0.5, 0, DecisionSource.COMPLEXITY)
"""The decision on names that were not compared in full: nothing is known about their difference."""


def apply_identifiers(decision: PolicyDecision, profile: Profile, context: Context) -> PolicyDecision:
    """Weigh identifiers that both sides give, under profiles that ask who is meant.

    They settle a review. Names that do not differ while identifiers do may be two parties of one name, which
    neither the names nor an identifier that may be mistyped can settle: a person looks.
    """
    shared = set(context.identifiers_left) & set(context.identifiers_right)
    if not shared or not profile.identifiers_settle or decision.verdict is Verdict.MATERIAL:
        return decision
    same = all(context.identifiers_left[name] == context.identifiers_right[name] for name in shared)
    if decision.verdict is Verdict.IMMATERIAL:
        doubt = PolicyDecision(Verdict.REVIEW, 0.5, None, DecisionSource.IDENTIFIERS)
        return decision if same else doubt
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
