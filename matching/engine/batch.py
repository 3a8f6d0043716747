"""Scores of many pairs at once: the same judgement as for one pair, with one call of the model for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matching.engine.compared_pair import NO_CONTEXT, ComparedPair, collect_findings, compare_pair, parse_kind
from matching.engine.explanation import explain_verdict
from matching.engine.judgement import build_differences, build_second_question, judge_pair
from matching.engine.model.scorer import load_default_scorer
from matching.engine.policy import SHARED_NAME_RATE, PolicyDecision, needs_model
from matching.engine.profiles import Profile, get_profile
from matching.engine.results import Score, ScoreWithReason
from matching.engine.types import Finding, Kind, Scorer


class _ScoredPair(NamedTuple):
    """A pair with its findings and the model's probability, or that of equal names without the model."""

    pair: ComparedPair
    findings: tuple[Finding, ...]
    probability: float


def score_many(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[Score | ValueError]:
    """Return the scores of many pairs, in order; a pair that cannot be read gives its error instead.

    Raises :class:`~matching.engine.types.EngineError` for an unknown profile or kind.
    """
    chosen, model = get_profile(profile), scorer or load_default_scorer()
    scored = _score_pairs(pairs, parse_kind(kind), chosen, model, with_notes=False)
    return [item if isinstance(item, ValueError) else _to_score(item, chosen, model) for item in scored]


def score_many_with_reasons(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[ScoreWithReason | ValueError]:
    """Return the scores of many pairs like :func:`score_many`, with the reason of each verdict."""
    chosen, model = get_profile(profile), scorer or load_default_scorer()
    scored = _score_pairs(pairs, parse_kind(kind), chosen, model, with_notes=True)
    return [
        item if isinstance(item, ValueError) else _to_score_with_reason(item, chosen, model)
        for item in scored
    ]


def _score_pairs(
    pairs: Iterable[tuple[str, str]], kind: Kind | None, profile: Profile, scorer: Scorer, with_notes: bool
) -> list[_ScoredPair | ValueError]:
    """Compare every pair, then ask the model at once for all pairs whose verdict depends on it."""
    scored = [_compare_or_fail(left, right, kind, with_notes) for left, right in pairs]
    undecided = {
        index: item
        for index, item in enumerate(scored)
        if isinstance(item, _ScoredPair) and needs_model(item.findings, profile)
    }
    rows = {index: item.pair.build_row() for index, item in undecided.items()}
    probabilities = _ask_model(rows, scorer)
    rests = {
        index: rest
        for index, item in undecided.items()
        if (rest := build_second_question(item.pair, probabilities[index], profile, scorer))
    }
    without_beginning = _ask_model(rests, scorer)
    for index, item in undecided.items():
        probability = max(probabilities[index], without_beginning.get(index, 0.0))
        scored[index] = item._replace(probability=probability)
    return scored


def _ask_model(rows: dict[int, tuple[float, ...]], scorer: Scorer) -> dict[int, float]:
    probabilities = scorer.predict_probabilities(list(rows.values())) if rows else []
    return dict(zip(rows, probabilities, strict=True))


def _compare_or_fail(left: str, right: str, kind: Kind | None, with_notes: bool) -> _ScoredPair | ValueError:
    try:
        pair = compare_pair(left, right, kind)
    except ValueError as error:
        return error
    return _ScoredPair(pair, collect_findings(pair, with_notes), SHARED_NAME_RATE)


def _to_score(item: _ScoredPair, profile: Profile, scorer: Scorer) -> Score:
    judgement = judge_pair(item.pair, item.findings, profile, scorer, item.probability, NO_CONTEXT)
    return _build_score(judgement.decision, item.findings)


def _to_score_with_reason(item: _ScoredPair, profile: Profile, scorer: Scorer) -> ScoreWithReason:
    pair, findings, probability = item
    judgement = judge_pair(pair, findings, profile, scorer, probability, NO_CONTEXT)
    decision, search = judgement.decision, judgement.search
    differences = build_differences(pair, findings, profile, search)
    reason, missing_fact, _ = explain_verdict(decision, differences, profile, search)
    return ScoreWithReason(_build_score(decision, findings), reason, missing_fact)


def _build_score(decision: PolicyDecision, findings: tuple[Finding, ...]) -> Score:
    categories = tuple(dict.fromkeys(finding.category for finding in findings))
    return Score(
        verdict=decision.verdict,
        prediction=decision.is_material,
        material_probability=decision.probability,
        confidence=decision.confidence,
        leaning=decision.leaning,
        leaning_probability=decision.leaning_probability,
        categories=categories,
    )
