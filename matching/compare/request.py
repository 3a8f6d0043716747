"""The comparison request: two names, and everything that can change how they are compared."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from matching import engine
from matching.engine import Comparison, Context, Scorer
from matching.models import Prediction


@dataclass(frozen=True)
class CompareRequest:
    """Two names, the profile and kind to compare them under, and the facts the client sent with them.

    ``kind`` is ``auto``, ``organisation`` or ``individual``.
    """

    name1: str
    name2: str
    profile: str = "general"
    kind: str = "auto"
    context: Context = field(default_factory=Context)


def run_engine(request: CompareRequest, scorer: Scorer) -> Comparison:
    """Compare the two names with a model. Raises ``EngineError`` for names, profiles or kinds it rejects."""
    return engine.compare(
        request.name1, request.name2, request.profile, request.kind, request.context, scorer
    )


def load_request(prediction: Prediction) -> CompareRequest:
    """Return the request that a prediction answers; decrypts the names.

    The kind is the one the engine settled on, also where the client sent ``auto``.
    """
    context = load_context(prediction)
    return CompareRequest(prediction.name1, prediction.name2, prediction.profile, prediction.kind, context)


def load_context(prediction: Prediction) -> Context:
    """Return the facts about the two names that the client sent; empty ones when it sent none."""
    return Context(**json.loads(prediction.context)) if prediction.context else Context()


def serialize_context(context: Context) -> str:
    """Return a context as JSON with sorted keys, and an empty context as an empty string."""
    return "" if context == Context() else json.dumps(asdict(context), sort_keys=True)
