"""Celery tasks of bulk jobs, shadow scores and replays. Messages are hints: rows decide what is done."""

from __future__ import annotations

import time
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from matching.jobs import maintenance, worker
from matching.models import BatchJob
from matching.rescoring import replay, shadow
from modelops.alerting.delivery import deliver_messages

_MAX_MESSAGES = 64
"""Most messages sent at once for stalled chunks."""

_TIME_SLICE_SECONDS = 20.0
"""Seconds after which a worker lets other tasks run."""


def enqueue_job(job: BatchJob) -> None:
    """Send the message that starts a new job, after the commit; without a broker, beat starts it later."""
    transaction.on_commit(
        lambda: prepare_job.apply_async((str(job.pk),), retry=False),
        robust=True,
    )


@shared_task(acks_late=True)  # a job is split once, however often this runs
def prepare_job(job_id: str) -> bool:
    """Split the file of a job into chunks and send a message for each; return whether this call split it."""
    was_split = worker.split_job_file(UUID(job_id))
    if was_split:
        for _ in range(BatchJob.objects.get(pk=job_id).chunks_left):
            compare_next_chunk.delay()
    return was_split


@shared_task(acks_late=True)  # a chunk is leased and counted once
def compare_next_chunk() -> bool:
    """Compare the next chunk of any job; return whether there was one."""
    return worker.compare_next_chunk()


@shared_task(acks_late=True)  # as above
def compare_chunks() -> None:
    """Compare chunks until the time slice ends or none are left."""
    deadline = time.monotonic() + _TIME_SLICE_SECONDS
    while worker.compare_next_chunk() and time.monotonic() < deadline:
        pass


@shared_task(acks_late=True)  # sends messages for work that may be started twice
def resume_jobs() -> None:
    """Restart jobs that no worker prepares and chunks that no worker compares; fail jobs of other rules."""
    for job_id in maintenance.list_unprepared_jobs():
        prepare_job.delay(str(job_id))
    for _ in range(min(maintenance.count_stalled_chunks(), _MAX_MESSAGES)):
        compare_chunks.delay()
    maintenance.fail_outdated_jobs()


@shared_task
def report_stalled_jobs() -> bool:
    """Check whether bulk jobs advance; notify at once, because no process may be free for it."""
    is_stalled = maintenance.check_stalled_jobs(timezone.now())
    if is_stalled:
        deliver_messages()
    return is_stalled


@shared_task(acks_late=True)  # repeatable
def delete_expired_jobs() -> int:
    """Delete jobs past their retention; return how many."""
    return maintenance.delete_expired_jobs()


@shared_task(acks_late=True)  # each version scores a prediction once
def score_shadows() -> int:
    """Score new predictions with challengers and shadows; return how many scores were stored."""
    return shadow.score_new_predictions()


@shared_task(acks_late=True)  # continues where it stopped
def replay_day(replay_id: str) -> str:
    """Repeat the comparisons of a day with a model version; return the status of the replay."""
    return str(replay.run_replay(UUID(replay_id)).status)


@shared_task(acks_late=True)  # sends messages for work that may be started twice
def resume_replays() -> int:
    """Restart replays that no worker runs; return how many."""
    messages = [replay_day.delay(str(row.pk)) for row in replay.find_stalled_replays()]
    return len(messages)
