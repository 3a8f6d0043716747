"""Claim labels for a training run, mark them used when it succeeds, release them when it fails."""

from __future__ import annotations

from django.db import transaction

from feedback.models import Feedback
from modelops.models import RunStatus, TrainingRun

MAX_LABELS_PER_RUN = 1_000
"""Maximum number of new labels per run."""


@transaction.atomic
def claim_labels(run: TrainingRun, limit: int = MAX_LABELS_PER_RUN) -> list[Feedback]:
    """Claim up to ``limit`` labels that no run has used or holds; two runs never hold the same label."""
    pending = Feedback.objects.for_training().pending()
    held = Feedback.objects.filter(processed=False, training_run__status=RunStatus.RUNNING)
    candidates = pending.exclude(pk__in=held.values("pk")).values_list("pk", flat=True)[:limit]
    unlocked = Feedback.objects.select_for_update(skip_locked=True).filter(pk__in=list(candidates))
    keys = list(unlocked.values_list("pk", flat=True))
    Feedback.objects.filter(pk__in=keys).update(training_run=run)
    return list(Feedback.objects.filter(pk__in=keys).select_related("prediction").order_by("id"))


def mark_labels_used(run: TrainingRun) -> int:
    """Mark the claimed labels of a run as used and return their number.

    The caller registers the model in the same transaction.
    """
    return Feedback.objects.filter(training_run=run).pending().update(processed=True)


def release_labels(run: TrainingRun) -> int:
    """Release the labels that a failed run claimed; return how many are pending again."""
    return Feedback.objects.filter(training_run=run).pending().update(training_run=None)
