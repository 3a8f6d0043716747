"""Decide what follows a decision (second review, adjudication or nothing) and when each item is due.

A second reviewer decides a sample of all items, every item on which the first one overrides the model, and
every item that the first one cannot tell. When the two differ, or one cannot tell, a lead adjudicates.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from feedback.models import Feedback, ReviewItem, ReviewItemQuerySet, ReviewStage
from feedback.review.announcements import announce_adjudication
from matching.compare import sampling
from matching.models import Prediction, ReviewStream, VerdictChoice

STREAM_PRIORITIES = {
    ReviewStream.APPEAL: 30,
    ReviewStream.REQUEST: 20,
    ReviewStream.DISAGREEMENT: 20,
    ReviewStream.UNCERTAIN: 10,
    ReviewStream.GOLD: 5,
    ReviewStream.AUDIT: 5,
}
"""Higher is more urgent: a client waits for an appeal and a request, nobody waits for an audit."""

ADJUDICATION_PRIORITY = 25

_DUE_HOURS = {30: 4, 25: 12, 20: 24, 10: 48, 5: 96}
"""Hours that an item of each priority may wait, so that a newer, more urgent item can be due earlier."""

_DUE_FACTORS = {"sanctions": 0.5, "ucc": 0.5, "strict": 0.5, "kyc": 0.75}
"""Factors on the waiting time, below 1 for profiles in which an error costs more."""


def compute_due_at(created_at: datetime, priority: int, profile: str) -> datetime:
    """Return when an item is due. The queue is ordered by it, so a waiting item rises without an update."""
    return created_at + timedelta(hours=_DUE_HOURS[priority] * _DUE_FACTORS.get(profile, 1.0))


def contradicts_prediction(material: bool | None, prediction: Prediction) -> bool:
    """Return whether a decision differs from the stored prediction; *cannot tell* (``None``) does not."""
    return material is not None and material != prediction.prediction


def is_override(material: bool | None, prediction: Prediction) -> bool:
    """Return whether a reviewer's decision overrides the model and so needs a reason and a second review.

    Under the verdict *review* only *immaterial* against a prediction of *material* is an override.
    """
    decided = prediction.verdict != VerdictChoice.REVIEW
    return contradicts_prediction(material, prediction) and (decided or not material)


def schedule_follow_up(decision: Feedback, item: ReviewItem, draw: bool = True) -> None:
    """Create or delete the items that follow from a decision.

    ``draw`` says whether to sample agreements for second review; a revision is not sampled again.
    """
    if item.stream == ReviewStream.GOLD or item.stage == ReviewStage.ADJUDICATION:
        return
    rows = list_current_decisions(item.prediction_id)
    if len(rows) < 2:
        if _needs_second_review(decision, item.prediction, draw):
            open_follow_up_item(item, ReviewStage.SECOND)
        return
    answers = {row.user_correction for row in rows}
    if len(answers) > 1 or None in answers:
        open_follow_up_item(item, ReviewStage.ADJUDICATION)
    else:
        find_unstarted_items(item, [ReviewStage.ADJUDICATION]).delete()


def list_current_decisions(prediction_id: UUID) -> list[Feedback]:
    """Return each reviewer's latest decision on a prediction, without adjudications."""
    rows = Feedback.objects.by_reviewers().filter(prediction_id=prediction_id, adjudicated=False)
    return list(rows.exclude(revised_by__withdrawn_at=None, revised_by__isnull=False).order_by("id"))


def open_follow_up_item(previous: ReviewItem, stage: ReviewStage) -> ReviewItem:
    """Create or reopen the item of a later stage of the same prediction."""
    now = timezone.now()
    priority = ADJUDICATION_PRIORITY if stage == ReviewStage.ADJUDICATION else previous.priority
    fields = {
        "stream": previous.stream,
        "selection_probability": previous.selection_probability,
        "priority": priority,
        "due_at": compute_due_at(now, priority, previous.prediction.profile),
        "for_lead": stage == ReviewStage.ADJUDICATION,
        "assigned_to": None,
    }
    item, _ = ReviewItem.objects.get_or_create(prediction=previous.prediction, stage=stage, defaults=fields)
    if item.state == ReviewItem.State.DONE:
        ReviewItem.objects.filter(pk=item.pk).update(**fields, state=ReviewItem.State.OPEN, done_at=None)
    if stage == ReviewStage.ADJUDICATION:
        announce_adjudication(item)
    return item


def find_unstarted_items(item: ReviewItem, stages: list[ReviewStage]) -> ReviewItemQuerySet:
    """Return open items of these stages of the same prediction, without a decision."""
    later = ReviewItem.objects.filter(prediction_id=item.prediction_id, stage__in=stages, decisions=None)
    return later.filter(state=ReviewItem.State.OPEN)


def _needs_second_review(decision: Feedback, prediction: Prediction, draw: bool) -> bool:
    if decision.user_correction is None or is_override(decision.user_correction, prediction):
        return True
    return draw and random.random() < sampling.get_policy().second  # noqa: S311 - a sample, not a secret
