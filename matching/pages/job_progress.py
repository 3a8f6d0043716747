"""How far a bulk job is, in words and numbers, for the pages of users and of the admin."""

from __future__ import annotations

from typing import Any

from matching.models import UNFINISHED_STATUSES, BatchJob
from modelops.models import RunStatus


def build_progress(job: BatchJob) -> dict[str, Any]:
    """Return what the progress bar and the line below it show."""
    return {
        "status": job.status,
        "label": job.get_status_display(),
        "share": round(job.share, 4),
        "sentence": _describe_progress(job),
        "unfinished": job.status in UNFINISHED_STATUSES,
    }


def format_duration(seconds: int) -> str:
    """Return a duration in the unit that fits it."""
    if seconds < 90:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _describe_progress(job: BatchJob) -> str:
    """Return the progress of a job in one line."""
    if job.status == RunStatus.QUEUED:
        return "Waiting to be read."
    if job.status == RunStatus.FAILED:
        return job.error
    if job.status == RunStatus.CANCELLED:
        return "Cancelled; the files are deleted."
    done = f"{job.rows_done:,} of {job.rows_total or 0:,} rows"
    rate = f", {job.rate:,.0f} rows/s" if job.rate else ""
    left = f", about {format_duration(job.seconds_left)} left" if job.seconds_left is not None else ""
    failed = f", {job.rows_failed:,} with an error" if job.rows_failed else ""
    return f"{done}{failed}{rate}{left}."
