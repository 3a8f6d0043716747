"""Claim, skip, postpone, escalate, park and resume review items; absences of reviewers.

Each function changes rows, records an event and returns in one transaction. Reasons may quote names, so they
are stored encrypted with the item, while the audit trail holds only that it happened.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import (
    CLAIM_DURATION,
    Absence,
    Draft,
    GoldAnswer,
    ItemEvent,
    ReviewItem,
    ReviewItemQuerySet,
    ReviewStage,
)
from feedback.review.announcements import announce_answer
from feedback.review.outcome import mark_in_review, update_review
from feedback.review.routing import STREAM_PRIORITIES, compute_due_at
from matching.compare import sampling
from matching.models import ReviewStream

_ESCALATION_DEADLINE = timedelta(hours=12)
_FREE: Mapping[str, Any] = {"state": ReviewItem.State.OPEN, "claimed_by": None, "claimed_until": None}


class ClaimLostError(Exception):
    """The reviewer does not hold the item any more; nothing was stored."""


class ReviewerAbsentError(Exception):
    """The reviewer is out of office and gets no items."""


def claim_next_item(reviewer: User, lead: bool = False) -> ReviewItem | None:
    """Return the item the reviewer holds, else claim the one that is due first; ``None`` if there is none.

    At the policy's sampling rate it is a gold item, unmarked. Raises :class:`ReviewerAbsentError` for a
    reviewer who is out of office.
    """
    now = timezone.now()
    if Absence.objects.active_at(now).filter(person=reviewer).exists():
        raise ReviewerAbsentError(gettext("You are marked as out of office; end that first."))
    held = ReviewItem.objects.claimed_by(reviewer, now).with_prediction().order_by("claimed_at").first()
    return held or _draw_gold_item(reviewer, now) or _claim_item(reviewer, now, lead)


@transaction.atomic
def _claim_item(reviewer: User, now: datetime, lead: bool) -> ReviewItem | None:
    item = ReviewItem.objects.claim(reviewer, now, lead)
    if item is not None:
        mark_in_review(item)
    return item


@transaction.atomic
def reclaim_item(item: ReviewItem, reviewer: User) -> ReviewItem:
    """Claim an item again after the claim expired. Raises :class:`ClaimLostError` when another holds it."""
    now = timezone.now()
    item = _lock_item(item)
    expired = item.state == ReviewItem.State.CLAIMED and (item.claimed_until or now) < now
    free = item.state == ReviewItem.State.OPEN or expired or item.is_claimed_by(reviewer, now)
    if not free or item.decisions.not_withdrawn().exists():
        raise ClaimLostError(gettext("Somebody else has this item now, or decided it."))
    item.state, item.claimed_by = ReviewItem.State.CLAIMED, reviewer
    item.claimed_at, item.claimed_until = now, now + CLAIM_DURATION
    item.save(update_fields=["state", "claimed_by", "claimed_at", "claimed_until"])
    mark_in_review(item)
    return item


def extend_claim(item: ReviewItem, reviewer: User) -> bool:
    """Extend a claim that has not expired; return whether there was one."""
    now = timezone.now()
    mine = ReviewItem.objects.claimed_by(reviewer, now).filter(pk=item.pk)
    return bool(mine.update(claimed_until=now + CLAIM_DURATION))


def save_draft(item: ReviewItem, reviewer: User, decision: str, text: str, client_reason: str = "") -> Draft:
    """Save what a reviewer typed, whoever holds the item."""
    typed = {"decision": decision, "text": text, "client_reason": client_reason}
    draft, created = Draft.objects.get_or_create(item=item, reviewer=reviewer, defaults=typed)
    if not created:
        draft.decision, draft.text, draft.client_reason = decision, text, client_reason
        draft.saved_at = timezone.now()
        draft.save(update_fields=[*typed, "saved_at"])
    return draft


def lock_claimed_item(item: ReviewItem, reviewer: User, now: datetime) -> ReviewItem:
    """Lock an item and return it with its prediction.

    Raises :class:`ClaimLostError` unless the reviewer holds it.
    """
    item = _lock_item(item)
    if not item.is_claimed_by(reviewer, now):
        raise ClaimLostError("this item is no longer yours; claim it again")
    return item


@transaction.atomic
def release_item(item: ReviewItem, actor: User, reason: str) -> ReviewItem:
    """Return a claimed item to the queue; an item that is not claimed stays as it is."""
    item = _lock_item(item)
    if item.state == ReviewItem.State.CLAIMED:
        _release_claim(item, ItemEvent.Kind.RELEASED, actor, reason)
    return item


@transaction.atomic
def skip_item(item: ReviewItem, reviewer: User, reason: str) -> ReviewItem:
    """Leave an item to other reviewers; this one does not get it again."""
    return _release_claim(
        lock_claimed_item(item, reviewer, timezone.now()), ItemEvent.Kind.SKIPPED, reviewer, reason
    )


@transaction.atomic
def postpone_item(item: ReviewItem, reviewer: User, until: datetime, reason: str) -> ReviewItem:
    """Return an item to the queue until a time, assigned to the same reviewer."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    return _release_claim(
        item, ItemEvent.Kind.POSTPONED, reviewer, reason, not_before=until, assigned_to=reviewer
    )


@transaction.atomic
def escalate_item(item: ReviewItem, reviewer: User, reason: str) -> ReviewItem:
    """Return an item to the queue for leads, due in twelve hours at the latest."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    sooner = min(item.due_at, timezone.now() + _ESCALATION_DEADLINE)
    return _release_claim(
        item, ItemEvent.Kind.ESCALATED, reviewer, reason, for_lead=True, assigned_to=None, due_at=sooner
    )


@transaction.atomic
def park_item(item: ReviewItem, reviewer: User, missing: str) -> ReviewItem:
    """Set an item aside until a document arrives; ``missing`` names it."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    state = ReviewItem.State.PARKED
    _release_claim(item, ItemEvent.Kind.PARKED, reviewer, missing, state=state, assigned_to=reviewer)
    update_review(item.prediction)
    return item


@transaction.atomic
def resume_item(item: ReviewItem, actor: User, note: str, kind: str = ItemEvent.Kind.RESUMED) -> ReviewItem:
    """Reopen a parked item, due now, for the reviewer who parked it; ``note`` names the document.

    ``kind`` says whether somebody here writes it or the requester.
    """
    item = _lock_item(item)
    if item.state == ReviewItem.State.PARKED:
        _release_claim(item, kind, actor, note, due_at=timezone.now())
        update_review(item.prediction)
        if kind == ItemEvent.Kind.ANSWERED and item.assigned_to_id is not None:
            announce_answer(item, [item.assigned_to_id])
    return item


@transaction.atomic
def start_absence(person: User, ends_at: datetime, actor: User) -> Absence:
    """Mark a reviewer as out of office and release the items claimed by or assigned to them."""
    row = Absence.objects.create(person=person, ends_at=ends_at)
    trail.record_event("absence.started", row, actor, person=str(person.pk), until=ends_at.isoformat())
    items = ReviewItem.objects.exclude(stream=ReviewStream.GOLD)
    items.filter(claimed_by=person, state=ReviewItem.State.CLAIMED).update(**_FREE)
    items.filter(assigned_to=person, state=ReviewItem.State.OPEN).update(assigned_to=None)
    return row


@transaction.atomic
def release_items(items: ReviewItemQuerySet, person: User) -> None:
    """Give back what somebody holds or was assigned of some items, decided ones included."""
    items.filter(claimed_by=person, state=ReviewItem.State.CLAIMED).update(**_FREE)
    items.exclude(stream=ReviewStream.GOLD).filter(assigned_to=person).update(assigned_to=None)


@transaction.atomic
def end_absence(person: User, actor: User) -> int:
    """End the current absences of a reviewer; return how many."""
    now = timezone.now()
    current = list(Absence.objects.select_for_update().active_at(now).filter(person=person))
    for row in current:
        row.ends_at = max(now, row.starts_at + timedelta(microseconds=1))
        row.save(update_fields=["ends_at"])
        trail.record_event("absence.ended", row, actor, person=str(person.pk))
    return len(current)


def _lock_item(item: ReviewItem) -> ReviewItem:
    return ReviewItem.objects.select_for_update(of=("self",)).select_related("prediction").get(pk=item.pk)


def _release_claim(item: ReviewItem, kind: str, actor: User, reason: str, **changes: Any) -> ReviewItem:
    """Release a claim, apply the changes, and record the event with its reason."""
    changes = {"state": ReviewItem.State.OPEN, "claimed_by": None, "claimed_until": None, **changes}
    for name, value in changes.items():
        setattr(item, name, value)
    item.save(update_fields=list(changes))
    _record_event(item, kind, actor, reason)
    return item


def _record_event(item: ReviewItem, kind: str, actor: User, reason: str) -> None:
    ItemEvent.objects.create(item=item, kind=kind, actor=actor, reason=reason)
    trail.record_event(f"review_item.{kind}", item, actor)


def _draw_gold_item(reviewer: User, now: datetime) -> ReviewItem | None:
    """Claim a gold item that is new to this reviewer, at the policy's sampling rate; ``None`` otherwise."""
    rate = sampling.get_policy().gold
    if random.random() >= rate:  # noqa: S311 - a sample, not a secret
        return None
    rows = GoldAnswer.objects.filter(retired_at=None).exclude(prediction__review_items__assigned_to=reviewer)
    gold = rows.exclude(prediction__feedback__reviewer=reviewer).order_by("?").first()
    return _create_gold_item(gold, reviewer, now, rate) if gold else None


def _create_gold_item(gold: GoldAnswer, reviewer: User, now: datetime, rate: float) -> ReviewItem | None:
    """Create a claimed item; ``None`` when a concurrent request of the reviewer has just created it."""
    priority = STREAM_PRIORITIES[ReviewStream.GOLD]
    item = ReviewItem(
        prediction=gold.prediction,
        stage=ReviewStage.FIRST,
        stream=ReviewStream.GOLD,
        selection_probability=rate,
        priority=priority,
        due_at=compute_due_at(now, priority, gold.prediction.profile),
        state=ReviewItem.State.CLAIMED,
        assigned_to=reviewer,
        claimed_by=reviewer,
        claimed_at=now,
        claimed_until=now + CLAIM_DURATION,
    )
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:
        return None
    return item
