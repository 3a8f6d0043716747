"""Gold items: pairs with a known answer. A reviewer gets each once, unmarked; they are not training data."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import Clause, GoldAnswer
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import PredictionSource, ReviewStream


class GoldItemError(Exception):
    """The change to a gold item is not possible; the message is fit for the screen."""


class KnownAnswer(NamedTuple):
    """Whether the difference of a pair is material, why, and the clause that decides it, if there is one."""

    material: bool
    why: str
    clause: Clause | None = None


def add_gold_item(actor: User, name1: str, name2: str, profile: str, answer: KnownAnswer) -> GoldAnswer:
    """Store a pair with its known answer.

    Raises ``EngineError`` for names that cannot be compared, ``NoLiveModelError`` without a live model.
    """
    with transaction.atomic():
        prediction = compare_and_store(actor, CompareRequest(name1, name2, profile), PredictionSource.GOLD)
        prediction.stream, prediction.selection_probability = ReviewStream.GOLD, 1.0
        prediction.save(update_fields=["stream", "selection_probability"])
        row = GoldAnswer.objects.create(prediction=prediction, created_by=actor, **answer._asdict())
        trail.record_event("gold_answer.added", row, actor)
    return row


@transaction.atomic
def retire_gold_item(gold: GoldAnswer, actor: User, reason: str) -> GoldAnswer:
    """Retire a gold item, so that reviewers get it no more; what was measured stays.

    Raises :class:`GoldItemError` when it was retired before.
    """
    row = GoldAnswer.objects.select_for_update().get(pk=gold.pk)
    if row.retired_at is not None:
        raise GoldItemError(gettext("This gold item is retired already."))
    row.retired_at, row.retired_by, row.retired_reason = timezone.now(), actor, reason
    row.save(update_fields=["retired_at", "retired_by", "retired_reason"])
    trail.record_event("gold_answer.retired", row, actor)
    return row
