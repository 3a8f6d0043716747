"""How reviewers did on gold items: each item alone, and all of them together."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from feedback.models import Decision, Feedback, GoldAnswer
from feedback.quality.report import Proportion
from matching.models import ReviewStream

_UNREAD = tuple(
    f"prediction__{name}" for name in ("name1", "name2", "words", "context", "features", "traits")
)


class GoldResult(NamedTuple):
    """What one reviewer decided on a gold item."""

    reviewer: str
    decision: Decision
    is_right: bool
    decided_at: datetime
    seconds: float | None


class GoldSummary(NamedTuple):
    """Gold items in use and retired, and the decisions on them that were right."""

    in_use: int
    retired: int
    decisions: Proportion


def add_counts(rows: QuerySet[GoldAnswer]) -> QuerySet[GoldAnswer]:
    """Return gold items with ``answers`` and ``hits`` of reviewers, without what is large or encrypted."""
    decisions = _select_decisions().filter(prediction=OuterRef("prediction")).order_by()
    totals = decisions.values("prediction").annotate(
        answers=Count("pk"), hits=Count("pk", filter=Q(user_correction=F("prediction__gold__material")))
    )
    return (
        rows.select_related("prediction", "created_by", "retired_by", "clause__guideline")
        .defer("why", "retired_reason", *_UNREAD)
        .annotate(
            answers=Coalesce(Subquery(totals.values("answers"), output_field=IntegerField()), 0),
            hits=Coalesce(Subquery(totals.values("hits"), output_field=IntegerField()), 0),
        )
    )


def summarise_gold_items(rows: QuerySet[GoldAnswer]) -> GoldSummary:
    """Return the numbers of some gold items together."""
    decided = _select_decisions().filter(prediction__in=rows.values("prediction"))
    counts = decided.aggregate(
        n=Count("pk"), hits=Count("pk", filter=Q(user_correction=F("prediction__gold__material")))
    )
    items = rows.aggregate(
        in_use=Count("pk", filter=Q(retired_at=None)), retired=Count("pk", filter=Q(retired_at__isnull=False))
    )
    return GoldSummary(items["in_use"], items["retired"], Proportion(counts["hits"], counts["n"]))


def list_results(gold: GoldAnswer, show_people: bool) -> list[GoldResult]:
    """Return the decisions on a gold item, oldest first; without ``show_people`` reviewers are numbered."""
    rows = _select_decisions().filter(prediction=gold.prediction_id).select_related("reviewer").order_by("id")
    return [
        GoldResult(
            row.reviewer.email if show_people else gettext("Reviewer {n}").format(n=place),
            row.decision,
            row.user_correction is gold.material,
            row.created_at,
            row.seconds,
        )
        for place, row in enumerate(rows, 1)
    ]


def _select_decisions() -> QuerySet[Feedback]:
    return Feedback.objects.initial_decisions().filter(stream=ReviewStream.GOLD)
