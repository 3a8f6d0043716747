"""A stored question asked again, of another version. Names are read by the machine alone and go nowhere."""

from __future__ import annotations

from matching import engine
from matching.compare.all_profiles import load_context
from matching.engine import Comparison, Scorer
from matching.models import Prediction


def rescore_prediction(prediction: Prediction, scorer: Scorer) -> Comparison:
    """Return what a version answers, by today's rules. Raises ``EngineError`` for what cannot be read now."""
    return engine.compare(
        prediction.name1,
        prediction.name2,
        prediction.profile,
        prediction.kind,
        load_context(prediction),
        scorer,
    )
