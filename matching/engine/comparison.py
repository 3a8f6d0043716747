"""The comparison: two names in, an explained verdict out. Everything else in the engine serves this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from matching.engine import policy
from matching.engine.explanation import (
    build_difference,
    explain_verdict,
    serialise_difference,
    serialise_parsed_name,
)
from matching.engine.kinds import detect_kind
from matching.engine.model.schema import build_feature_row
from matching.engine.model.scorer import load_default_scorer
from matching.engine.organisation.compare import (
    OrganisationComparison,
    add_form_note,
    add_orthography_findings,
    compare_organisations,
)
from matching.engine.organisation.parse import ParsedOrganisation, parse_organisation
from matching.engine.person.compare import PersonComparison, compare_people
from matching.engine.person.parse import parse_person
from matching.engine.profiles import Profile, ProfileLogic, get_profile, load_profiles
from matching.engine.search import SearchResult, apply_search_logic
from matching.engine.search_logic import NormalisationStep, build_plain_stages, pair_stages
from matching.engine.text.orthography import detect_orthography_findings
from matching.engine.text.tokenise import TokenisedName, tokenise_name
from matching.engine.types import (
    Context,
    DecisionSource,
    Difference,
    Finding,
    Kind,
    PairFeatures,
    Scorer,
    UnknownKindError,
    Verdict,
    mirror_finding,
)

NO_CONTEXT = Context()
_KINDS: Mapping[str, Kind | None] = {"auto": None, **{kind.value: kind for kind in Kind}}


class Comparison(NamedTuple):
    """The answer for one pair under one profile.

    ``prediction`` is ``True`` when the difference is material; ``confidence`` is the probability of the
    stated prediction; ``missing_fact`` names, for a review, what would settle it. No legal advice.
    """

    kind: Kind
    profile: Profile
    verdict: Verdict
    prediction: bool
    material_probability: float
    confidence: float
    reason: str
    missing_fact: str | None
    differences: tuple[Difference, ...]
    left: Mapping[str, Any]
    right: Mapping[str, Any]
    steps: tuple[NormalisationStep, ...]
    features: tuple[float, ...]
    contributions: Mapping[str, float]
    decided_by: DecisionSource
    notes: tuple[str, ...]
    model: str
    model_version: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form of the whole answer."""
        return {
            "verdict": self.verdict.value,
            "prediction": self.prediction,
            "confidence": self.confidence,
            "material_probability": self.material_probability,
            "kind": self.kind.value,
            "profile": self.profile.to_dict(),
            "reason": self.reason,
            "missing_fact": self.missing_fact,
            "differences": [serialise_difference(item) for item in self.differences],
            "left": dict(self.left),
            "right": dict(self.right),
            "steps": [step._asdict() for step in self.steps],
            "contributions": dict(self.contributions),
            "decided_by": self.decided_by.value,
            "notes": list(self.notes),
            "model": {"name": self.model, "version": self.model_version},
        }


class Score(NamedTuple):
    """The answer without its explanation, for bulk work; ``categories`` are the ids of the differences."""

    verdict: Verdict
    prediction: bool
    material_probability: float
    confidence: float
    categories: tuple[str, ...]


class ScoreWithReason(NamedTuple):
    """A score with its reason in one plain sentence and, for a review, what would settle it."""

    score: Score
    reason: str
    missing_fact: str | None


class _ComparedPair(NamedTuple):
    """A pair read and compared, before profile and model."""

    left: TokenisedName
    right: TokenisedName
    kind: Kind
    is_flipped: bool
    name_comparison: OrganisationComparison | PersonComparison


class _ScoredPair(NamedTuple):
    """A pair with its findings and the model's probability, or that of equal names where none is asked."""

    pair: _ComparedPair
    findings: tuple[Finding, ...]
    probability: float


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
    regime = _get_profile(profile)
    known = context or NO_CONTEXT
    pair = _compare_pair(left, right, _parse_kind(kind), known)
    return _judge(
        pair,
        _collect_findings(pair, noted=True),
        build_feature_row(pair.name_comparison),
        regime,
        known,
        scorer,
    )


def compare_profiles(
    left: str,
    right: str,
    kind: str = "auto",
    context: Context | None = None,
    scorers: Mapping[str, Scorer] | None = None,
) -> dict[str, Comparison]:
    """The same pair under every profile, by profile id; the names are read and compared once.

    ``scorers`` gives the model of each profile, the shipped one where there is none. Raises like
    :func:`compare`.
    """
    known, models = context or NO_CONTEXT, scorers or {}
    pair = _compare_pair(left, right, _parse_kind(kind), known)
    findings, row = _collect_findings(pair, noted=True), build_feature_row(pair.name_comparison)
    return {
        id_: _judge(pair, findings, row, regime, known, models.get(id_))
        for id_, regime in load_profiles().items()
    }


def _judge(
    pair: _ComparedPair,
    findings: tuple[Finding, ...],
    row: tuple[float, ...],
    regime: Profile,
    context: Context,
    scorer: Scorer | None,
) -> Comparison:
    """Decide and explain one compared pair under one profile."""
    model = scorer or load_default_scorer()
    found = (
        apply_search_logic(pair.left, pair.right, pair.kind, context)
        if regime.logic is ProfileLogic.SEARCH
        else None
    )
    decision = _decide(pair, findings, regime, model, row, found, context)
    return _build_comparison(pair, findings, regime, model, row, found, decision)


def score_many(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[Score | ValueError]:
    """Verdicts of many pairs, in order, without explanations; a pair that cannot be read gives its error."""
    regime, model = _get_profile(profile), scorer or load_default_scorer()
    weighed = _score_pairs(pairs, _parse_kind(kind), regime, model, noted=False)
    return [_to_score(item, regime, model) if isinstance(item, _ScoredPair) else item for item in weighed]


def score_many_with_reasons(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[ScoreWithReason | ValueError]:
    """Like :func:`score_many`, with the reason of each verdict."""
    regime, model = _get_profile(profile), scorer or load_default_scorer()
    weighed = _score_pairs(pairs, _parse_kind(kind), regime, model, noted=True)
    return [
        _to_score_with_reason(item, regime, model) if isinstance(item, _ScoredPair) else item
        for item in weighed
    ]


def _score_pairs(
    pairs: Iterable[tuple[str, str]], kind: Kind | None, regime: Profile, model: Scorer, noted: bool
) -> list[_ScoredPair | ValueError]:
    """Every pair with findings and probability, or its error; the model is asked once for all it decides."""
    read_pairs = [_try_compare_pair(left, right, kind) for left, right in pairs]
    findings = [
        _collect_findings(pair, noted) if isinstance(pair, _ComparedPair) else () for pair in read_pairs
    ]
    asked = [policy.needs_model(found, regime) for found in findings]
    rows = [
        build_feature_row(pair.name_comparison)
        for pair, needed in zip(read_pairs, asked, strict=True)
        if needed and isinstance(pair, _ComparedPair)
    ]
    probabilities = iter(model.predict_probabilities(rows) if rows else [])
    return [
        _ScoredPair(pair, found, next(probabilities) if needed else policy.SHARED_NAME_RATE)
        if isinstance(pair, _ComparedPair)
        else pair
        for pair, found, needed in zip(read_pairs, findings, asked, strict=True)
    ]


def extract_features(left: str, right: str, kind: str = "auto") -> tuple[Kind, tuple[float, ...]]:
    """Kind and feature row of a pair, in the order of ``FEATURE_NAMES``; what a model is trained on."""
    pair = _compare_pair(left, right, _parse_kind(kind), NO_CONTEXT)
    return pair.kind, build_feature_row(pair.name_comparison)


def extract_pair_features(left: str, right: str, kind: str = "auto") -> PairFeatures:
    """A pair as a model sees it, and both names as they were parsed; nothing is decided. Raises as above."""
    pair = _compare_pair(left, right, _parse_kind(kind), NO_CONTEXT)
    sides = ((pair.left, pair.is_flipped), (pair.right, not pair.is_flipped))
    parsed = (serialise_parsed_name(text, pair.name_comparison, second) for text, second in sides)
    return PairFeatures(pair.kind, build_feature_row(pair.name_comparison), *parsed)


def _get_profile(id_: str) -> Profile:
    return get_profile(id_)


def _parse_kind(name: str) -> Kind | None:
    if name not in _KINDS:
        raise UnknownKindError(f"No kind is called {name[:40]!r}; choose one of {', '.join(_KINDS)}.")
    return _KINDS[name]


def _try_compare_pair(left: str, right: str, kind: Kind | None) -> _ComparedPair | ValueError:
    try:
        return _compare_pair(left, right, kind, NO_CONTEXT)
    except ValueError as error:
        return error


@lru_cache(maxsize=16_384)
def _read_name(name: str) -> TokenisedName:
    return tokenise_name(name)


def _compare_pair(left: str, right: str, kind: Kind | None, context: Context) -> _ComparedPair:
    """Read both names and account for their differences, in one canonical order: sides never matter."""
    one, other = _read_name(left), _read_name(right)
    chosen = kind or detect_kind(one, other)
    flipped = (other.keys, other.raw) < (one.keys, one.raw)
    if chosen is Kind.INDIVIDUAL:
        people = (other, one) if flipped else (one, other)
        return _ComparedPair(one, other, chosen, flipped, compare_people(*map(parse_person, people)))
    places = (context.jurisdiction_left, context.jurisdiction_right)
    sides = places[::-1] if flipped else places
    first, second = (right, left) if flipped else (left, right)
    organisations = _read_organisation(first, sides[0]), _read_organisation(second, sides[1])
    return _ComparedPair(one, other, chosen, flipped, compare_organisations(*organisations, sides))


@lru_cache(maxsize=16_384)
def _read_organisation(name: str, jurisdiction: str | None) -> ParsedOrganisation:
    return parse_organisation(_read_name(name), jurisdiction)


def _collect_findings(pair: _ComparedPair, noted: bool = False) -> tuple[Finding, ...]:
    """All findings, those of writing included, as seen from the left name; ``noted`` adds sentences."""
    if isinstance(pair.name_comparison, OrganisationComparison):
        account = pair.name_comparison
        found = add_orthography_findings(account)
        found = tuple([add_form_note(account, finding) for finding in found]) if noted else found
    else:
        texts = (pair.right, pair.left) if pair.is_flipped else (pair.left, pair.right)
        found = (*pair.name_comparison.findings, *detect_orthography_findings(*texts, individual=True))
    turned = tuple([mirror_finding(finding) for finding in found]) if pair.is_flipped else found
    return tuple(sorted(turned, key=_get_position)) if len(turned) > 1 else turned


def _get_position(finding: Finding) -> tuple[int, int, str]:
    left = finding.span1 or finding.span2 or (0, 0)
    right = finding.span2 or finding.span1 or (0, 0)
    return (left[0], right[0], finding.category)


def _decide(
    pair: _ComparedPair,
    findings: Sequence[Finding],
    regime: Profile,
    model: Scorer,
    row: tuple[float, ...],
    found: SearchResult | None,
    context: Context,
) -> policy.PolicyDecision:
    if found:
        return policy.decide_by_search(found.is_equal, pair.left.raw == pair.right.raw, found.is_case_only)
    needed = policy.needs_model(findings, regime)
    probability = model.predict_probability(row) if needed else policy.SHARED_NAME_RATE
    decision = policy.decide_verdict(findings, regime, probability, model.get_thresholds(pair.kind))
    return policy.apply_identifiers(decision, regime, context)


def _to_score(weighed: _ScoredPair, regime: Profile, model: Scorer) -> Score:
    decision, _ = _decide_scored_pair(weighed, regime, model)
    return _build_score(decision, weighed.findings)


def _to_score_with_reason(weighed: _ScoredPair, regime: Profile, model: Scorer) -> ScoreWithReason:
    pair, findings, _ = weighed
    decision, found = _decide_scored_pair(weighed, regime, model)
    differences = tuple([build_difference(item, pair.left, pair.right, regime) for item in findings])
    sentence, missing, _ = explain_verdict(decision, differences, regime, found)
    return ScoreWithReason(_build_score(decision, findings), sentence, missing)


def _decide_scored_pair(
    weighed: _ScoredPair, regime: Profile, model: Scorer
) -> tuple[policy.PolicyDecision, SearchResult | None]:
    pair, findings, probability = weighed
    if regime.logic is ProfileLogic.SEARCH:
        found = apply_search_logic(pair.left, pair.right, pair.kind, NO_CONTEXT)
        return policy.decide_by_search(
            found.is_equal, pair.left.raw == pair.right.raw, found.is_case_only
        ), found
    return policy.decide_verdict(findings, regime, probability, model.get_thresholds(pair.kind)), None


def _build_score(decision: policy.PolicyDecision, findings: Sequence[Finding]) -> Score:
    prediction = _predict_material(decision)
    confidence = decision.probability if prediction else 1 - decision.probability
    categories = tuple(dict.fromkeys(finding.category for finding in findings))
    return Score(decision.verdict, prediction, decision.probability, confidence, categories)


def _predict_material(decision: policy.PolicyDecision) -> bool:
    """A verdict states its side; a review states the likelier one."""
    if decision.verdict is Verdict.REVIEW:
        return decision.probability >= 0.5
    return decision.verdict is Verdict.MATERIAL


def _build_comparison(
    pair: _ComparedPair,
    findings: tuple[Finding, ...],
    regime: Profile,
    model: Scorer,
    row: tuple[float, ...],
    found: SearchResult | None,
    decision: policy.PolicyDecision,
) -> Comparison:
    prediction = _predict_material(decision)
    differences = tuple([build_difference(item, pair.left, pair.right, regime) for item in findings])
    sentence, missing, notes = explain_verdict(decision, differences, regime, found)
    stages = (
        found.steps if found else pair_stages(build_plain_stages(pair.left), build_plain_stages(pair.right))
    )
    return Comparison(
        kind=pair.kind,
        profile=regime,
        verdict=decision.verdict,
        prediction=prediction,
        material_probability=decision.probability,
        confidence=decision.probability if prediction else 1 - decision.probability,
        reason=sentence,
        missing_fact=missing,
        differences=differences,
        left=serialise_parsed_name(pair.left, pair.name_comparison, pair.is_flipped),
        right=serialise_parsed_name(pair.right, pair.name_comparison, not pair.is_flipped),
        steps=stages,
        features=row,
        contributions=model.compute_contributions(row) if decision.decided_by is DecisionSource.MODEL else {},
        decided_by=decision.decided_by,
        notes=notes,
        model=model.name,
        model_version=model.version,
    )
