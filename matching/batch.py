"""Many questions in one request: one generation for all, one transaction for all answers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.models import User
from accounts.rows import insert
from experiments.services import Assignment, assign, expose
from matching import engine, metrics
from matching.engine import EngineError, Scorer
from matching.models import Prediction
from matching.pairs import pair_digest
from matching.questions import Question
from matching.services import Answer, Scored, draft, live, version_for
from matching.working import of_comparison
from modelops.serving.loader import Served

MAX_PAIRS = 1_000
"""Questions of one batch."""

Part = tuple[Served[Scorer], Assignment | None]


def compare_batch(user: User, questions: Sequence[Question]) -> list[Answer | EngineError]:
    """Answer questions in order and store the answers; a question that cannot be answered gives its error.

    The score cache is left alone: the model's share of a batch, all that it could save, is a tenth. Raises
    ``NoLiveModelError`` before a model was made live; then nothing is stored.
    """
    fleet = live().fleet()
    asked = {question.profile for question in questions}
    parts = {profile: version_for(fleet, assign(user, profile), profile) for profile in asked}
    drafted = [_drafted(user, question, parts, fleet.generation) for question in questions]
    given = [answer for answer in drafted if isinstance(answer, Answer)]
    _store(user, given, [met for _, met in parts.values() if met])
    for answer in given:
        _observe(answer.prediction)
    return drafted


def _drafted(
    user: User, question: Question, parts: Mapping[str, Part], generation: int
) -> Answer | EngineError:
    started = time.perf_counter()
    served, met = parts[question.profile]
    try:
        comparison = engine.compare(
            question.name1, question.name2, question.profile, question.kind, question.context, served.scorer
        )
    except EngineError as error:
        return error
    worked = of_comparison(comparison, pair_digest(question.name1, question.name2))
    return draft(user, Scored(question, worked, served, met, generation, False, started))


@transaction.atomic
def _store(user: User, given: Sequence[Answer], met: Sequence[Assignment]) -> None:
    """Write all answers or none, then what the user met."""
    insert([answer.prediction for answer in given])
    for assignment in met if given else ():
        expose(user, assignment)


def _observe(stored: Prediction) -> None:
    metrics.observe(
        stored.profile, stored.verdict, stored.cached, stored.latency_ms / 1000, stored.generation
    )
