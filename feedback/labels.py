"""Labels on their way into a training run: claimed in batches, used up by success, given back by failure."""

from __future__ import annotations

from django.db import transaction

from feedback.models import Feedback
from modelops.models import RunStatus, TrainingRun

BATCH = 1_000
"""New labels that one run takes at most."""


@transaction.atomic
def collect(run: TrainingRun, limit: int = BATCH) -> list[Feedback]:
    """Claim up to ``limit`` labels that no run used or holds; two runs never hold the same one."""
    settled = Feedback.objects.for_training().waiting()
    held = Feedback.objects.filter(processed=False, training_run__status=RunStatus.RUNNING)
    wanted = settled.exclude(pk__in=held.values("pk")).values_list("pk", flat=True)[:limit]
    free = Feedback.objects.select_for_update(skip_locked=True).filter(pk__in=list(wanted))
    keys = list(free.values_list("pk", flat=True))
    Feedback.objects.filter(pk__in=keys).update(training_run=run)
    return list(Feedback.objects.filter(pk__in=keys).select_related("prediction").order_by("id"))


def use_up(run: TrainingRun) -> int:
    """Mark what a run claimed as learnt from, in the transaction that registers its model."""
    return Feedback.objects.filter(training_run=run).waiting().update(processed=True)


def release(run: TrainingRun) -> int:
    """Give back what a failed run claimed; return how many labels wait again."""
    return Feedback.objects.filter(training_run=run).waiting().update(training_run=None)
