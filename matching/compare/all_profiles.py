"""One pair under every profile: parsed once, scored by the champion of each profile, never stored."""

from __future__ import annotations

from typing import NamedTuple

from matching import engine
from matching.compare.language import show_comparison, show_text
from matching.compare.request import CompareRequest, load_request
from matching.engine import Comparison, load_profiles
from matching.models import Prediction
from matching.serving.live_models import get_model_loader
from modelops.serving.loader import ArtefactVerificationError, NoLiveModelError


class ProfileOutcome(NamedTuple):
    """The verdict on a pair under one profile, with the first sentence of its reason."""

    profile: str
    title: str
    verdict: str
    reason: str


def compare_other_profiles(prediction: Prediction) -> tuple[ProfileOutcome, ...]:
    """Compare a stored pair under every other profile by the current rules; empty without a model."""
    try:
        comparisons = compare_all_profiles(load_request(prediction))
    except (NoLiveModelError, ArtefactVerificationError):
        return ()
    return tuple(
        ProfileOutcome(
            profile,
            show_text(comparison.profile.title),
            comparison.verdict.value,
            _extract_first_sentence(show_comparison(comparison)["reason"]),
        )
        for profile, comparison in comparisons.items()
        if profile != prediction.profile
    )


def compare_all_profiles(request: CompareRequest) -> dict[str, Comparison]:
    """Compare two names under every profile, whichever the request names; parsed once.

    Raises ``EngineError`` for names or kinds that cannot be compared, ``NoLiveModelError`` before a model was
    made live.
    """
    live = get_model_loader().get_live_models()
    champions = {profile: live.get_champion(profile) for profile in load_profiles()}
    scorers = {profile: model.scorer for profile, model in champions.items()}
    return engine.compare_profiles(request.name1, request.name2, request.kind, request.context, scorers)


def _extract_first_sentence(reason: str) -> str:
    """Return a reason up to the end of its quotation, without the explanation that follows."""
    quotation, separator, _ = reason.partition("). ")
    return f"{quotation})." if separator else reason
