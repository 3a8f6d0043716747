"""The comparison of one pair: two names in, an explained verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

from matching.engine.compared_pair import (
    NO_CONTEXT,
    ComparedPair,
    collect_findings,
    compare_pair,
    parse_kind,
    serialise_parsed_names,
)
from matching.engine.explanation import explain_verdict
from matching.engine.judgement import Judgement, build_differences, build_second_question, judge_pair
from matching.engine.model.scorer import load_default_scorer
from matching.engine.policy import SHARED_NAME_RATE, needs_model
from matching.engine.profiles import Profile, get_profile, load_profiles
from matching.engine.results import Comparison
from matching.engine.search_logic import NormalisationStep, build_plain_stages, pair_stages
from matching.engine.types import Context, DecisionSource, Finding, Kind, PairFeatures, Scorer


def compare(
    left: str,
    right: str,
    profile: str = "general",
    kind: str = "auto",
    context: Context | None = None,
    scorer: Scorer | None = None,
) -> Comparison:
    """Compare two legal names under a profile and explain every difference.

    ``kind`` is ``auto``, ``organisation`` or ``individual``; ``scorer`` defaults to the shipped model. Raises
    a subclass of :class:`~matching.engine.types.EngineError` for empty or over-long names and for unknown
    profiles and kinds.
    """
    chosen, facts = get_profile(profile), context or NO_CONTEXT
    pair = compare_pair(left, right, parse_kind(kind), facts)
    findings, row = collect_findings(pair, with_notes=True), pair.build_row()
    return _judge_under_profile(pair, findings, row, chosen, facts, scorer or load_default_scorer())


def compare_profiles(
    left: str,
    right: str,
    kind: str = "auto",
    context: Context | None = None,
    scorers: Mapping[str, Scorer] | None = None,
) -> dict[str, Comparison]:
    """Return the comparison under every profile, by profile id; the names are read and compared once.

    ``scorers`` holds the model of each profile; the shipped model serves the others. Raises like
    :func:`compare`.
    """
    facts, models = context or NO_CONTEXT, scorers or {}
    pair = compare_pair(left, right, parse_kind(kind), facts)
    findings, row = collect_findings(pair, with_notes=True), pair.build_row()
    return {
        id_: _judge_under_profile(
            pair, findings, row, profile, facts, models.get(id_) or load_default_scorer()
        )
        for id_, profile in load_profiles().items()
    }


def extract_features(left: str, right: str, kind: str = "auto") -> tuple[Kind, tuple[float, ...]]:
    """Return the kind and the feature row of a pair, in the order of ``FEATURE_NAMES``.

    Models are trained on these rows. Raises like :func:`compare`.
    """
    pair = compare_pair(left, right, parse_kind(kind))
    return pair.kind, pair.build_row()


def extract_pair_features(left: str, right: str, kind: str = "auto") -> PairFeatures:
    """Return the feature row of a pair and both parsed names, undecided. Raises like :func:`compare`."""
    pair = compare_pair(left, right, parse_kind(kind))
    return PairFeatures(pair.kind, pair.build_row(), *serialise_parsed_names(pair))


def _judge_under_profile(
    pair: ComparedPair,
    findings: tuple[Finding, ...],
    row: tuple[float, ...],
    profile: Profile,
    context: Context,
    scorer: Scorer,
) -> Comparison:
    asks_model = needs_model(findings, profile)
    decisive, probability = _ask_model(pair, row, profile, scorer) if asks_model else (row, SHARED_NAME_RATE)
    judgement = judge_pair(pair, findings, profile, scorer, probability, context)
    return _build_comparison(pair, findings, row, decisive, profile, scorer, judgement)


def _ask_model(
    pair: ComparedPair, row: tuple[float, ...], profile: Profile, scorer: Scorer
) -> tuple[tuple[float, ...], float]:
    """Return the row that decides, of both questions to the model, and its probability."""
    probability = scorer.predict_probability(row)
    rest = build_second_question(pair, probability, profile, scorer)
    if rest is None:
        return row, probability
    return max((row, probability), (rest, scorer.predict_probability(rest)), key=itemgetter(1))


def _build_comparison(
    pair: ComparedPair,
    findings: tuple[Finding, ...],
    row: tuple[float, ...],
    decisive_row: tuple[float, ...],
    profile: Profile,
    scorer: Scorer,
    judgement: Judgement,
) -> Comparison:
    decision, search = judgement.decision, judgement.search
    differences = build_differences(pair, findings, profile, search)
    reason, missing_fact, notes = explain_verdict(decision, differences, profile, search)
    left, right = serialise_parsed_names(pair)
    by_model = decision.decided_by is DecisionSource.MODEL
    return Comparison(
        kind=pair.kind,
        profile=profile,
        verdict=decision.verdict,
        prediction=decision.is_material,
        material_probability=decision.probability,
        confidence=decision.confidence,
        leaning=decision.leaning,
        leaning_probability=decision.leaning_probability,
        reason=reason,
        missing_fact=missing_fact,
        differences=differences,
        left=left,
        right=right,
        steps=search.steps if search else _list_plain_steps(pair),
        features=row,
        contributions=scorer.compute_contributions(decisive_row) if by_model else {},
        decided_by=decision.decided_by,
        notes=notes,
        model=scorer.name,
        model_version=scorer.version,
    )


def _list_plain_steps(pair: ComparedPair) -> tuple[NormalisationStep, ...]:
    return pair_stages(build_plain_stages(pair.names.left), build_plain_stages(pair.names.right))
