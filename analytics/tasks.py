"""Periodic task of evidence packs."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.evidence import Month, NoEvidenceError, build_pack
from modelops.job_runs import run_once


@shared_task(acks_late=True)  # a month is packed once
def pack_evidence() -> str:
    """Build the pack of the previous month, once."""
    month = Month.from_datetime(timezone.now()).previous
    run = run_once("evidence", str(month), lambda: _build_month_pack(month))
    return str(run.result) if run else "done before"


def _build_month_pack(month: Month) -> dict[str, str]:
    try:
        return {"sha256": build_pack(month, None).sha256}
    except NoEvidenceError as reason:
        return {"nothing": str(reason)}
