"""What the page of a finished bulk job shows of its result: counts, a chart, rows by verdict and review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count
from django.utils import timezone

from matching.api.job_serializers import JobRowQuerySerializer
from matching.api.job_views import list_job_rows
from matching.jobs.result_rows import count_verdicts
from matching.models import BatchJob, Prediction, ReviewDecision, ReviewStatus, VerdictChoice
from matching.models.review_status import STORED_STATUSES, build_status_condition

_PAGE_ROWS = 25
_FILTERS = ("verdict", "review_status")
_BAR_LENGTH = 200.0
"""Length of the longest bar, in units of the SVG view box."""


class VerdictBar(NamedTuple):
    """The rows of one verdict as a bar."""

    id: str
    label: str
    rows: int
    width: float


def build_result_context(job: BatchJob, query: Mapping[str, str], own: bool) -> dict[str, Any]:
    """Return counts and chart of a job that succeeded, and for its owner rows that pass the filters.

    Without a filter the rows with a difference are shown.
    """
    counts = count_verdicts(job)
    context: dict[str, Any] = {
        "counts": [(choice.label, counts[choice.value]) for choice in VerdictChoice],
        "chart": {
            "labels": [str(choice.label) for choice in VerdictChoice],
            "values": [counts[choice.value] for choice in VerdictChoice],
        },
        "bars": _build_bars(counts),
        "review_rows": counts[VerdictChoice.REVIEW],
        **_count_reviews(job, counts[VerdictChoice.REVIEW]),
    }
    return {**context, **_build_rows(job, query)} if own else context


def _count_reviews(job: BatchJob, review_rows: int) -> dict[str, Any]:
    """Return how many of the review rows are with reviewers, wait for a document, are decided or not sent."""
    now = timezone.now()
    sent = Prediction.objects.filter(job_row__job=job).aggregate(
        sent_rows=Count("pk"),
        **{
            status.value: Count("pk", filter=build_status_condition(status, now))
            for status in STORED_STATUSES
        },
    )
    return {
        "sent_rows": sent["sent_rows"],
        "unsent_rows": max(0, review_rows - sent["sent_rows"]),
        "waiting_rows": sent[ReviewStatus.QUEUED] + sent[ReviewStatus.IN_REVIEW],
        "document_rows": sent[ReviewStatus.NEEDS_DOCUMENT],
        "decided_rows": sent[ReviewStatus.DECIDED],
        "withdrawn_rows": sent[ReviewStatus.WITHDRAWN],
    }


def _build_bars(counts: Mapping[str, int]) -> list[VerdictBar]:
    scale = _BAR_LENGTH / (max(counts.values(), default=0) or 1)
    rows = [(choice, counts[choice.value]) for choice in VerdictChoice]
    return [VerdictBar(choice.value, str(choice.label), number, number * scale) for choice, number in rows]


def _build_rows(job: BatchJob, query: Mapping[str, str]) -> dict[str, Any]:
    """Return rows, the chosen filters and the address of the next page; unknown filters choose nothing."""
    given = {name: query[name] for name in (*_FILTERS, "after") if query.get(name)}
    serializer = JobRowQuerySerializer(data=given)
    chosen: dict[str, Any] = dict(serializer.validated_data) if serializer.is_valid() else {}
    filters = {name: str(chosen[name]) for name in _FILTERS if chosen.get(name)}
    page = list_job_rows(
        job, **filters, differing=not filters, after=chosen.get("after", 0), limit=_PAGE_ROWS
    )
    return {
        "rows": [_label_row(row) for row in page["results"]],
        "chosen": filters,
        "verdict_choices": VerdictChoice.choices,
        "status_choices": ReviewStatus.choices,
        "next_query": urlencode({**filters, "after": page["next"]}) if page["next"] else "",
        "is_first": not chosen.get("after"),
    }


def _label_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the words of the screen for its verdict and the status and decision of its review."""
    review = row["review"] or {}
    decision = f": {ReviewDecision(review['verdict']).label}" if review.get("verdict") else ""
    status = ReviewStatus(review["status"]).label if review else "–"
    verdict = VerdictChoice(row["verdict"]).label if row["verdict"] else "–"
    return {**row, "verdict_label": verdict, "review_label": f"{status}{decision}"}
