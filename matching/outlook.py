"""The same pair under every profile: read once, answered by the champions, never stored."""

from __future__ import annotations

import json
from typing import NamedTuple

from matching import engine
from matching.cache import RememberingScorer
from matching.engine import Comparison, Context, load_profiles
from matching.models import Prediction
from matching.questions import Question
from matching.services import live
from modelops.serving.loader import ArtefactError, NoLiveModelError


class Outlook(NamedTuple):
    """What another profile says about a pair."""

    profile: str
    title: str
    verdict: str
    reason: str


def outlook(prediction: Prediction) -> tuple[Outlook, ...]:
    """Read a stored pair under every other profile, by today's rules and live models; nothing without one."""
    asked = Question(prediction.name1, prediction.name2, kind=prediction.kind, context=context_of(prediction))
    try:
        return tuple(
            Outlook(id_, found.profile.title, found.verdict.value, _first_sentence(found.reason))
            for id_, found in every_profile(asked).items()
            if id_ != prediction.profile
        )
    except (NoLiveModelError, ArtefactError):
        return ()


def every_profile(question: Question) -> dict[str, Comparison]:
    """Answer a question under every profile, whichever it names; each model is asked once.

    Raises ``EngineError`` for names or kinds that cannot be compared, ``NoLiveModelError`` before a model was
    made live.
    """
    fleet = live().fleet()
    serving = {id_: fleet.champion(id_) for id_ in load_profiles()}
    asked = {served.id: RememberingScorer(served.scorer) for served in serving.values()}
    scorers = {id_: asked[served.id] for id_, served in serving.items()}
    return engine.compare_profiles(question.name1, question.name2, question.kind, question.context, scorers)


def context_of(prediction: Prediction) -> Context:
    """Return what was said about the two names when they were compared."""
    return Context(**json.loads(prediction.context)) if prediction.context else Context()


def _first_sentence(reason: str) -> str:
    """Return what was found, without the explanation that follows the quoted words."""
    found, ends, _ = reason.partition("). ")
    return f"{found})." if ends else reason
