"""The compare path, from two names to a stored answer."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.audit import trail
from accounts.bulk_insert import insert_rows
from accounts.models import User
from experiments.services import ExperimentAssignment, assign_arm, record_exposure
from matching import engine
from matching.compare import metrics, sampling
from matching.compare.cached_compare import CachedComparison, get_comparison, serialize_context
from matching.compare.request import CompareRequest
from matching.engine import Scorer
from matching.models import Prediction, ReviewStream, VerdictChoice
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import LiveModels, LoadedModel


@dataclass(frozen=True)
class StoredComparison:
    """The stored prediction, the words that may quote the names, and the version that scored."""

    prediction: Prediction
    quoted_text: dict[str, Any]
    loaded_model: LoadedModel[Scorer]


@dataclass(frozen=True)
class ScoredRequest:
    """A comparison on its way to the table."""

    compare_request: CompareRequest
    result: CachedComparison
    loaded_model: LoadedModel[Scorer]
    assignment: ExperimentAssignment | None
    generation: int
    is_cached: bool
    start_time: float

    @property
    def latency_ms(self) -> int:
        """Milliseconds since the question came."""
        return round((time.perf_counter() - self.start_time) * 1000)


def compare_and_store(user: User, question: CompareRequest) -> StoredComparison:
    """Answer a question and store the answer.

    Raises ``EngineError`` for names, profiles or kinds that cannot be compared, ``NoLiveModelError`` before a
    model was made live.
    """
    started = time.perf_counter()
    fleet = get_model_loader().get_live_models()
    served, met = select_version(fleet, assign_arm(user, question.profile), question.profile)
    worked, cached = get_comparison(served, question)
    given = store_comparison(
        user, ScoredRequest(question, worked, served, met, fleet.generation, cached, started)
    )
    stored, seconds = given.prediction, time.perf_counter() - started
    metrics.observe_comparison(stored.profile, stored.verdict, stored.cached, seconds, fleet.generation)
    return given


def store_comparison(user: User, scored: ScoredRequest) -> StoredComparison:
    """Write the answer, and the first exposure of a user who takes part in an experiment."""
    given = draft_comparison(user, scored)
    insert_rows([given.prediction])
    if scored.assignment:
        record_exposure(user, scored.assignment)
    return given


def draft_comparison(user: User, scored: ScoredRequest) -> StoredComparison:
    """Return the answer with its prediction, which the caller writes."""
    worked, met = scored.result, scored.assignment
    comparison, watched = worked.comparison, worked.snapshot
    stream, chance = _draw_review_stream(comparison.verdict.value)
    prediction = Prediction(
        user=user,
        model_id=scored.loaded_model.id,
        name1=scored.compare_request.name1,
        name2=scored.compare_request.name2,
        pair_digest=worked.pair_digest,
        context=serialize_context(scored.compare_request.context),
        words=worked.quoted_json,
        differences=worked.differences,
        prediction=comparison.prediction,
        verdict=comparison.verdict.value,
        confidence=round(comparison.confidence, 4),
        material_probability=round(comparison.material_probability, 4),
        profile=comparison.profile.id,
        kind=comparison.kind.value,
        features=watched.features,
        mix=watched.mix,
        rules_version=engine.RULES_VERSION,
        generation=scored.generation,
        experiment_id=met.experiment_id if met else None,
        variant=met.arm if met else "",
        cached=scored.is_cached,
        latency_ms=scored.latency_ms,
        stream=stream,
        selection_probability=chance,
    )
    return StoredComparison(prediction, worked.quoted_text, scored.loaded_model)


@transaction.atomic
def reveal_names(prediction: Prediction, actor: User) -> tuple[str, str]:
    """Return the names to a person who may see them, and record that they were seen."""
    trail.record_event("prediction.names_revealed", prediction, actor)
    return prediction.name1, prediction.name2


def select_version(
    fleet: LiveModels[Scorer], met: ExperimentAssignment | None, profile: str
) -> tuple[LoadedModel[Scorer], ExperimentAssignment | None]:
    """Return the version of the user's arm, or the champion, and no arm, when that version is not live."""
    served = fleet.find_by_id(met.model_id) if met else None
    return (served, met) if served else (fleet.get_champion(profile), None)


def _draw_review_stream(verdict: str) -> tuple[str, float | None]:
    """Draw whether a reviewer sees the answer, by which stream, and with what chance it was picked.

    The audit stream is drawn first and from everything, so that its weights are right for all traffic: it is
    the only unbiased source of estimates.
    """
    shares = sampling.get_policy()
    if random.random() < shares.audit:  # noqa: S311 - a sample, not a secret
        return ReviewStream.AUDIT, shares.audit
    chance = (1 - shares.audit) * shares.uncertain
    if verdict == VerdictChoice.REVIEW and random.random() < shares.uncertain:  # noqa: S311 - as above
        return ReviewStream.UNCERTAIN, chance
    return "", None
