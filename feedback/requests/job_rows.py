"""Send the review rows of a bulk job to reviewers: all, a random sample, or those of a high priority.

The rows become predictions of their user, because reviewers decide predictions; the job remembers which.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Avg
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.bulk_insert import insert_rows
from accounts.models import User
from accounts.numbers import fill
from feedback.models import Feedback, ReviewItem, ReviewRequest
from feedback.requests.service import URGENT_PRIORITY
from feedback.review.outcome import create_reviews
from feedback.review.routing import STREAM_PRIORITIES, compute_due_at
from matching.compare.precedents import find_precedent_reviews
from matching.compare.request import CompareRequest
from matching.compare.result import compute_result
from matching.compare.service import ServingVersion, draft_prediction
from matching.engine import RULES_VERSION
from matching.jobs.result_rows import NumberedRow, count_verdicts, iterate_rows, read_review_rows
from matching.jobs.worker import load_scorer
from matching.models import (
    BatchJob,
    JobReviewRow,
    Prediction,
    PredictionReview,
    PredictionSource,
    ReviewStream,
    VerdictChoice,
)
from modelops.models import RunStatus
from modelops.serving.loader import LoadedModel

_BUDGET_PERIOD = timedelta(days=1)
_MAX_SCANNED = 200_000
"""Most review rows among which those of a high priority are looked for."""

_PACE_PERIOD = timedelta(days=30)


class JobRowsError(ValueError):
    """Rows cannot be sent; the message is one sentence for users."""


@dataclass(frozen=True)
class RowSelection:
    """Which review rows: all, a random sample of ``size``, or those with a priority of ``at_least``.

    The sample of a job is always the same rows, so that sending it twice sends it once. The priority of a row
    is 100 where the model finds both verdicts as likely, and 0 where it is sure of one.
    """

    rows: str = "all"
    size: int = 50
    at_least: int = 50


@dataclass(frozen=True)
class SendingPlan:
    """What sending would do. ``chosen`` counts rows that were not sent before; times are in minutes."""

    review_rows: int
    sent: int
    chosen: int
    budget_left: int
    waiting_items: int
    reviewer_minutes: int | None

    @property
    def is_within_budget(self) -> bool:
        """Return whether the chosen rows may be sent."""
        return self.chosen <= self.budget_left


@dataclass(frozen=True)
class SendingResult:
    """What was done: rows sent to reviewers, and rows that a precedent answered at once."""

    sent: int
    answered: int


def plan_sending(job: BatchJob, selection: RowSelection) -> SendingPlan:
    """Return what sending would do; nothing is changed. Raises :class:`JobRowsError`."""
    _refuse_unfit(job)
    return _build_plan(job, len(_select_rows(job, selection)))


@transaction.atomic
def send_rows(
    job: BatchJob,
    user: User,
    selection: RowSelection,
    reason: str,
    priority: str = ReviewRequest.Priority.NORMAL,
) -> SendingResult:
    """Send the chosen rows to reviewers; those that were sent before are left as they are.

    Raises :class:`JobRowsError` for a job without a result or of other rules, and for more rows than the
    budget of the day has left.
    """
    job = BatchJob.objects.select_for_update(of=("self",)).select_related("model").get(pk=job.pk)
    _refuse_unfit(job)
    rows = _select_rows(job, selection)
    plan = _build_plan(job, len(rows))
    if not plan.is_within_budget:
        raise JobRowsError(
            fill(
                gettext(
                    "More rows are chosen than the {budget_left:,} that you can still send today; "
                    "choose fewer."
                ),
                budget_left=plan.budget_left,
            )
        )
    pairs = _draft_predictions(job, user, rows)
    answers = find_precedent_reviews(user, pairs)
    _store(job, rows, [row for _request, row in pairs], answers)
    answered = {row.prediction_id for row in answers}
    _ask(user, [row for _request, row in pairs if row.pk not in answered], reason, priority)
    result = SendingResult(len(pairs) - len(answers), len(answers))
    trail.record_event(
        "job_rows.sent", job, user, rows=selection.rows, sent=result.sent, answered=result.answered
    )
    return result


def _refuse_unfit(job: BatchJob) -> None:
    if job.status != RunStatus.SUCCEEDED or job.model is None:
        raise JobRowsError(gettext("The job has no result yet."))
    if job.rules_version != RULES_VERSION:
        raise JobRowsError(gettext("The rules were updated since; start the job again, then send its rows."))


def _build_plan(job: BatchJob, chosen: int) -> SendingPlan:
    since = timezone.now() - _BUDGET_PERIOD
    today = JobReviewRow.objects.filter(prediction__user=job.user_id, sent_at__gte=since).count()
    pace = _measure_pace()
    return SendingPlan(
        review_rows=count_verdicts(job)[VerdictChoice.REVIEW],
        sent=job.review_rows.count(),
        chosen=chosen,
        budget_left=max(0, settings.JOB_REVIEW_ROWS_PER_DAY - today),
        waiting_items=ReviewItem.objects.open().exclude(stream=ReviewStream.GOLD).count(),
        reviewer_minutes=None if pace is None else round(chosen * pace / 60),
    )


def _measure_pace() -> float | None:
    """Return the mean seconds of a decision in the last thirty days; ``None`` without any."""
    recent = Feedback.objects.by_reviewers().filter(created_at__gte=timezone.now() - _PACE_PERIOD)
    pace: float | None = recent.aggregate(pace=Avg("seconds"))["pace"]
    return pace


def _select_rows(job: BatchJob, selection: RowSelection) -> list[NumberedRow]:
    """Return the chosen rows that were not sent before; of more than a budget holds, one more than that."""
    sent = set(job.review_rows.values_list("number", flat=True))
    total = count_verdicts(job)[VerdictChoice.REVIEW]
    if selection.rows == "sample":
        chosen = read_review_rows(job, _draw_places(job, total, selection.size))
    elif selection.rows == "priority" and total > _MAX_SCANNED:
        raise JobRowsError(gettext("The job has too many review rows to order them; take a random sample."))
    else:
        least = selection.at_least if selection.rows == "priority" else 0
        chosen = (row for row in iterate_rows(job, VerdictChoice.REVIEW) if row.priority >= least)
    unsent = (row for row in chosen if row.number not in sent)
    return list(islice(unsent, settings.JOB_REVIEW_ROWS_PER_DAY + 1))


def _draw_places(job: BatchJob, total: int, size: int) -> list[int]:
    """Return random places among the review rows of a job; a larger sample holds every smaller one."""
    generator = random.Random(job.pk.int)  # noqa: S311 - a sample, not a secret
    places: dict[int, None] = {}
    while len(places) < min(size, total):
        places[generator.randrange(total)] = None
    return list(places)


def _draft_predictions(
    job: BatchJob, user: User, rows: Sequence[NumberedRow]
) -> list[tuple[CompareRequest, Prediction]]:
    """Compare the rows again with the model of the job, for the explanation that a prediction keeps."""
    if job.model is None:
        raise JobRowsError(gettext("The job has no result yet."))
    scorer = load_scorer(job.model.pk)
    model = LoadedModel(job.model.pk, job.model.name, job.model.version, "", scorer)
    version = ServingVersion(model, job.generation)
    pairs = []
    for row in rows:
        request, started = (
            CompareRequest(row.row.left, row.row.right, job.profile, job.kind),
            time.perf_counter(),
        )
        result = compute_result(request, scorer)
        prediction = draft_prediction(user, request, version, result, time.perf_counter() - started)
        prediction.source, prediction.stream, prediction.selection_probability = (
            PredictionSource.JOB,
            "",
            None,
        )
        prediction.matter_id = job.matter_id
        pairs.append((request, prediction))
    return pairs


def _store(
    job: BatchJob,
    rows: Sequence[NumberedRow],
    predictions: Sequence[Prediction],
    answers: Sequence[PredictionReview],
) -> None:
    """Insert the predictions, which rows they are, and the answers of precedents."""
    insert_rows(predictions)
    PredictionReview.objects.bulk_create(answers)
    JobReviewRow.objects.bulk_create(
        JobReviewRow(job=job, number=row.number, prediction=prediction)
        for row, prediction in zip(rows, predictions, strict=True)
    )


def _ask(user: User, predictions: Sequence[Prediction], reason: str, priority: str) -> None:
    """Put the predictions into the queue as requests of the user."""
    now = timezone.now()
    urgent = priority == ReviewRequest.Priority.URGENT
    rank = URGENT_PRIORITY if urgent else STREAM_PRIORITIES[ReviewStream.REQUEST]
    ReviewRequest.objects.bulk_create(
        ReviewRequest(prediction=row, requested_by=user, reason=reason, priority=priority, requested_at=now)
        for row in predictions
    )
    create_reviews((row.pk, user.pk) for row in predictions)
    keys = [row.pk for row in predictions]
    PredictionReview.objects.filter(pk__in=keys).update(requested_at=now)
    ReviewItem.objects.bulk_create(
        ReviewItem(
            prediction=row,
            stream=ReviewStream.REQUEST,
            selection_probability=1.0,
            priority=rank,
            due_at=compute_due_at(now, rank, row.profile),
        )
        for row in predictions
    )
