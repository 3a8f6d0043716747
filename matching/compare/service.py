"""The compare path, from a request to a stored prediction; one pipeline for single requests and batches.

Choose the model version, compare, draft the prediction, store it, and observe it in the metrics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from django.db import DEFAULT_DB_ALIAS, transaction

from accounts.audit import trail
from accounts.bulk_insert import insert_rows
from accounts.models import User
from experiments.enrolment import ExperimentAssignment, assign_arm, record_exposure, report_error
from matching import engine
from matching.compare.cached_compare import compare_cached
from matching.compare.metrics import observe_comparison
from matching.compare.precedents import find_precedent_reviews, insert_unless_decided
from matching.compare.request import CompareRequest, serialize_context
from matching.compare.result import ComparisonResult, compute_result
from matching.compare.sampling import draw_review_stream
from matching.engine import EngineError, Scorer
from matching.models import Prediction, PredictionReview, PredictionSource
from matching.serving.live_models import get_model_loader
from matters.models import Matter
from modelops.models import ModelVersion
from modelops.serving.loader import LiveModels, LoadedModel

MAX_BATCH_PAIRS = 1_000
"""Most requests of one batch."""


@dataclass(frozen=True)
class ServingVersion:
    """The model version that serves a user under a profile, and the experiment arm that chose it, if any."""

    model: LoadedModel[Scorer]
    generation: int
    assignment: ExperimentAssignment | None = None

    @cached_property
    def row(self) -> ModelVersion:
        """The row of the version with the columns that a response shows; others are read when used."""
        columns = ("id", "name", "version")
        values = [getattr(self.model, column) for column in columns]
        return ModelVersion.from_db(DEFAULT_DB_ALIAS, columns, values)


CompareFunction = Callable[[CompareRequest, LoadedModel[Scorer]], ComparisonResult]
BatchOutcome = Prediction | EngineError


def compare_and_store(
    user: User,
    request: CompareRequest,
    source: PredictionSource = PredictionSource.API,
    matter: Matter | None = None,
) -> Prediction:
    """Compare two names, from the caches where possible, and return the stored prediction.

    A comparison of a matter leaves nothing in the caches and takes nothing from them: whether an answer was
    cached tells that somebody has asked the same before.

    Raises ``EngineError`` for names, profiles or kinds that cannot be compared, ``NoLiveModelError`` before a
    model was made live.
    """
    compare = compare_cached if matter is None else _compare_uncached
    (outcome,) = _run_pipeline(user, [request], compare, source, matter)
    if isinstance(outcome, EngineError):
        raise outcome
    return outcome


def compare_batch(
    user: User, requests: Sequence[CompareRequest], matter: Matter | None = None
) -> list[BatchOutcome]:
    """Compare many pairs under one generation of models and insert the predictions in one statement.

    Outcomes are in the order of the requests; one that cannot be compared has its error in place. The caches
    are not used: the model takes a tenth of the time of a batch, which is all that they could save. Raises
    ``NoLiveModelError`` before a model was made live; then nothing is stored.
    """
    return _run_pipeline(user, requests, _compare_uncached, PredictionSource.BATCH, matter)


def _run_pipeline(
    user: User,
    requests: Sequence[CompareRequest],
    compare: CompareFunction,
    source: PredictionSource,
    matter: Matter | None,
) -> list[BatchOutcome]:
    """Compare and store; the time of a pair runs from the end of the pair before it."""
    times = [time.perf_counter()]
    versions = _choose_versions(user, {request.profile for request in requests})
    outcomes: list[BatchOutcome] = []
    for request in requests:
        outcomes.append(_compare_one(user, request, versions[request.profile], compare, times[-1]))
        times.append(time.perf_counter())
    seconds = [end - start for start, end in pairwise(times)]
    stored = {row: own for row, own in zip(outcomes, seconds, strict=True) if isinstance(row, Prediction)}
    for row in stored:
        row.source, row.matter = source, matter
        if matter:  # no sample goes to reviewers, who would have to be members: a member asks
            row.stream, row.selection_probability = "", None
    pairs = [(own, row) for own, row in zip(requests, outcomes, strict=True) if isinstance(row, Prediction)]
    _store(user, pairs, versions)
    _observe(stored, time.perf_counter() - times[-1], source)
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
    except Exception:
        if version.assignment:
            report_error(user, version.assignment)
        raise
    return draft_prediction(user, request, version, result, time.perf_counter() - started)


def draft_prediction(
    user: User, request: CompareRequest, version: ServingVersion, result: ComparisonResult, seconds: float
) -> Prediction:
    """Return the prediction of a result, not yet stored, with its review stream drawn."""
    comparison, snapshot, assignment = result.comparison, result.snapshot, version.assignment
    stream, chance = draw_review_stream(comparison.verdict.value)
    return Prediction(
        user=user,
        model=version.row,
        name1=request.name1,
        name2=request.name2,
        pair_digest=result.pair_digest,
        context=serialize_context(request.context),
        words=result.quoted_json,
        differences=result.differences,
        prediction=comparison.prediction,
        verdict=comparison.verdict.value,
        confidence=None if comparison.confidence is None else round(comparison.confidence, 4),
        material_probability=round(comparison.material_probability, 4),
        profile=comparison.profile.id,
        kind=comparison.kind.value,
        features=snapshot.features,
        traits=snapshot.traits,
        rules_version=engine.RULES_VERSION,
        generation=version.generation,
        experiment_id=assignment.experiment_id if assignment else None,
        variant=assignment.arm if assignment else "",
        cached=result.is_cached,
        latency_ms=round(seconds * 1000),
        stream=stream,
        selection_probability=chance,
    )


def _store(
    user: User,
    pairs: Sequence[tuple[CompareRequest, Prediction]],
    versions: Mapping[str, ServingVersion],
) -> None:
    """Insert the predictions in one statement; reviews and exposures go in the same transaction."""
    used = [versions[profile] for profile in {request.profile for request, _ in pairs}]
    assignments = {version.assignment for version in used if version.assignment}
    if len(pairs) == 1 and not assignments and insert_unless_decided(user, *pairs[0]):
        return
    predictions, reviews = [row for _, row in pairs], find_precedent_reviews(user, pairs)
    if not assignments and not reviews:
        insert_rows(predictions)
        return
    with transaction.atomic():
        insert_rows(predictions)
        PredictionReview.objects.bulk_create(reviews)
        for assignment in assignments:
            record_exposure(user, assignment)


def _observe(
    seconds_by_prediction: Mapping[Prediction, float], storing_seconds: float, source: PredictionSource
) -> None:
    """Count the predictions; each takes its own time and an equal part of the time to store all of them."""
    share = storing_seconds / max(1, len(seconds_by_prediction))
    for row, seconds in seconds_by_prediction.items():
        observe_comparison(row.profile, row.verdict, row.model.version, source, seconds + share)


@transaction.atomic
def reveal_names(prediction: Prediction, actor: User) -> tuple[str, str]:
    """Return the names to a user who may see them, and record that they were revealed."""
    trail.record_event("prediction.names_revealed", prediction, actor)
    return prediction.name1, prediction.name2
