"""Many questions in one request: one generation for all, one transaction for all answers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.bulk_insert import insert_rows
from accounts.models import User
from experiments.services import ExperimentAssignment, assign_arm, record_exposure
from matching import engine
from matching.compare import metrics
from matching.compare.cached_compare import build_cached_comparison
from matching.compare.request import CompareRequest
from matching.compare.service import ScoredRequest, StoredComparison, draft_comparison, select_version
from matching.engine import EngineError, Scorer
from matching.models import Prediction
from matching.pair_digest import compute_pair_digest
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import LoadedModel

MAX_PAIRS = 1_000
"""Questions of one batch."""

VersionAssignment = tuple[LoadedModel[Scorer], ExperimentAssignment | None]


def compare_batch(user: User, questions: Sequence[CompareRequest]) -> list[StoredComparison | EngineError]:
    """Answer questions in order and store the answers; a question that cannot be answered gives its error.

    The score cache is left alone: the model's share of a batch, all that it could save, is a tenth. Raises
    ``NoLiveModelError`` before a model was made live; then nothing is stored.
    """
    fleet = get_model_loader().get_live_models()
    asked = {question.profile for question in questions}
    parts = {profile: select_version(fleet, assign_arm(user, profile), profile) for profile in asked}
    drafted = [_compare_one(user, question, parts, fleet.generation) for question in questions]
    given = [answer for answer in drafted if isinstance(answer, StoredComparison)]
    _store_predictions(user, given, [met for _, met in parts.values() if met])
    for answer in given:
        _observe_prediction(answer.prediction)
    return drafted


def _compare_one(
    user: User, question: CompareRequest, parts: Mapping[str, VersionAssignment], generation: int
) -> StoredComparison | EngineError:
    started = time.perf_counter()
    served, met = parts[question.profile]
    try:
        comparison = engine.compare(
            question.name1, question.name2, question.profile, question.kind, question.context, served.scorer
        )
    except EngineError as error:
        return error
    worked = build_cached_comparison(comparison, compute_pair_digest(question.name1, question.name2))
    return draft_comparison(user, ScoredRequest(question, worked, served, met, generation, False, started))


@transaction.atomic
def _store_predictions(
    user: User, given: Sequence[StoredComparison], met: Sequence[ExperimentAssignment]
) -> None:
    """Write all answers or none, then what the user met."""
    insert_rows([answer.prediction for answer in given])
    for assignment in met if given else ():
        record_exposure(user, assignment)


def _observe_prediction(stored: Prediction) -> None:
    metrics.observe_comparison(
        stored.profile, stored.verdict, stored.cached, stored.latency_ms / 1000, stored.generation
    )
