"""Gold items: pairs with a known answer. A reviewer gets each once, unmarked; they are not training data."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from feedback.models import GoldAnswer
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import PredictionSource, ReviewStream


def add_gold_item(actor: User, name1: str, name2: str, profile: str, material: bool, why: str) -> GoldAnswer:
    """Store a pair with its known answer and the reason for it.

    Raises ``EngineError`` for names that cannot be compared, ``NoLiveModelError`` without a live model.
    """
    with transaction.atomic():
        prediction = compare_and_store(actor, CompareRequest(name1, name2, profile), PredictionSource.GOLD)
        prediction.stream, prediction.selection_probability = ReviewStream.GOLD, 1.0
        prediction.save(update_fields=["stream", "selection_probability"])
        row = GoldAnswer.objects.create(prediction=prediction, material=material, why=why, created_by=actor)
        trail.record_event("gold_answer.added", row, actor)
    return row


@transaction.atomic
def retire_gold_items(rows: Sequence[GoldAnswer], actor: User) -> int:
    """Retire gold items, so that reviewers get them no more; return how many were in use."""
    now, retired = timezone.now(), 0
    for row in rows:
        if row.retired_at is None:
            row.retired_at = now
            row.save(update_fields=["retired_at"])
            trail.record_event("gold_answer.retired", row, actor)
            retired += 1
    return retired
