"""A stored comparison repeated with another model version. The names are decrypted here and not passed on."""

from __future__ import annotations

from matching.compare.request import load_request, run_engine
from matching.engine import Comparison, Scorer
from matching.models import Prediction


def rescore_prediction(prediction: Prediction, scorer: Scorer) -> Comparison:
    """Return what a version predicts by the current rules. Raises ``EngineError`` for names they reject."""
    return run_engine(load_request(prediction), scorer)
