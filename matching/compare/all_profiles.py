"""The same pair under every profile: read once, answered by the champions, never stored."""

from __future__ import annotations

import json
from typing import NamedTuple

from matching import engine
from matching.compare.request import CompareRequest
from matching.compare.score_cache import CachingScorer
from matching.engine import Comparison, Context, load_profiles
from matching.models import Prediction
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError


class ProfileOutcome(NamedTuple):
    """What another profile says about a pair."""

    profile: str
    title: str
    verdict: str
    reason: str


def compare_other_profiles(prediction: Prediction) -> tuple[ProfileOutcome, ...]:
    """Read a stored pair under every other profile, by today's rules and live models; nothing without one."""
    asked = CompareRequest(
        prediction.name1, prediction.name2, kind=prediction.kind, context=load_context(prediction)
    )
    try:
        return tuple(
            ProfileOutcome(
                id_, found.profile.title, found.verdict.value, _extract_first_sentence(found.reason)
            )
            for id_, found in compare_all_profiles(asked).items()
            if id_ != prediction.profile
        )
    except (NoLiveModelError, ArtefactVerificationError):
        return ()


def compare_all_profiles(question: CompareRequest) -> dict[str, Comparison]:
    """Answer a question under every profile, whichever it names; each model is asked once.

    Raises ``EngineError`` for names or kinds that cannot be compared, ``NoLiveModelError`` before a model was
    made live.
    """
    fleet = get_model_loader().get_live_models()
    serving = {id_: fleet.get_champion(id_) for id_ in load_profiles()}
    asked = {served.id: CachingScorer(served.scorer) for served in serving.values()}
    scorers = {id_: asked[served.id] for id_, served in serving.items()}
    return engine.compare_profiles(question.name1, question.name2, question.kind, question.context, scorers)


def load_context(prediction: Prediction) -> Context:
    """Return what was said about the two names when they were compared."""
    return Context(**json.loads(prediction.context)) if prediction.context else Context()


def _extract_first_sentence(reason: str) -> str:
    """Return what was found, without the explanation that follows the quoted words."""
    found, ends, _ = reason.partition("). ")
    return f"{found})." if ends else reason
