"""Where a prediction goes after a word: to a second reviewer, to an adjudicator, or nowhere.

A second person looks at a share of all decisions, at every disagreement with the model, at every override
from material to immaterial, and whenever the first cannot tell. Two who differ are heard by a third.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from feedback.models import Feedback, ReviewItem, ReviewItemQuerySet, ReviewStage
from matching.compare import sampling
from matching.models import Prediction, ReviewStream, VerdictChoice

STREAM_PRIORITIES = {
    ReviewStream.APPEAL: 30,
    ReviewStream.DISAGREEMENT: 20,
    ReviewStream.UNCERTAIN: 10,
    ReviewStream.GOLD: 5,
    ReviewStream.AUDIT: 5,
}
"""What is at stake: somebody waits for an appeal, nobody for an audit."""

ADJUDICATION_PRIORITY = 25

_DUE_HOURS = {30: 4, 25: 12, 20: 24, 10: 48, 5: 96}
"""Hours an item of each stake may wait; born later but staked higher can so be due earlier."""

_DUE_FACTORS = {"sanctions": 0.5, "ucc": 0.5, "strict": 0.5, "kyc": 0.75}
"""Profiles in which an error costs more wait for less; others wait the whole time."""


def compute_due_at(born: datetime, priority: int, profile: str) -> datetime:
    """Return when an item is due: waiting raises it past every younger item without anybody recounting."""
    return born + timedelta(hours=_DUE_HOURS[priority] * _DUE_FACTORS.get(profile, 1.0))


def contradicts_prediction(material: bool | None, prediction: Prediction) -> bool:
    """Return whether a decision differs from the stored prediction; *cannot tell* (``None``) does not."""
    return material is not None and material != prediction.prediction


def is_override(material: bool | None, prediction: Prediction) -> bool:
    """Return whether a reviewer's decision overrides the model and so needs a reason and a second review.

    Under the verdict *review* only *immaterial* against a prediction of *material* is an override.
    """
    decided = prediction.verdict != VerdictChoice.REVIEW
    return contradicts_prediction(material, prediction) and (decided or not material)


def schedule_follow_up(word: Feedback, item: ReviewItem, draw: bool = True) -> None:
    """Open, or take back, what must follow after a word; ``draw`` also draws the second reviewers' share."""
    if item.stream == ReviewStream.GOLD or item.stage == ReviewStage.ADJUDICATION:
        return
    words = list(list_current_decisions(item.prediction_id))
    if len(words) < 2:
        if _needs_second_review(word, item.prediction, draw):
            open_follow_up_item(item, ReviewStage.SECOND)
        return
    answers = {said.user_correction for said in words}
    if len(answers) > 1 or None in answers:
        open_follow_up_item(item, ReviewStage.ADJUDICATION)
    else:
        find_unstarted_items(item, [ReviewStage.ADJUDICATION]).delete()


def list_current_decisions(prediction_id: UUID) -> list[Feedback]:
    """What each person says by now about a prediction, adjudication apart."""
    words = Feedback.objects.by_reviewers().filter(prediction_id=prediction_id, adjudicated=False)
    return list(words.exclude(revised_by__withdrawn_at=None, revised_by__isnull=False).order_by("id"))


def open_follow_up_item(after: ReviewItem, stage: ReviewStage) -> ReviewItem:
    """Put the next look at the same prediction into the queue."""
    now = timezone.now()
    priority = ADJUDICATION_PRIORITY if stage == ReviewStage.ADJUDICATION else after.priority
    fields = {
        "stream": after.stream,
        "selection_probability": after.selection_probability,
        "priority": priority,
        "due_at": compute_due_at(now, priority, after.prediction.profile),
        "for_lead": stage == ReviewStage.ADJUDICATION,
        "assigned_to": None,
    }
    item, _ = ReviewItem.objects.get_or_create(prediction=after.prediction, stage=stage, defaults=fields)
    if item.state == ReviewItem.State.DONE:
        ReviewItem.objects.filter(pk=item.pk).update(**fields, state=ReviewItem.State.OPEN, done_at=None)
    return item


def find_unstarted_items(item: ReviewItem, stages: list[ReviewStage]) -> ReviewItemQuerySet:
    """Later looks at the same prediction that nobody has begun."""
    later = ReviewItem.objects.filter(prediction_id=item.prediction_id, stage__in=stages, words=None)
    return later.filter(state=ReviewItem.State.OPEN)


def _needs_second_review(word: Feedback, prediction: Prediction, draw: bool) -> bool:
    if word.user_correction is None or is_override(word.user_correction, prediction):
        return True
    return draw and random.random() < sampling.get_policy().second  # noqa: S311 - a sample, not a secret
