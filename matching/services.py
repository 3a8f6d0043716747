"""The compare path, from two names to a stored answer."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.rows import insert
from experiments.services import Assignment, assign, expose
from matching import engine, golden, metrics, sampling
from matching.engine import Scorer
from matching.engine.scorer import load_scorer
from matching.models import Prediction, Stream, Verdict
from matching.questions import Question
from matching.working import Worked, context_text, worked_out
from modelops.serving.loader import Fleet, Loader, Served


@dataclass(frozen=True)
class Answer:
    """The stored prediction, the words that may quote the names, and the version that scored."""

    prediction: Prediction
    words: dict[str, Any]
    served: Served[Scorer]


@dataclass(frozen=True)
class Scored:
    """A comparison on its way to the table."""

    question: Question
    worked: Worked
    served: Served[Scorer]
    met: Assignment | None
    generation: int
    cached: bool
    started: float

    @property
    def latency_ms(self) -> int:
        """Milliseconds since the question came."""
        return round((time.perf_counter() - self.started) * 1000)


def build_scorer(content: bytes) -> Scorer:
    """Turn an artefact into a warmed scorer. Raises ``ArtefactError`` if it does not fit this engine."""
    scorer = load_scorer(content)
    engine.compare("Warm Up Holdings, Inc.", "Warmup Holding LLC", scorer=scorer)
    return scorer


@lru_cache(maxsize=1)
def live() -> Loader[Scorer]:
    """Return this process's loader."""
    return Loader(build_scorer, golden.check, engine.compute_schema_hash())


def compare(user: User, question: Question) -> Answer:
    """Answer a question and store the answer.

    Raises ``EngineError`` for names, profiles or kinds that cannot be compared, ``NoLiveModelError`` before a
    model was made live.
    """
    started = time.perf_counter()
    fleet = live().fleet()
    served, met = version_for(fleet, assign(user, question.profile), question.profile)
    worked, cached = worked_out(served, question)
    given = store(user, Scored(question, worked, served, met, fleet.generation, cached, started))
    stored, seconds = given.prediction, time.perf_counter() - started
    metrics.observe(stored.profile, stored.verdict, stored.cached, seconds, fleet.generation)
    return given


def store(user: User, scored: Scored) -> Answer:
    """Write the answer, and the first exposure of a user who takes part in an experiment."""
    given = draft(user, scored)
    insert([given.prediction])
    if scored.met:
        expose(user, scored.met)
    return given


def draft(user: User, scored: Scored) -> Answer:
    """Return the answer with its prediction, which the caller writes."""
    worked, met = scored.worked, scored.met
    comparison, watched = worked.comparison, worked.watched
    stream, chance = _stream(comparison.verdict.value)
    prediction = Prediction(
        user=user,
        model_id=scored.served.id,
        name1=scored.question.name1,
        name2=scored.question.name2,
        pair_digest=worked.pair_digest,
        context=context_text(scored.question.context),
        words=worked.text,
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
        cached=scored.cached,
        latency_ms=scored.latency_ms,
        stream=stream,
        selection_probability=chance,
    )
    return Answer(prediction, worked.words, scored.served)


@transaction.atomic
def reveal(prediction: Prediction, actor: User) -> tuple[str, str]:
    """Return the names to a person who may see them, and record that they were seen."""
    audit.record("prediction.names_revealed", prediction, actor)
    return prediction.name1, prediction.name2


def version_for(
    fleet: Fleet[Scorer], met: Assignment | None, profile: str
) -> tuple[Served[Scorer], Assignment | None]:
    """Return the version of the user's arm, or the champion, and no arm, when that version is not live."""
    served = fleet.version(met.model_id) if met else None
    return (served, met) if served else (fleet.champion(profile), None)


def _stream(verdict: str) -> tuple[str, float | None]:
    """Draw whether a reviewer sees the answer, by which stream, and with what chance it was picked.

    The audit stream is drawn first and from everything, so that its weights are right for all traffic: it is
    the only unbiased source of estimates.
    """
    shares = sampling.policy()
    if random.random() < shares.audit:  # noqa: S311 - a sample, not a secret
        return Stream.AUDIT, shares.audit
    chance = (1 - shares.audit) * shares.uncertain
    if verdict == Verdict.REVIEW and random.random() < shares.uncertain:  # noqa: S311 - as above
        return Stream.UNCERTAIN, chance
    return "", None
