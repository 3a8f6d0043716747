"""How far a bulk job is, in words and numbers, for the pages of users and of the admin."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from accounts.numbers import fill, format_number
from matching.jobs.formats.language import show_file_error
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
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{format_number(seconds / 3600, '.1f')} h"


def _describe_progress(job: BatchJob) -> str:
    """Return the progress of a job in one line."""
    if job.status == RunStatus.QUEUED:
        return gettext("Waiting to be read.")
    if job.status == RunStatus.FAILED:
        return show_file_error(job.error)
    if job.status == RunStatus.CANCELLED:
        return gettext("Cancelled; the files are deleted.")
    parts = [fill(gettext("{done:,} of {total:,} rows"), done=job.rows_done, total=job.rows_total or 0)]
    if job.rows_failed:
        parts.append(fill(gettext("{number:,} with an error"), number=job.rows_failed))
    if job.rate:
        parts.append(fill(gettext("{number:,.0f} rows/s"), number=job.rate))
    if job.seconds_left is not None:
        parts.append(gettext("about {duration} left").format(duration=format_duration(job.seconds_left)))
    return ", ".join(parts) + "."
