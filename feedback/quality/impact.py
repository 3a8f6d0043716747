"""The impact of a reviewer's decisions: predictions on the same pairs that the next model changes."""

from __future__ import annotations

from typing import NamedTuple

from django.core.cache import cache

from accounts.models import User
from feedback.models import Feedback
from matching import engine
from matching.compare.request import load_context
from matching.engine import EngineError, Scorer
from matching.models import Prediction
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion

MAX_DECISIONS = 50
_CACHE_SECONDS = 24 * 60 * 60


class FeedbackImpact(NamedTuple):
    """Number of predictions that a version changes among the ``decisions`` pairs it was trained on."""

    decisions: int
    changed_predictions: int
    version: str


def measure_impact(reviewer: User) -> FeedbackImpact | None:
    """Return the impact of the latest ``MAX_DECISIONS`` decisions; ``None`` if none was trained on."""
    rows = Feedback.objects.not_withdrawn().filter(reviewer=reviewer, processed=True)
    used = rows.filter(training_run__model__isnull=False, prediction__erased_at=None)
    last = list(used.select_related("prediction", "training_run__model").order_by("-id")[:MAX_DECISIONS])
    if not last or last[0].training_run is None or last[0].training_run.model is None:
        return None
    version = last[0].training_run.model
    key = f"impact:{reviewer.pk}:{version.pk}:{last[0].pk}"
    changed = cache.get(key)
    if changed is None:
        changed = _count_changed_predictions(version, [row.prediction for row in last])
        cache.set(key, changed, _CACHE_SECONDS)
    return FeedbackImpact(len(last), changed, str(version))


def _count_changed_predictions(version: ModelVersion, predictions: list[Prediction]) -> int:
    scorer = build_scorer(bytes(version.artefact.content))
    return sum(_has_changed(scorer, row) for row in predictions)


def _has_changed(scorer: Scorer, row: Prediction) -> bool:
    try:
        result = engine.compare(row.name1, row.name2, row.profile, row.kind, load_context(row), scorer)
    except EngineError:
        return False
    return result.prediction != row.prediction
