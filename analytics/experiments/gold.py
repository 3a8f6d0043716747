"""The gold guardrail: material differences of gold items that a version calls immaterial."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.models import Experiment
from feedback.models import GoldAnswer
from matching.engine import EngineError, Scorer, Verdict
from matching.rescoring.rescore import rescore_prediction
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion
from modelops.serving.loader import read_verified_artefact

_MAX_ITEMS = 200


@dataclass(frozen=True)
class GoldRecall:
    """Of the material gold items: those that each version does not call immaterial."""

    items: int
    found_by_a: int
    found_by_b: int

    @property
    def share_a(self) -> float:
        """Recall of A in [0, 1]; 1 without an item."""
        return self.found_by_a / self.items if self.items else 1.0

    @property
    def share_b(self) -> float:
        """Recall of B in [0, 1]; 1 without an item."""
        return self.found_by_b / self.items if self.items else 1.0


def measure_gold_recall(experiment: Experiment) -> GoldRecall:
    """Let both versions answer the newest material gold items. Raises ``ArtefactVerificationError``."""
    answers = GoldAnswer.objects.filter(material=True, retired_at=None, prediction__erased_at=None)
    items = list(answers.select_related("prediction")[:_MAX_ITEMS])
    if not items:
        return GoldRecall(0, 0, 0)
    scorers = (_load_scorer(experiment.model_a), _load_scorer(experiment.model_b))
    found_by_a, found_by_b = (sum(_finds(item, scorer) for item in items) for scorer in scorers)
    return GoldRecall(len(items), found_by_a, found_by_b)


def _load_scorer(version: ModelVersion) -> Scorer:
    return build_scorer(read_verified_artefact(version))


def _finds(item: GoldAnswer, scorer: Scorer) -> bool:
    """Return whether a version calls the pair material or sends it to a reviewer."""
    try:
        return rescore_prediction(item.prediction, scorer).verdict != Verdict.IMMATERIAL
    except EngineError:  # names that this program rejects are answered by nobody
        return True
