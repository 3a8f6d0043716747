"""Periodic maintenance of bulk jobs; makes up for lost messages and killed workers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from matching.engine import RULES_VERSION
from matching.jobs import service
from matching.jobs.job_folder import get_job_store
from matching.jobs.uploads.drafts import delete_old_drafts
from matching.models import BatchChunk, BatchJob
from modelops.alerting.alerts import record_observation
from modelops.models import RunStatus

_STALLED_AFTER = timedelta(seconds=20)
_OUTDATED_AFTER = timedelta(minutes=10)
_NOT_ADVANCED_AFTER = timedelta(minutes=15)
_MAX_ATTEMPTS = 3
_ORPHANED_AFTER = timedelta(days=1)
"""Age of a folder without a job from which it counts as the rest of an interrupted upload."""


def list_unprepared_jobs() -> list[UUID]:
    """Return the ids of jobs whose file waits to be split into chunks."""
    return list(BatchJob.objects.ready_to_prepare(timezone.now()).values_list("pk", flat=True))


def count_stalled_chunks() -> int:
    """Count the unfinished chunks of running jobs that no worker has served for 20 seconds."""
    since = timezone.now() - _STALLED_AFTER
    unserved = Q(served_at=None, started_at__lt=since) | Q(served_at__lt=since)
    jobs = BatchJob.objects.filter(unserved, status=RunStatus.RUNNING, rules_version=RULES_VERSION)
    return BatchChunk.objects.filter(job__in=jobs, done_at=None).count()


def fail_outdated_jobs() -> int:
    """Fail running jobs that were started under rules that no worker has any more; return how many.

    The rows of one job must not be compared under two versions of the rules.
    """
    since = timezone.now() - _OUTDATED_AFTER
    unserved = Q(served_at=None, created_at__lt=since) | Q(served_at__lt=since)
    jobs = BatchJob.objects.filter(unserved, status=RunStatus.RUNNING).exclude(rules_version=RULES_VERSION)
    for job in jobs:
        service.fail(job, "The rules were updated before the job was done; please start it again.")
    return len(jobs)


def check_stalled_jobs(now: datetime) -> bool:
    """Observe whether unfinished jobs advance; return whether one does not.

    A job is stalled when no worker has taken a part of it for 15 minutes, or a part was taken three times and
    is still not done.
    """
    served = Greatest(Coalesce("served_at", "created_at"), Coalesce("leased_until", "created_at"))
    waiting = BatchJob.objects.unfinished().annotate(advanced_at=served)
    failing_chunk = BatchChunk.objects.filter(job=OuterRef("pk"), done_at=None, attempts__gte=_MAX_ATTEMPTS)
    stalled = waiting.filter(Q(advanced_at__lt=now - _NOT_ADVANCED_AFTER) | Exists(failing_chunk)).order_by(
        "id"
    )
    keys = [str(pk) for pk in stalled.values_list("pk", flat=True)[:3]]
    what = f"{stalled.count()} jobs do not advance: {', '.join(keys)}" if keys else ""
    record_observation("bulk_job_stalled", "", bool(keys), what)
    return bool(keys)


def delete_expired_jobs() -> int:
    """Delete jobs past their retention and the rests of interrupted uploads; return how many jobs."""
    jobs = list(BatchJob.objects.past_retention(timezone.now()))
    for job in jobs:
        service.delete(job, None, "kept long enough")
    delete_old_drafts(timezone.now())
    _delete_orphaned_folders()
    return len(jobs)


def _delete_orphaned_folders() -> None:
    store, since = get_job_store(), timezone.now() - _ORPHANED_AFTER
    for folder, changed_at in list(store.list_folders()):
        if changed_at < since and not _has_job(folder):
            store.delete_folder(folder)
    store.delete_drafts(since)


def _has_job(name: str) -> bool:
    try:
        return BatchJob.objects.filter(pk=UUID(name)).exists()
    except ValueError:
        return True  # no folder of a job: left alone
