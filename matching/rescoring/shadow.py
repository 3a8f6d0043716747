"""Shadow scores: what other live versions would have predicted, computed after the prediction is stored.

Requests take no part in it. Every few seconds a worker reads the predictions stored since its last run,
scores them with the challengers and shadows, and with a champion the answers that its challenger gave in
an experiment; it stores the scores. A prediction with another verdict enters the review stream
``disagreement`` with the probability of the policy.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from accounts.ids import build_min_uuid7
from experiments.models import Experiment
from matching.compare import sampling
from matching.engine import EngineError, Scorer
from matching.models import Prediction, ReviewStream, ShadowCursor, ShadowScore
from matching.rescoring.rescore import rescore_prediction
from matching.serving.live_models import get_model_loader
from modelops.models import EVERY_PROFILE, LiveSlot, ServingRole
from modelops.serving.loader import LoadedModel, NoLiveModelError

MAX_BATCH = 2_000
"""Most predictions that one run scores for one slot."""
MIN_AGE = timedelta(seconds=3)
"""Younger predictions wait, because one with a smaller id may not be committed yet."""


def score_new_predictions(now: datetime | None = None) -> int:
    """Score the predictions since the last run for every slot; return how many scores were stored."""
    try:
        live = get_model_loader().get_live_models()
    except NoLiveModelError:
        return 0
    end = build_min_uuid7((now or timezone.now()) - MIN_AGE)
    compared = Q(deployment__model__in=Experiment.objects.running().values("model_a"))
    slots = LiveSlot.objects.filter(~Q(role=ServingRole.CHAMPION) | compared).select_related("deployment")
    versions = [(slot, live.find_by_id(slot.deployment.model_id)) for slot in slots]
    return sum(_score_slot(slot, model, end) for slot, model in versions if model)


@transaction.atomic
def _score_slot(slot: LiveSlot, model: LoadedModel[Scorer], end: UUID) -> int:
    """Score one batch and move the cursor, both or neither; skip a slot that another worker has locked."""
    start = build_min_uuid7(_find_start(slot))
    ShadowCursor.objects.get_or_create(profile=slot.profile, model_id=model.id, defaults={"last": start})
    cursors = ShadowCursor.objects.filter(profile=slot.profile, model_id=model.id)
    cursor = cursors.select_for_update(skip_locked=True).first()
    if cursor is None:
        return 0
    last = max(cursor.last, start)
    rows = list(_get_predictions(slot).filter(pk__gt=last, pk__lt=end).order_by("pk")[:MAX_BATCH])
    if not rows:
        return 0
    scores = [score for row in rows if (score := _score_prediction(row, slot.role, model))]
    ShadowScore.objects.bulk_create(scores, ignore_conflicts=True)
    _sample_disagreements([score for score in scores if not score.agrees])
    cursor.last = rows[-1].pk
    cursor.save(update_fields=["last"])
    return len(scores)


def _find_start(slot: LiveSlot) -> datetime:
    """Return when a slot began to be compared: a champion with the experiment, others when they went live."""
    if slot.role != ServingRole.CHAMPION:
        return slot.deployment.at
    running = Experiment.objects.running().filter(model_a=slot.deployment.model_id)
    return running.aggregate(first=Min("start_date"))["first"] or timezone.now()


def _get_predictions(slot: LiveSlot) -> QuerySet[Prediction]:
    """Return what a slot scores: its profile, or every profile without a slot of its own in that role."""
    if slot.profile != EVERY_PROFILE:
        return Prediction.objects.filter(profile=slot.profile, erased_at=None)
    own = LiveSlot.objects.filter(role=slot.role).exclude(profile=EVERY_PROFILE).values("profile")
    return Prediction.objects.exclude(profile__in=own).filter(erased_at=None)


def _score_prediction(row: Prediction, role: str, model: LoadedModel[Scorer]) -> ShadowScore | None:
    """Return the score of a version; ``None`` for its own predictions and for names this program rejects."""
    if row.model_id == model.id:
        return None
    try:
        comparison = rescore_prediction(row, model.scorer)
    except EngineError:
        return None
    return ShadowScore(
        prediction=row,
        model_id=model.id,
        role=role,
        material_probability=round(comparison.material_probability, 4),
        verdict=comparison.verdict.value,
        agrees=comparison.verdict.value == row.verdict,
    )


def _sample_disagreements(disagreeing: Sequence[ShadowScore]) -> None:
    """Send predictions of no stream and no matter to review, with the probability of the policy."""
    policy = sampling.get_policy()
    if not policy.disagreement:
        return
    chance = policy.disagreement * (1 - policy.audit)
    drawn = [score.prediction_id for score in disagreeing if random.random() < policy.disagreement]  # noqa: S311
    unassigned = Prediction.objects.filter(pk__in=drawn, stream="", matter=None)
    unassigned.update(stream=ReviewStream.DISAGREEMENT, selection_probability=chance)
