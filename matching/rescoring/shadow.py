"""Challengers and shadows beside the traffic: what they would have answered, scored after the answer.

Nothing happens in a request. Every few seconds a worker goes over the answers stored since it last looked,
asks the versions that play another part, and keeps what they say. Where a verdict differs, the answer enters
the reviewers' stream ``disagreement``, with the chance that the policy gives it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.ids import build_min_uuid7
from matching.compare import sampling
from matching.engine import EngineError, Scorer
from matching.models import Prediction, ReviewStream, ShadowCursor, ShadowScore
from matching.rescoring.rescore import rescore_prediction
from matching.serving.live_models import get_model_loader
from modelops.models import EVERY_PROFILE, LiveSlot, ServingRole
from modelops.serving.loader import LoadedModel, NoLiveModelError

MAX_BATCH = 2_000
"""Answers of one slot that one sweep scores, at most."""
MIN_AGE = timedelta(seconds=3)
"""Answers younger than this wait: one with a smaller id may still be on its way to the table."""


def score_new_predictions(now: datetime | None = None) -> int:
    """Score what was answered since the last sweep; return how many scores were kept."""
    try:
        fleet = get_model_loader().get_live_models()
    except NoLiveModelError:
        return 0
    upto = build_min_uuid7((now or timezone.now()) - MIN_AGE)
    beside = LiveSlot.objects.exclude(role=ServingRole.CHAMPION).select_related("deployment")
    slots = [(slot, fleet.find_by_id(slot.deployment.model_id)) for slot in beside]
    return sum(_score_slot(slot, served, upto) for slot, served in slots if served)


@transaction.atomic
def _score_slot(slot: LiveSlot, served: LoadedModel[Scorer], upto: UUID) -> int:
    """Score one batch and move the cursor, both or neither; leave a slot that another worker has alone."""
    start = {"last": build_min_uuid7(slot.deployment.at)}
    ShadowCursor.objects.get_or_create(profile=slot.profile, model_id=served.id, defaults=start)
    mine = ShadowCursor.objects.filter(profile=slot.profile, model_id=served.id)
    cursor = mine.select_for_update(skip_locked=True).first()
    if cursor is None:
        return 0
    rows = list(_get_predictions(slot).filter(pk__gt=cursor.last, pk__lt=upto).order_by("pk")[:MAX_BATCH])
    if not rows:
        return 0
    scores = [score for row in rows if (score := _score_prediction(row, slot.role, served))]
    ShadowScore.objects.bulk_create(scores, ignore_conflicts=True)
    _sample_disagreements([score for score in scores if not score.agrees])
    cursor.last = rows[-1].pk
    cursor.save(update_fields=["last"])
    return len(scores)


def _get_predictions(slot: LiveSlot) -> QuerySet[Prediction]:
    """Answers a slot scores: of its profile, or of every profile without a slot of its own in that part."""
    if slot.profile != EVERY_PROFILE:
        return Prediction.objects.filter(profile=slot.profile, erased_at=None)
    own = LiveSlot.objects.filter(role=slot.role).exclude(profile=EVERY_PROFILE).values("profile")
    return Prediction.objects.exclude(profile__in=own).filter(erased_at=None)


def _score_prediction(row: Prediction, role: str, served: LoadedModel[Scorer]) -> ShadowScore | None:
    """What the version says; nothing of an answer it gave itself, or that this program cannot read."""
    if row.model_id == served.id:
        return None
    try:
        found = rescore_prediction(row, served.scorer)
    except EngineError:
        return None
    return ShadowScore(
        prediction=row,
        model_id=served.id,
        role=role,
        material_probability=round(found.material_probability, 4),
        verdict=found.verdict.value,
        agrees=found.verdict.value == row.verdict,
    )


def _sample_disagreements(disagreeing: Sequence[ShadowScore]) -> None:
    """Put answers nobody has picked yet before a reviewer, with the policy's chance."""
    policy = sampling.get_policy()
    if not policy.disagreement:
        return
    chance = policy.disagreement * (1 - policy.audit)
    drawn = [score.prediction_id for score in disagreeing if random.random() < policy.disagreement]  # noqa: S311
    free = Prediction.objects.filter(pk__in=drawn, stream="")
    free.update(stream=ReviewStream.DISAGREEMENT, selection_probability=chance)
