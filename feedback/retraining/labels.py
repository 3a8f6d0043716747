"""Labels on their way into a training run: claimed in batches, used up by success, given back by failure."""

from __future__ import annotations

from django.db import transaction

from feedback.models import Feedback
from modelops.models import RunStatus, TrainingRun

MAX_LABELS_PER_RUN = 1_000
"""New labels that one run takes at most."""


@transaction.atomic
def claim_labels(run: TrainingRun, limit: int = MAX_LABELS_PER_RUN) -> list[Feedback]:
    """Claim up to ``limit`` labels that no run used or holds; two runs never hold the same one."""
    settled = Feedback.objects.for_training().pending()
    held = Feedback.objects.filter(processed=False, training_run__status=RunStatus.RUNNING)
    wanted = settled.exclude(pk__in=held.values("pk")).values_list("pk", flat=True)[:limit]
    free = Feedback.objects.select_for_update(skip_locked=True).filter(pk__in=list(wanted))
    keys = list(free.values_list("pk", flat=True))
    Feedback.objects.filter(pk__in=keys).update(training_run=run)
    return list(Feedback.objects.filter(pk__in=keys).select_related("prediction").order_by("id"))


def mark_labels_used(run: TrainingRun) -> int:
    """Mark what a run claimed as learnt from, in the transaction that registers its model."""
    return Feedback.objects.filter(training_run=run).pending().update(processed=True)


def release_labels(run: TrainingRun) -> int:
    """Give back what a failed run claimed; return how many labels wait again."""
    return Feedback.objects.filter(training_run=run).pending().update(training_run=None)
