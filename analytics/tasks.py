"""Periodic work on evidence."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.evidence import Month, NoEvidenceError, pack
from modelops.jobs import run_once


@shared_task(acks_late=True)  # a month is packed once
def pack_evidence() -> str:
    """Build the pack of the month that ended last, once."""
    month = Month.of(timezone.now()).previous
    run = run_once("evidence", str(month), lambda: _packed(month))
    return str(run.result) if run else "done before"


def _packed(month: Month) -> dict[str, str]:
    try:
        return {"sha256": pack(month, None).sha256}
    except NoEvidenceError as reason:
        return {"nothing": str(reason)}
