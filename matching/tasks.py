"""Bulk jobs in the background. A message says that there may be work; what is done is decided by rows."""

from __future__ import annotations

import time
from uuid import UUID

from celery import shared_task
from django.db import transaction

from matching.jobs import maintenance, worker
from matching.models import BatchJob
from matching.rescoring import replay, shadow

_MAX_MESSAGES = 64
"""Messages sent for pieces that stand still."""

_TIME_SLICE_SECONDS = 20.0
"""Seconds after which a worker gives other work its turn."""


def enqueue_job(job: BatchJob) -> None:
    """Have a new job worked off once its row is there; without the broker, beat does it later."""
    transaction.on_commit(
        lambda: prepare_job.apply_async((str(job.pk),), retry=False),
        robust=True,
    )


@shared_task(acks_late=True)  # a job is cut once, whoever is asked
def prepare_job(job_id: str) -> bool:
    """Cut the file of a job into pieces and have each of them compared."""
    begun = worker.split_job_file(UUID(job_id))
    if begun:
        for _ in range(BatchJob.objects.get(pk=job_id).chunks_left):
            compare_next_chunk.delay()
    return begun


@shared_task(acks_late=True)  # a piece is held by a row lock and counted once
def compare_next_chunk() -> bool:
    """Compare the next piece of any job, if there is one."""
    return worker.compare_next_chunk()


@shared_task(acks_late=True)  # as above
def compare_chunks() -> None:
    """Compare pieces for a while, or until there are none."""
    ends = time.monotonic() + _TIME_SLICE_SECONDS
    while worker.compare_next_chunk() and time.monotonic() < ends:
        pass


@shared_task(acks_late=True)  # looks only; what it starts may be started twice
def resume_jobs() -> None:
    """Go on with what stands still."""
    for job_id in maintenance.list_unprepared_jobs():
        prepare_job.delay(str(job_id))
    for _ in range(min(maintenance.count_stalled_chunks(), _MAX_MESSAGES)):
        compare_chunks.delay()
    maintenance.fail_outdated_jobs()


@shared_task(acks_late=True)  # what is gone cannot go twice
def delete_expired_jobs() -> int:
    """Delete jobs that were kept long enough."""
    return maintenance.delete_expired_jobs()


@shared_task(acks_late=True)  # an answer is scored once by each version
def score_shadows() -> int:
    """Have challengers and shadows say what they would have answered."""
    return shadow.score_new_predictions()


@shared_task(acks_late=True)  # goes on where it was
def replay_day(replay_id: str) -> str:
    """Ask a day's questions again of a version."""
    return str(replay.run_replay(UUID(replay_id)).status)


@shared_task(acks_late=True)  # looks only; what it starts may be started twice
def resume_replays() -> int:
    """Go on with replays whose worker is gone."""
    waiting = [replay_day.delay(str(replay.pk)) for replay in replay.find_stalled_replays()]
    return len(waiting)
