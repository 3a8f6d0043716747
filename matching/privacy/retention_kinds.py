"""The rows of this app with a retention period: shadow scores and replays. Predictions are not deleted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.ids import build_min_uuid7
from accounts.privacy.retention import build_row_kind
from matching.models import Replay, ShadowScore


def _find_old_scores(moment: datetime) -> QuerySet[ShadowScore]:
    return ShadowScore.objects.filter(prediction_id__lt=build_min_uuid7(moment))


def _find_old_replays(moment: datetime) -> QuerySet[Replay]:
    return Replay.objects.filter(finished_at__lt=moment)


RETENTION_KINDS = (
    build_row_kind(
        "shadow_scores", gettext_lazy("Shadow scores of challengers and shadows"), 90, _find_old_scores
    ),
    build_row_kind("replays", gettext_lazy("Finished replays"), 365, _find_old_replays),
)
