"""Periodic tasks of evidence packs, guardrails of experiments and roll-ups."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.digest import send_due_digests
from analytics.evidence import Month, NoEvidenceError, build_pack
from analytics.experiments.guardrails import check_running_experiments
from analytics.rollup import roll_up_new_hours
from modelops.job_runs import run_once


@shared_task(acks_late=True)  # a month is packed once
def pack_evidence() -> str:
    """Build the pack of the previous month, once."""
    month = Month.from_datetime(timezone.now()).previous
    run = run_once("evidence", str(month), lambda: _build_month_pack(month))
    return str(run.result) if run else "done before"


@shared_task(acks_late=True)  # an experiment stops once
def check_guardrails() -> list[str]:
    """Stop the experiments whose guardrails are breached; return their names."""
    return check_running_experiments()


@shared_task(acks_late=True)  # an hour is replaced as a whole
def roll_up_hours() -> int:
    """Count the predictions and decisions of the newest hours for reports; return the hours counted."""
    return roll_up_new_hours(timezone.now())


@shared_task(acks_late=True)  # each week is sent once to each subscriber
def send_digests() -> int:
    """Send the last week to the subscribers who have not got it; return how many letters left."""
    return send_due_digests(timezone.now())


def _build_month_pack(month: Month) -> dict[str, str]:
    try:
        return {"sha256": build_pack(month, None).sha256}
    except NoEvidenceError as reason:
        return {"skipped": str(reason)}
