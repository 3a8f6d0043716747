"""Tell the owner, and the owner's programs, that a bulk job ended, in the transaction that ends it."""

from __future__ import annotations

from matching.models import BatchJob
from matters.wall import may_be_told
from modelops.models import RunStatus
from notifications.models import Kind
from notifications.notices import Notice, notify
from webhooks.events import Occurrence, record_occurrence
from webhooks.models import EventType

_EVENT_TYPES = {RunStatus.SUCCEEDED: EventType.JOB_FINISHED, RunStatus.FAILED: EventType.JOB_FAILED}
_KINDS = {EventType.JOB_FINISHED: Kind.JOB_FINISHED, EventType.JOB_FAILED: Kind.JOB_FAILED}


def announce_end(job: BatchJob) -> None:
    """Write the event of a job that has succeeded or failed; one that its owner cancelled has none.

    Nor has one whose owner has left its matter. Neither the file name nor the reason of a failure is told,
    because either may hold a name.
    """
    event_type = _EVENT_TYPES.get(RunStatus(job.status))
    if event_type is None or job.finished_at is None or not may_be_told(job.matter_id, job.user_id):
        return
    data = {
        "job": str(job.pk),
        "rows_total": job.rows_total,
        "rows_failed": job.rows_failed,
        "finished_at": job.finished_at.isoformat(),
    }
    record_occurrence(Occurrence(event_type, str(job.pk), job.user_id, data, job.finished_at))
    notify([job.user_id], Notice(_KINDS[event_type], str(job.pk), data))
