"""Make settled decisions answer for the same pair, and end that by a new decision or by a lead."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.guideline.pair_precedents import hold_guideline_version
from matching.compare.precedents import compute_precedent_key
from matching.compare.request import load_request
from matching.models import (
    UNDECIDED_COLUMNS,
    DecisionMaker,
    PairPrecedent,
    Prediction,
    PredictionReview,
    ReviewDecision,
    ReviewStatus,
)

EndReason = PairPrecedent.EndReason


class PrecedentError(Exception):
    """The precedent cannot be revoked; the message is fit for the screen."""


def update_precedent(prediction: Prediction, review: PredictionReview) -> None:
    """End the precedent of a prediction, and make one of the decision that stands; within a transaction.

    A decision under another guideline than the one in force makes none, nor does *cannot tell*, nor one that
    contradicts the precedent in force: that one ends too.
    """
    in_force = PairPrecedent.objects.filter(ended_at=None)
    in_force.filter(prediction=prediction).update(ended_at=timezone.now(), end_reason=EndReason.REOPENED)
    if not _decides_pair(prediction, review):
        return
    if hold_guideline_version() == review.guideline_version:
        _insert_precedent(prediction, review)


@transaction.atomic
def revoke_precedent(precedent: PairPrecedent, actor: User, reason: str) -> int:
    """End a precedent, and the answers that it gave; return how many answers.

    Raises :class:`PrecedentError` when it ended before.
    """
    row = PairPrecedent.objects.select_for_update().get(pk=precedent.pk)
    if row.end_reason == EndReason.REVOKED:
        raise PrecedentError(gettext("This precedent was revoked before."))
    row.ended_at, row.end_reason, row.revoked_by = timezone.now(), EndReason.REVOKED, actor
    row.save(update_fields=["ended_at", "end_reason", "revoked_by"])
    answers = PredictionReview.objects.filter(precedent=row, decided_by=DecisionMaker.PRECEDENT)
    count = answers.update(
        status=ReviewStatus.WITHDRAWN, reason=None, updated_at=timezone.now(), **UNDECIDED_COLUMNS
    )
    trail.record_event("pair_precedent.revoked", row, actor, reason=reason, answers=count)
    return count


def _decides_pair(prediction: Prediction, review: PredictionReview) -> bool:
    is_settled = review.status == ReviewStatus.DECIDED and review.decided_by == DecisionMaker.REVIEWERS
    is_clear = review.decision in (ReviewDecision.IMMATERIAL, ReviewDecision.MATERIAL)
    return is_settled and is_clear and prediction.erased_at is None and bool(review.guideline_version)


def _insert_precedent(prediction: Prediction, review: PredictionReview) -> None:
    """Insert the precedent in place of the one in force; of two that contradict one another none is left."""
    key = compute_precedent_key(load_request(prediction), prediction.kind, prediction.matter_id)
    material = review.decision == ReviewDecision.MATERIAL
    current = PairPrecedent.objects.select_for_update().filter(
        key=key, user_id=prediction.user_id, ended_at=None
    )
    is_contradicted = False
    for row in current:
        is_contradicted = row.material != material
        row.ended_at = timezone.now()
        row.end_reason = EndReason.CONTRADICTED if is_contradicted else EndReason.REPLACED
        row.save(update_fields=["ended_at", "end_reason"])
    if is_contradicted:
        return
    PairPrecedent.objects.create(
        user_id=prediction.user_id,
        prediction=prediction,
        key=key,
        profile=prediction.profile,
        material=material,
        guideline_version=review.guideline_version,
        active_from=review.released_at or timezone.now(),
    )
