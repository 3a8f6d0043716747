"""The same pair under the other profiles: computed for the page, never stored and never counted."""

from __future__ import annotations

import json
from typing import NamedTuple

from matching import engine
from matching.engine import Context, profiles
from matching.models import Prediction
from matching.services import live
from modelops.loader import ArtefactError, NoLiveModelError


class Outlook(NamedTuple):
    """What another profile says about a pair."""

    profile: str
    title: str
    verdict: str
    reason: str


def outlook(prediction: Prediction) -> tuple[Outlook, ...]:
    """Read a stored pair under every other profile, by today's rules and live models; nothing without one."""
    try:
        return tuple(_under(prediction, id_) for id_ in profiles() if id_ != prediction.profile)
    except (NoLiveModelError, ArtefactError):
        return ()


def context_of(prediction: Prediction) -> Context:
    """Return what was said about the two names when they were compared."""
    return Context(**json.loads(prediction.context)) if prediction.context else Context()


def _under(prediction: Prediction, profile: str) -> Outlook:
    scorer = live().fleet().champion(profile).scorer
    found = engine.compare(
        prediction.name1, prediction.name2, profile, prediction.kind, context_of(prediction), scorer
    )
    return Outlook(profile, found.profile.title, found.verdict.value, _first_sentence(found.reason))


def _first_sentence(reason: str) -> str:
    """Return what was found, without the explanation that follows the quoted words."""
    found, ends, _ = reason.partition("). ")
    return f"{found})." if ends else reason
