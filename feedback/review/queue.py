"""Work in hand: taken, kept alive, put off, passed on, handed out by a lead.

Each verb changes, records and returns in one transaction. Reasons may quote names: they are kept encrypted
with the item, and the audit trail holds the fact alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.models import User
from feedback.models import CLAIM_DURATION, Absence, Draft, GoldAnswer, ItemEvent, ReviewItem, ReviewStage
from feedback.review.routing import STREAM_PRIORITIES, compute_due_at
from matching.compare import sampling
from matching.models import ReviewStream

_ESCALATION_DEADLINE = timedelta(hours=12)


class ClaimLostError(Exception):
    """The item is no longer held by this reviewer; nothing was stored."""


class ReviewerAbsentError(Exception):
    """The reviewer is out of office and gets no work."""


def claim_next_item(reviewer: User, lead: bool = False) -> ReviewItem | None:
    """Give a reviewer the item in hand, else the one that is due first, else ``None``.

    Now and then, by the policy's share and unmarked, it is one whose answer is known. Raises
    :class:`AbsentError` for somebody who is out of office.
    """
    now = timezone.now()
    if Absence.objects.active_at(now).filter(person=reviewer).exists():
        raise ReviewerAbsentError("You are marked as out of office; end that first.")
    held = ReviewItem.objects.claimed_by(reviewer, now).with_prediction().order_by("claimed_at").first()
    return held or _draw_gold_item(reviewer, now) or ReviewItem.objects.claim(reviewer, now, lead)


@transaction.atomic
def reclaim_item(item: ReviewItem, reviewer: User) -> ReviewItem:
    """Claim one item again after the claim ran out. Raises :class:`ClaimLostError` when another has it."""
    now = timezone.now()
    item = _lock_item(item)
    expired = item.state == ReviewItem.State.CLAIMED and (item.claimed_until or now) < now
    free = item.state == ReviewItem.State.OPEN or expired or item.is_claimed_by(reviewer, now)
    if not free or item.words.not_withdrawn().exists():
        raise ClaimLostError("Somebody else has this item now, or decided it.")
    item.state, item.claimed_by = ReviewItem.State.CLAIMED, reviewer
    item.claimed_at, item.claimed_until = now, now + CLAIM_DURATION
    item.save(update_fields=["state", "claimed_by", "claimed_at", "claimed_until"])
    return item


def extend_claim(item: ReviewItem, reviewer: User) -> bool:
    """Extend a claim that is still good; say whether it was."""
    now = timezone.now()
    mine = ReviewItem.objects.claimed_by(reviewer, now).filter(pk=item.pk)
    return bool(mine.update(claimed_until=now + CLAIM_DURATION))


def save_draft(item: ReviewItem, reviewer: User, decision: str, text: str) -> Draft:
    """Keep what a reviewer typed, whoever holds the item."""
    draft, made = Draft.objects.get_or_create(
        item=item, reviewer=reviewer, defaults={"decision": decision, "text": text}
    )
    if not made:
        draft.decision, draft.text, draft.saved_at = decision, text, timezone.now()
        draft.save(update_fields=["decision", "text", "saved_at"])
    return draft


def lock_claimed_item(item: ReviewItem, reviewer: User, now: datetime) -> ReviewItem:
    """Lock an item and return it with its prediction. Raises :class:`ClaimLostError` for another's."""
    found = _lock_item(item)
    if not found.is_claimed_by(reviewer, now):
        raise ClaimLostError("this item is no longer yours; claim it again")
    return found


@transaction.atomic
def release_item(item: ReviewItem, actor: User, reason: str) -> ReviewItem:
    """Give a claimed item back to the queue; a known answer goes without a trace."""
    item = _lock_item(item)
    if item.state == ReviewItem.State.CLAIMED:
        _release_claim(item, ItemEvent.Kind.RELEASED, actor, reason)
    return item


@transaction.atomic
def skip_item(item: ReviewItem, reviewer: User, reason: str) -> ReviewItem:
    """Pass an item on to others; it does not come back to this reviewer."""
    return _release_claim(
        lock_claimed_item(item, reviewer, timezone.now()), ItemEvent.Kind.SKIPPED, reviewer, reason
    )


@transaction.atomic
def postpone_item(item: ReviewItem, reviewer: User, until: datetime, reason: str) -> ReviewItem:
    """Put an item off; it comes back to the same reviewer."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    return _release_claim(
        item, ItemEvent.Kind.POSTPONED, reviewer, reason, not_before=until, assigned_to=reviewer
    )


@transaction.atomic
def escalate_item(item: ReviewItem, reviewer: User, reason: str) -> ReviewItem:
    """Pass an item to the leads, ahead of what waits for them less urgently."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    sooner = min(item.due_at, timezone.now() + _ESCALATION_DEADLINE)
    return _release_claim(
        item, ItemEvent.Kind.ESCALATED, reviewer, reason, for_lead=True, assigned_to=None, due_at=sooner
    )


@transaction.atomic
def park_item(item: ReviewItem, reviewer: User, missing: str) -> ReviewItem:
    """Set an item aside until a document comes; ``missing`` says which."""
    item = lock_claimed_item(item, reviewer, timezone.now())
    state = ReviewItem.State.PARKED
    return _release_claim(item, ItemEvent.Kind.PARKED, reviewer, missing, state=state, assigned_to=reviewer)


@transaction.atomic
def resume_item(item: ReviewItem, actor: User, note: str) -> ReviewItem:
    """Put a parked item back before the reviewer who asked, with a note on what came."""
    item = _lock_item(item)
    if item.state == ReviewItem.State.PARKED:
        _release_claim(item, ItemEvent.Kind.RESUMED, actor, note, due_at=timezone.now())
    return item


@transaction.atomic
def assign_items(keys: Sequence[UUID], person: User | None, actor: User) -> int:
    """Hand open items to one person, or to anybody; return how many. What others have in hand stays theirs.

    Raises :class:`AbsentError` for somebody who is out of office.
    """
    if person is not None and Absence.objects.active_at(timezone.now()).filter(person=person).exists():
        raise ReviewerAbsentError(f"{person.email} is out of office.")
    rows = ReviewItem.objects.select_for_update().filter(pk__in=keys, state=ReviewItem.State.OPEN)
    items = list(rows.exclude(stream=ReviewStream.GOLD))
    ReviewItem.objects.filter(pk__in=[item.pk for item in items]).update(assigned_to=person)
    for item in items:
        _record_event(item, ItemEvent.Kind.ASSIGNED, actor, person.email if person else "anybody")
    return len(items)


@transaction.atomic
def start_absence(person: User, ends_at: datetime, actor: User) -> Absence:
    """Mark somebody as out of office until then; what they hold or were given is free for others."""
    row = Absence.objects.create(person=person, ends_at=ends_at)
    trail.record_event("absence.begun", row, actor, person=str(person.pk), until=ends_at.isoformat())
    free = {"state": ReviewItem.State.OPEN, "claimed_by": None, "claimed_until": None}
    undone = ReviewItem.objects.exclude(stream=ReviewStream.GOLD)
    undone.filter(claimed_by=person, state=ReviewItem.State.CLAIMED).update(**free)
    undone.filter(assigned_to=person, state=ReviewItem.State.OPEN).update(assigned_to=None)
    return row


@transaction.atomic
def end_absence(person: User, actor: User) -> int:
    """End somebody's absence now; return how many ended."""
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
    """Let go of an item and say why."""
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
    """Draw whether the next item is one with a known answer that this reviewer has not met; claim it."""
    share = sampling.get_policy().gold
    if random.random() >= share:  # noqa: S311 - a sample, not a secret
        return None
    unmet = GoldAnswer.objects.filter(retired_at=None).exclude(prediction__review_items__assigned_to=reviewer)
    known = unmet.exclude(prediction__feedback__reviewer=reviewer).order_by("?").first()
    return _create_gold_item(known, reviewer, now, share) if known else None


def _create_gold_item(known: GoldAnswer, reviewer: User, now: datetime, share: float) -> ReviewItem | None:
    priority = STREAM_PRIORITIES[ReviewStream.GOLD]
    item = ReviewItem(
        prediction=known.prediction,
        stage=ReviewStage.FIRST,
        stream=ReviewStream.GOLD,
        selection_probability=share,
        priority=priority,
        due_at=compute_due_at(now, priority, known.prediction.profile),
        state=ReviewItem.State.CLAIMED,
        assigned_to=reviewer,
        claimed_by=reviewer,
        claimed_at=now,
        claimed_until=now + CLAIM_DURATION,
    )
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:  # asked twice at once: the other request has it
        return None
    return item
