"""The compare path, from a request to a stored prediction; one pipeline for single requests and batches.

Choose the model version, compare, draft the prediction, store it, and observe it in the metrics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.audit import trail
from accounts.bulk_insert import insert_rows
from accounts.models import User
from experiments.services import ExperimentAssignment, assign_arm, record_exposure
from matching import engine
from matching.compare import metrics
from matching.compare.cached_compare import compare_cached
from matching.compare.request import CompareRequest, serialize_context
from matching.compare.result import ComparisonResult, compute_result
from matching.compare.sampling import draw_review_stream
from matching.engine import EngineError, Scorer
from matching.models import Prediction
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import LiveModels, LoadedModel

MAX_BATCH_PAIRS = 1_000
"""Most requests of one batch."""


@dataclass(frozen=True)
class ServingVersion:
    """The model version that serves a user under a profile, and the experiment arm that chose it, if any."""

    model: LoadedModel[Scorer]
    generation: int
    assignment: ExperimentAssignment | None = None


@dataclass(frozen=True)
class StoredComparison:
    """A prediction, the result and the version it comes from, and the seconds it took to draft it."""

    prediction: Prediction
    result: ComparisonResult
    version: ServingVersion
    seconds: float


CompareFunction = Callable[[CompareRequest, LoadedModel[Scorer]], ComparisonResult]
BatchOutcome = StoredComparison | EngineError


def compare_and_store(user: User, request: CompareRequest) -> StoredComparison:
    """Compare two names, from the caches where possible, and store the prediction.

    Raises ``EngineError`` for names, profiles or kinds that cannot be compared, ``NoLiveModelError`` before a
    model was made live.
    """
    (outcome,) = _run_pipeline(user, [request], compare_cached)
    if isinstance(outcome, EngineError):
        raise outcome
    return outcome


def compare_batch(user: User, requests: Sequence[CompareRequest]) -> list[BatchOutcome]:
    """Compare many pairs under one generation of models and insert the predictions in one statement.

    Outcomes are in the order of the requests; one that cannot be compared has its error in place. The caches
    are not used: the model takes a tenth of the time of a batch, which is all that they could save. Raises
    ``NoLiveModelError`` before a model was made live; then nothing is stored.
    """
    return _run_pipeline(user, requests, _compare_uncached)


def _run_pipeline(
    user: User, requests: Sequence[CompareRequest], compare: CompareFunction
) -> list[BatchOutcome]:
    """Compare and store; the time of a pair runs from the end of the pair before it."""
    started = time.perf_counter()
    versions = _choose_versions(user, {request.profile for request in requests})
    outcomes: list[BatchOutcome] = []
    for request in requests:
        outcomes.append(_compare_one(user, request, versions[request.profile], compare, started))
        started = time.perf_counter()
    stored = [outcome for outcome in outcomes if isinstance(outcome, StoredComparison)]
    _store(user, stored)
    _observe(stored, time.perf_counter() - started)
    return outcomes


def _choose_versions(user: User, profiles: Iterable[str]) -> dict[str, ServingVersion]:
    """Return the version that serves the user under each profile, all of one generation."""
    live = get_model_loader().get_live_models()
    return {profile: _choose_version(live, profile, assign_arm(user, profile)) for profile in profiles}


def _choose_version(
    live: LiveModels[Scorer], profile: str, assignment: ExperimentAssignment | None
) -> ServingVersion:
    """Return the version of the user's arm; the champion, and no arm, when that version is not live."""
    model = live.find_by_id(assignment.model_id) if assignment else None
    if model is None:
        return ServingVersion(live.get_champion(profile), live.generation)
    return ServingVersion(model, live.generation, assignment)


def _compare_uncached(request: CompareRequest, model: LoadedModel[Scorer]) -> ComparisonResult:
    return compute_result(request, model.scorer)


def _compare_one(
    user: User, request: CompareRequest, version: ServingVersion, compare: CompareFunction, started: float
) -> BatchOutcome:
    try:
        result = compare(request, version.model)
    except EngineError as error:
        return error
    seconds = time.perf_counter() - started
    prediction = draft_prediction(user, request, version, result, seconds)
    return StoredComparison(prediction, result, version, seconds)


def draft_prediction(
    user: User, request: CompareRequest, version: ServingVersion, result: ComparisonResult, seconds: float
) -> Prediction:
    """Return the prediction of a result, not yet stored, with its review stream drawn."""
    comparison, snapshot, assignment = result.comparison, result.snapshot, version.assignment
    stream, chance = draw_review_stream(comparison.verdict.value)
    return Prediction(
        user=user,
        model_id=version.model.id,
        name1=request.name1,
        name2=request.name2,
        pair_digest=result.pair_digest,
        context=serialize_context(request.context),
        words=result.quoted_json,
        differences=result.differences,
        prediction=comparison.prediction,
        verdict=comparison.verdict.value,
        confidence=round(comparison.confidence, 4),
        material_probability=round(comparison.material_probability, 4),
        profile=comparison.profile.id,
        kind=comparison.kind.value,
        features=snapshot.features,
        mix=snapshot.mix,
        rules_version=engine.RULES_VERSION,
        generation=version.generation,
        experiment_id=assignment.experiment_id if assignment else None,
        variant=assignment.arm if assignment else "",
        cached=result.is_cached,
        latency_ms=round(seconds * 1000),
        stream=stream,
        selection_probability=chance,
    )


def _store(user: User, stored: Sequence[StoredComparison]) -> None:
    """Insert the predictions in one statement; exposures to experiments go in the same transaction."""
    predictions = [each.prediction for each in stored]
    assignments = {each.version.assignment for each in stored if each.version.assignment}
    if not assignments:
        insert_rows(predictions)
        return
    with transaction.atomic():
        insert_rows(predictions)
        for assignment in assignments:
            record_exposure(user, assignment)


def _observe(stored: Sequence[StoredComparison], storing_seconds: float) -> None:
    """Count the predictions; each takes its own time and an equal part of the time to store all of them."""
    for each in stored:
        row, seconds = each.prediction, each.seconds + storing_seconds / len(stored)
        metrics.observe_comparison(row.profile, row.verdict, row.cached, seconds, row.generation)


@transaction.atomic
def reveal_names(prediction: Prediction, actor: User) -> tuple[str, str]:
    """Return the names to a user who may see them, and record that they were revealed."""
    trail.record_event("prediction.names_revealed", prediction, actor)
    return prediction.name1, prediction.name2
