"""Put predictions into the review queue: single ones, and those sampled by a stream within its quota."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.ids import build_min_uuid7
from feedback.models import ReviewItem, ReviewStage
from feedback.review.outcome import create_reviews, update_review
from feedback.review.routing import STREAM_PRIORITIES, compute_due_at
from matching.compare import sampling
from matching.models import Prediction, ReviewStream, ShadowScore

_LOOKBACK = timedelta(minutes=10)
"""A prediction becomes visible a little after its ``created_at``, so each run looks back this far."""

_ENQUEUE_LOCK = 0x6C6E63_05
"""Key of the advisory lock that lets one process at a time enqueue."""

_DISAGREEMENT_WINDOW = timedelta(days=1)
_MAX_DISAGREEMENTS = 1_000
_SAMPLING_BUCKETS = 1 << 20


class _SampledPrediction(NamedTuple):
    """A prediction that a stream sampled, with the probability of that."""

    pk: UUID
    stream: str
    selection_probability: float | None
    created_at: datetime
    profile: str
    user_id: UUID


_COLUMNS = _SampledPrediction._fields


@transaction.atomic
def enqueue_sampled_predictions() -> int:
    """Create review items for newly sampled predictions and return how many.

    When a stream sampled more than its daily quota allows, a random subset is taken and the stored selection
    probabilities are scaled down accordingly. While another process enqueues, return 0 at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ENQUEUE_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    by_stream: dict[str, list[_SampledPrediction]] = defaultdict(list)
    for row in [*_find_sampled_predictions(), *_sample_disagreements()]:
        by_stream[row.stream].append(row)
    return sum(_create_items(stream, rows) for stream, rows in by_stream.items())


@transaction.atomic
def enqueue_prediction(
    prediction: Prediction,
    stream: ReviewStream,
    chance: float = 1.0,
    priority: int | None = None,
    latest: datetime | None = None,
) -> ReviewItem:
    """Put one prediction into the queue by a stream and return its item.

    ``priority`` replaces that of the stream; the item is due at ``latest`` at the latest. An item that exists
    takes over stream, priority and due time; a finished one is reopened, a claimed one stays claimed.
    """
    priority = STREAM_PRIORITIES[stream] if priority is None else priority
    due_at = compute_due_at(timezone.now(), priority, prediction.profile)
    urgency = {
        "stream": stream,
        "selection_probability": chance,
        "priority": priority,
        "due_at": min(due_at, latest) if latest else due_at,
    }
    item, created = ReviewItem.objects.select_for_update().get_or_create(
        prediction=prediction, stage=ReviewStage.FIRST, defaults=urgency
    )
    if not created:
        reopened = {"state": ReviewItem.State.OPEN, "done_at": None} if item.done_at else {}
        ReviewItem.objects.filter(pk=item.pk).update(**urgency, **reopened)
    update_review(prediction)
    return item


def _find_sampled_predictions() -> list[_SampledPrediction]:
    """Return sampled predictions without an item, created since shortly before the newest sampled item."""
    # Appeals, requests, gold items and later stages are created on their own: they do not mark how far
    # sampling came.
    sampled = ReviewItem.objects.filter(stage=ReviewStage.FIRST).exclude(
        stream__in=[ReviewStream.APPEAL, ReviewStream.REQUEST, ReviewStream.GOLD]
    )
    newest = sampled.order_by("-created_at").values_list("created_at", flat=True).first()
    rows = Prediction.objects.for_review(newest - _LOOKBACK if newest else None).filter(review_items=None)
    return [_SampledPrediction(*row) for row in rows.exclude(stream=ReviewStream.GOLD).values_list(*_COLUMNS)]


def _sample_disagreements() -> list[_SampledPrediction]:
    """Mark and return predictions of the last day on which a challenger or shadow disagrees.

    The id of a prediction decides whether it is sampled, so that a second run samples the same ones.
    """
    rate = sampling.get_policy().disagreement
    recent = ShadowScore.objects.disagreements().filter(
        prediction_id__gte=build_min_uuid7(timezone.now() - _DISAGREEMENT_WINDOW),
        prediction__stream="",
        prediction__erased_at=None,
        prediction__matter=None,
    )
    candidates = recent.filter(prediction__review_items=None).values_list("prediction_id", flat=True)
    keys = dict.fromkeys(candidates[:_MAX_DISAGREEMENTS])
    sampled = [pk for pk in keys if pk.int % _SAMPLING_BUCKETS < rate * _SAMPLING_BUCKETS]
    rows = Prediction.objects.filter(pk__in=sampled)
    rows.update(stream=ReviewStream.DISAGREEMENT, selection_probability=rate)
    return [_SampledPrediction(*row) for row in rows.values_list(*_COLUMNS)]


def _create_items(stream: str, rows: list[_SampledPrediction]) -> int:
    """Create items for as many rows as the remaining quota of the stream allows; return how many."""
    quota = _compute_remaining_quota(stream)
    chosen = rows if quota is None or len(rows) <= quota else random.sample(rows, quota)
    factor = len(chosen) / len(rows)
    if factor < 1:
        keys = [row.pk for row in chosen]
        _discard_over_quota({row.pk for row in rows} - set(keys), keys, factor)
    items = [_build_item(row, factor) for row in chosen]
    create_reviews((row.pk, row.user_id) for row in chosen)
    return len(ReviewItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=1_000))


def _compute_remaining_quota(stream: str) -> int | None:
    """Return how many more items a stream may get today, ``None`` without a quota."""
    quota = sampling.get_policy().quotas.get(stream)
    if quota is None:
        return None
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = ReviewItem.objects.filter(stream=stream, stage=ReviewStage.FIRST, created_at__gte=midnight)
    return max(0, quota - today.count())


def _discard_over_quota(discarded: set[UUID], chosen: list[UUID], factor: float) -> None:
    """Clear the sampling mark of discarded predictions and scale the probabilities of the chosen ones."""
    Prediction.objects.filter(pk__in=discarded).update(stream="", selection_probability=None)
    Prediction.objects.filter(pk__in=chosen).update(selection_probability=F("selection_probability") * factor)


def _build_item(row: _SampledPrediction, factor: float) -> ReviewItem:
    priority = STREAM_PRIORITIES[ReviewStream(row.stream)]
    return ReviewItem(
        prediction_id=row.pk,
        stream=row.stream,
        selection_probability=(row.selection_probability or 1.0) * factor,
        priority=priority,
        due_at=compute_due_at(row.created_at, priority, row.profile),
        created_at=row.created_at,
    )
