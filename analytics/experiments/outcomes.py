"""What is stored of predictions, as sums per user, arm and day: the automatic metrics of experiments.

Every metric is a sum over a count, so that sums of days add up to those of longer periods. Reads only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from experiments.metrics import ERROR
from experiments.models import Experiment, RecordedMetric
from feedback.models import Feedback, FeedbackSource, ReviewStage
from feedback.review.routing import is_override
from matching.models import Prediction, ReviewStream, VerdictChoice


class DaySum(NamedTuple):
    """The sum and the count of one metric over the predictions of a user on a day."""

    metric: str
    user: UUID
    arm: str
    day: date
    total: float
    size: int


def read_day_sums(predictions: QuerySet[Prediction]) -> list[DaySum]:
    """Return the automatic metrics of some predictions, except errors, which leave no prediction."""
    return [
        *_sum_predictions(predictions),
        *_sum_appeals(predictions),
        *_sum_settled(predictions),
        *_sum_agreement(predictions),
    ]


def read_recorded_sums(experiment: Experiment, phase: int) -> list[DaySum]:
    """Return what clients recorded in a phase, and the failed comparisons under ``error``."""
    rows = RecordedMetric.objects.filter(experiment=experiment, phase=phase).order_by()
    grouped = rows.annotate(day=TruncDate("at")).values_list("name", "user_id", "arm", "day")
    return [DaySum(*row) for row in grouped.annotate(total=Sum("value"), count=Count("pk"))]


def read_recorded_history(name: str, since: datetime) -> list[DaySum]:
    """Return what clients recorded under a name in every experiment since a moment."""
    rows = RecordedMetric.objects.filter(name=name, at__gte=since).order_by()
    grouped = rows.annotate(day=TruncDate("at")).values_list("name", "user_id", "arm", "day")
    return [DaySum(*row) for row in grouped.annotate(total=Sum("value"), count=Count("pk"))]


def add_error_rate(sums: Iterable[DaySum]) -> list[DaySum]:
    """Return the sums with the error rate: failed comparisons over all comparisons."""
    rows = list(sums)
    failed = [row for row in rows if row.metric == ERROR]
    done = [row for row in rows if row.metric == "latency_ms"]
    others = [row for row in rows if row.metric != ERROR]
    counted = [row._replace(metric="error_rate", total=0.0) for row in done]
    return [*others, *counted, *(row._replace(metric="error_rate") for row in failed)]


def _sum_predictions(predictions: QuerySet[Prediction]) -> Iterable[DaySum]:
    grouped = (
        predictions.order_by().annotate(day=TruncDate("created_at")).values_list("user_id", "variant", "day")
    )
    rows = grouped.annotate(
        count=Count("pk"),
        review=Count("pk", filter=Q(verdict=VerdictChoice.REVIEW)),
        material=Count("pk", filter=Q(verdict=VerdictChoice.MATERIAL)),
        latency=Sum("latency_ms"),
    )
    for user, arm, day, count, review, material, latency in rows:
        yield DaySum("review_share", user, arm, day, review, count)
        yield DaySum("material_share", user, arm, day, material, count)
        yield DaySum("latency_ms", user, arm, day, latency, count)


def _sum_appeals(predictions: QuerySet[Prediction]) -> Iterable[DaySum]:
    """Yield objections of clients over predictions; days are those of the prediction."""
    objections = Feedback.objects.not_withdrawn().filter(
        ~Q(user_correction=F("prediction__prediction")),
        source=FeedbackSource.API,
        prediction__in=predictions.values("pk"),
    )
    found = _group_by_prediction_day(objections).annotate(count=Count("prediction", distinct=True))
    for user, arm, day, count in found:
        yield DaySum("appeal_rate", user, arm, day, count, 0)
    counted = (
        predictions.order_by().annotate(day=TruncDate("created_at")).values_list("user_id", "variant", "day")
    )
    for user, arm, day, count in counted.annotate(count=Count("pk")):
        yield DaySum("appeal_rate", user, arm, day, 0.0, count)


def _sum_settled(predictions: QuerySet[Prediction]) -> Iterable[DaySum]:
    """Yield overrides and hours to the decision over the settled predictions."""
    reviewed = predictions.exclude(stream=ReviewStream.GOLD).values("pk")
    decisions = Feedback.objects.filter(prediction__in=reviewed).settled().select_related("prediction")
    columns = ("user", "variant", "created_at", "prediction", "verdict")
    shown = decisions.only("user_correction", "created_at", *(f"prediction__{name}" for name in columns))
    for row in shown.order_by():
        asked = row.prediction
        user, arm, day = asked.user_id, asked.variant, asked.created_at.date()
        hours = max(0.0, (row.created_at - asked.created_at).total_seconds() / 3600)
        yield DaySum("override_rate", user, arm, day, float(is_override(row.user_correction, asked)), 1)
        yield DaySum("decision_hours", user, arm, day, hours, 1)


def _sum_agreement(predictions: QuerySet[Prediction]) -> Iterable[DaySum]:
    """Yield whether two reviewers who decided blind agree."""
    blind = Feedback.objects.initial_decisions().filter(
        prediction__in=predictions.values("pk"),
        stage__in=[ReviewStage.FIRST, ReviewStage.SECOND],
        stream__in=[ReviewStream.AUDIT, ReviewStream.UNCERTAIN, ReviewStream.DISAGREEMENT],
    )
    answers: dict[tuple[UUID, UUID, str, date], list[bool | None]] = defaultdict(list)
    columns = ("prediction_id", "prediction__user_id", "prediction__variant", "day", "user_correction")
    for prediction, user, arm, day, answer in (
        blind.order_by().annotate(day=TruncDate("prediction__created_at")).values_list(*columns)
    ):
        answers[prediction, user, arm, day].append(answer)
    for (_, user, arm, day), given in answers.items():
        if len(given) == 2:
            yield DaySum("agreement", user, arm, day, float(given[0] == given[1]), 1)


def _group_by_prediction_day(rows: QuerySet[Feedback]) -> QuerySet[Feedback, tuple[UUID, str, date]]:
    dated = rows.order_by().annotate(day=TruncDate("prediction__created_at"))
    return dated.values_list("prediction__user_id", "prediction__variant", "day")
