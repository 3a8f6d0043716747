"""Replays: the comparisons of a day repeated with any model version, in batches that survive their worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.ids import build_min_uuid7
from accounts.models import User
from matching.engine import EngineError, Scorer, compute_schema_hash
from matching.models import Prediction, Replay, ReplayChange
from matching.rescoring.rescore import rescore_prediction
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion, RunStatus
from modelops.serving.loader import ArtefactVerificationError, read_verified_artefact

BATCH_SIZE = 500
MAX_LISTED_CHANGES = 5_000
"""Most changed predictions that are stored one by one; all of them are counted."""
STALL_TIMEOUT = timedelta(minutes=1)
"""Time without progress after which another worker continues a replay."""


class ReplayError(Exception):
    """The day cannot be replayed with this version; the message is fit for the screen."""


@transaction.atomic
def request_replay(day: date, model: ModelVersion, actor: User) -> Replay:
    """Create the replay of a day (UTC) with a model version, and record who requested it.

    Raises :class:`ReplayError` for a day in the future or a version trained for other features.
    """
    if day > timezone.now().date():
        raise ReplayError(gettext("that day has not come yet"))
    if model.schema_hash != compute_schema_hash():
        raise ReplayError(
            gettext("{model} was trained for other features than this program computes").format(model=model)
        )
    replay = Replay.objects.create(day=day, model=model, requested_by=actor)
    replay.total = _get_predictions_of_day(day).count()
    replay.save(update_fields=["total"])
    trail.record_event(
        "replay.requested", replay, actor, day=str(day), version=str(model), answers=replay.total
    )
    return replay


def run_replay(replay_id: UUID) -> Replay:
    """Replay batch by batch to the end of the day; repeatable. Stop at once when another worker runs it."""
    replay = Replay.objects.select_related("model").get(pk=replay_id)
    try:
        scorer = build_scorer(read_verified_artefact(replay.model))
        while _replay_batch(replay_id, scorer):
            pass
    except (ArtefactVerificationError, ValueError) as error:
        _finish_replay(replay, RunStatus.FAILED, str(error)[:200])
    replay.refresh_from_db()
    return replay


def find_stalled_replays() -> QuerySet[Replay]:
    """Return the unfinished replays without progress for :data:`STALL_TIMEOUT`."""
    unfinished = Replay.objects.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
    return unfinished.filter(touched_at__lt=timezone.now() - STALL_TIMEOUT)


@transaction.atomic
def _replay_batch(replay_id: UUID, scorer: Scorer) -> bool:
    """Repeat one batch and move the position, both or neither; return whether there may be more."""
    replay = Replay.objects.select_for_update(skip_locked=True).filter(pk=replay_id).first()
    if replay is None or replay.status not in (RunStatus.QUEUED, RunStatus.RUNNING):
        return False
    rows = list(_get_remaining(replay)[:BATCH_SIZE])
    if not rows:
        _finish_replay(replay, RunStatus.SUCCEEDED, "")
        return False
    changes = [change for row in rows if (change := _replay_prediction(replay, row, scorer))]
    ReplayChange.objects.bulk_create(changes[: max(0, MAX_LISTED_CHANGES - replay.changed)])
    replay.changed += len(changes)
    replay.status, replay.last, replay.touched_at = RunStatus.RUNNING, rows[-1].pk, timezone.now()
    replay.save()
    return True


def _replay_prediction(replay: Replay, row: Prediction, scorer: Scorer) -> ReplayChange | None:
    """Repeat one comparison and count it; return the change when its verdict differs."""
    if row.erased_at:
        replay.erased += 1
        return None
    try:
        comparison = rescore_prediction(row, scorer)
    except EngineError:
        replay.failed += 1
        return None
    replay.done += 1
    after = comparison.verdict.value
    profile = replay.counts.setdefault(row.profile, {})
    step = f"{row.verdict} > {after}"
    profile[step] = profile.get(step, 0) + 1
    if after == row.verdict:
        return None
    probability = round(comparison.material_probability, 4)
    return ReplayChange(
        replay=replay, prediction=row, before=row.verdict, after=after, material_probability=probability
    )


def _finish_replay(replay: Replay, status: str, error: str) -> None:
    replay.status, replay.error, replay.finished_at = status, error, timezone.now()
    replay.save()
    trail.record_event("replay.finished", replay, None, status=status, changed=replay.changed)


def _get_remaining(replay: Replay) -> QuerySet[Prediction]:
    rows = _get_predictions_of_day(replay.day).order_by("pk")
    return rows.filter(pk__gt=replay.last) if replay.last else rows


def _get_predictions_of_day(day: date) -> QuerySet[Prediction]:
    """Return the predictions of a day (UTC), by the index of their ids."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Prediction.objects.filter(
        pk__gte=build_min_uuid7(start), pk__lt=build_min_uuid7(start + timedelta(days=1))
    )


def build_count_rows(counts: dict[str, dict[str, int]]) -> Sequence[tuple[str, str, str, int]]:
    """Return the counts as rows of profile, verdict before and after, and count; changes come first."""
    rows = []
    for profile, steps in counts.items():
        for step, count in steps.items():
            before, after = step.split(" > ")
            rows.append((profile, before, after, count))
    return sorted(rows, key=lambda row: (row[1] == row[2], -row[3]))
