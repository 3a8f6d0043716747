"""The comparison: two names in, an explained verdict out. Everything else in the engine serves this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from matching.engine import policy
from matching.engine.explanation import describe, difference, parsed_name, reason
from matching.engine.features import row_of
from matching.engine.kinds import kind_of
from matching.engine.organisation_compare import Account, with_form_note, with_writing
from matching.engine.organisation_compare import compare as compare_organisations
from matching.engine.organisation_parse import Organisation
from matching.engine.organisation_parse import parse as parse_organisation
from matching.engine.person_compare import PersonComparison
from matching.engine.person_compare import compare as compare_people
from matching.engine.person_parse import parse as parse_person
from matching.engine.profiles import Profile, profile, profiles
from matching.engine.scorer import default_scorer
from matching.engine.search import SearchResult, search
from matching.engine.search_logic import Step, plain_stages, steps
from matching.engine.text import Text, read
from matching.engine.types import (
    Context,
    Difference,
    Finding,
    Kind,
    Scorer,
    Sight,
    UnknownKindError,
    Verdict,
    mirrored,
)
from matching.engine.writing import writing_findings

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
    steps: tuple[Step, ...]
    features: tuple[float, ...]
    contributions: Mapping[str, float]
    decided_by: str
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
            "differences": [describe(item) for item in self.differences],
            "left": dict(self.left),
            "right": dict(self.right),
            "steps": [step._asdict() for step in self.steps],
            "contributions": dict(self.contributions),
            "decided_by": self.decided_by,
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


class Told(NamedTuple):
    """A score with its reason in one plain sentence and, for a review, what would settle it."""

    score: Score
    reason: str
    missing_fact: str | None


class _Pair(NamedTuple):
    """A pair read and compared, before profile and model."""

    left: Text
    right: Text
    kind: Kind
    flipped: bool
    account: Account | PersonComparison


class _Weighed(NamedTuple):
    """A pair with its findings and the model's probability, or that of equal names where none is asked."""

    pair: _Pair
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
    regime = _profile(profile)
    known = context or NO_CONTEXT
    pair = _account(left, right, _kind(kind), known)
    return _judge(pair, _findings(pair, noted=True), row_of(pair.account), regime, known, scorer)


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
    pair = _account(left, right, _kind(kind), known)
    findings, row = _findings(pair, noted=True), row_of(pair.account)
    return {
        id_: _judge(pair, findings, row, regime, known, models.get(id_)) for id_, regime in profiles().items()
    }


def _judge(
    pair: _Pair,
    findings: tuple[Finding, ...],
    row: tuple[float, ...],
    regime: Profile,
    context: Context,
    scorer: Scorer | None,
) -> Comparison:
    """Decide and explain one compared pair under one profile."""
    model = scorer or default_scorer()
    found = search(pair.left, pair.right, pair.kind, context) if regime.logic == "search" else None
    decision = _decide(pair, findings, regime, model, row, found, context)
    return _answer(pair, findings, regime, model, row, found, decision)


def score_many(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[Score | ValueError]:
    """Verdicts of many pairs, in order, without explanations; a pair that cannot be read gives its error."""
    regime, model = _profile(profile), scorer or default_scorer()
    weighed = _weigh_many(pairs, _kind(kind), regime, model, noted=False)
    return [_score(item, regime, model) if isinstance(item, _Weighed) else item for item in weighed]


def tell_many(
    pairs: Iterable[tuple[str, str]],
    profile: str = "general",
    kind: str = "auto",
    scorer: Scorer | None = None,
) -> list[Told | ValueError]:
    """Like :func:`score_many`, with the reason of each verdict."""
    regime, model = _profile(profile), scorer or default_scorer()
    weighed = _weigh_many(pairs, _kind(kind), regime, model, noted=True)
    return [_tell(item, regime, model) if isinstance(item, _Weighed) else item for item in weighed]


def _weigh_many(
    pairs: Iterable[tuple[str, str]], kind: Kind | None, regime: Profile, model: Scorer, noted: bool
) -> list[_Weighed | ValueError]:
    """Every pair with findings and probability, or its error; the model is asked once for all it decides."""
    read_pairs = [_try_account(left, right, kind) for left, right in pairs]
    findings = [_findings(pair, noted) if isinstance(pair, _Pair) else () for pair in read_pairs]
    asked = [policy.needs_model(found, regime) for found in findings]
    rows = [
        row_of(pair.account)
        for pair, needed in zip(read_pairs, asked, strict=True)
        if needed and isinstance(pair, _Pair)
    ]
    probabilities = iter(model.probabilities(rows) if rows else [])
    return [
        _Weighed(pair, found, next(probabilities) if needed else policy.SAME_CANONICAL_NAME)
        if isinstance(pair, _Pair)
        else pair
        for pair, found, needed in zip(read_pairs, findings, asked, strict=True)
    ]


def features_of(left: str, right: str, kind: str = "auto") -> tuple[Kind, tuple[float, ...]]:
    """Kind and feature row of a pair, in the order of ``FEATURE_NAMES``; what a model is trained on."""
    pair = _account(left, right, _kind(kind), NO_CONTEXT)
    return pair.kind, row_of(pair.account)


def sight_of(left: str, right: str, kind: str = "auto") -> Sight:
    """A pair as a model sees it, and both names as they were parsed; nothing is decided. Raises as above."""
    pair = _account(left, right, _kind(kind), NO_CONTEXT)
    sides = ((pair.left, pair.flipped), (pair.right, not pair.flipped))
    parsed = (parsed_name(text, pair.account, second) for text, second in sides)
    return Sight(pair.kind, row_of(pair.account), *parsed)


def _profile(id_: str) -> Profile:
    return profile(id_)


def _kind(name: str) -> Kind | None:
    if name not in _KINDS:
        raise UnknownKindError(f"No kind is called {name[:40]!r}; choose one of {', '.join(_KINDS)}.")
    return _KINDS[name]


def _try_account(left: str, right: str, kind: Kind | None) -> _Pair | ValueError:
    try:
        return _account(left, right, kind, NO_CONTEXT)
    except ValueError as error:
        return error


@lru_cache(maxsize=16_384)
def _read(name: str) -> Text:
    return read(name)


def _account(left: str, right: str, kind: Kind | None, context: Context) -> _Pair:
    """Read both names and account for their differences, in one canonical order: sides never matter."""
    one, other = _read(left), _read(right)
    chosen = kind or kind_of(one, other)
    flipped = (other.keys, other.raw) < (one.keys, one.raw)
    if chosen is Kind.INDIVIDUAL:
        people = (other, one) if flipped else (one, other)
        return _Pair(one, other, chosen, flipped, compare_people(*map(parse_person, people)))
    places = (context.jurisdiction_left, context.jurisdiction_right)
    sides = places[::-1] if flipped else places
    first, second = (right, left) if flipped else (left, right)
    organisations = _organisation(first, sides[0]), _organisation(second, sides[1])
    return _Pair(one, other, chosen, flipped, compare_organisations(*organisations, sides))


@lru_cache(maxsize=16_384)
def _organisation(name: str, jurisdiction: str | None) -> Organisation:
    return parse_organisation(_read(name), jurisdiction)


def _findings(pair: _Pair, noted: bool = False) -> tuple[Finding, ...]:
    """All findings, those of writing included, as seen from the left name; ``noted`` adds sentences."""
    if isinstance(pair.account, Account):
        account = pair.account
        found = with_writing(account)
        found = tuple([with_form_note(account, finding) for finding in found]) if noted else found
    else:
        texts = (pair.right, pair.left) if pair.flipped else (pair.left, pair.right)
        found = (*pair.account.findings, *writing_findings(*texts, individual=True))
    turned = tuple([mirrored(finding) for finding in found]) if pair.flipped else found
    return tuple(sorted(turned, key=_position)) if len(turned) > 1 else turned


def _position(finding: Finding) -> tuple[int, int, str]:
    left = finding.span1 or finding.span2 or (0, 0)
    right = finding.span2 or finding.span1 or (0, 0)
    return (left[0], right[0], finding.category)


def _decide(
    pair: _Pair,
    findings: Sequence[Finding],
    regime: Profile,
    model: Scorer,
    row: tuple[float, ...],
    found: SearchResult | None,
    context: Context,
) -> policy.Decision:
    if found:
        return policy.by_search(found.equal, pair.left.raw == pair.right.raw, found.case_only)
    needed = policy.needs_model(findings, regime)
    probability = model.probability(row) if needed else policy.SAME_CANONICAL_NAME
    decision = policy.decide(findings, regime, probability, model.thresholds(pair.kind))
    return policy.with_identifiers(decision, regime, context)


def _score(weighed: _Weighed, regime: Profile, model: Scorer) -> Score:
    decision, _ = _decide_many(weighed, regime, model)
    return _scored(decision, weighed.findings)


def _tell(weighed: _Weighed, regime: Profile, model: Scorer) -> Told:
    pair, findings, _ = weighed
    decision, found = _decide_many(weighed, regime, model)
    differences = tuple([difference(item, pair.left, pair.right, regime) for item in findings])
    sentence, missing, _ = reason(decision, differences, regime, found)
    return Told(_scored(decision, findings), sentence, missing)


def _decide_many(
    weighed: _Weighed, regime: Profile, model: Scorer
) -> tuple[policy.Decision, SearchResult | None]:
    pair, findings, probability = weighed
    if regime.logic == "search":
        found = search(pair.left, pair.right, pair.kind, NO_CONTEXT)
        return policy.by_search(found.equal, pair.left.raw == pair.right.raw, found.case_only), found
    return policy.decide(findings, regime, probability, model.thresholds(pair.kind)), None


def _scored(decision: policy.Decision, findings: Sequence[Finding]) -> Score:
    prediction = _prediction(decision)
    confidence = decision.probability if prediction else 1 - decision.probability
    categories = tuple(dict.fromkeys(finding.category for finding in findings))
    return Score(decision.verdict, prediction, decision.probability, confidence, categories)


def _prediction(decision: policy.Decision) -> bool:
    """A verdict states its side; a review states the likelier one."""
    if decision.verdict is Verdict.REVIEW:
        return decision.probability >= 0.5
    return decision.verdict is Verdict.MATERIAL


def _answer(
    pair: _Pair,
    findings: tuple[Finding, ...],
    regime: Profile,
    model: Scorer,
    row: tuple[float, ...],
    found: SearchResult | None,
    decision: policy.Decision,
) -> Comparison:
    prediction = _prediction(decision)
    differences = tuple([difference(item, pair.left, pair.right, regime) for item in findings])
    sentence, missing, notes = reason(decision, differences, regime, found)
    stages = found.steps if found else steps(plain_stages(pair.left), plain_stages(pair.right))
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
        left=parsed_name(pair.left, pair.account, pair.flipped),
        right=parsed_name(pair.right, pair.account, not pair.flipped),
        steps=stages,
        features=row,
        contributions=model.contributions(row) if decision.by == "model" else {},
        decided_by=decision.by,
        notes=notes,
        model=model.name,
        model_version=model.version,
    )
