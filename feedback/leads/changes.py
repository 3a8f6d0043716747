"""Assign many items, return them to the queue, change their urgency, withdraw them.

Each function changes what may be changed and records an event of each item, all in one transaction, and
returns how many it changed and why it left the others. Reasons are stored encrypted with the item; the audit
trail holds only that it happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import Absence, Feedback, ItemEvent, ReviewItem, ReviewRequest, ReviewStage
from feedback.permissions import LEAD_PERMISSION
from feedback.review.announcements import announce_assignment
from feedback.review.decisions import close_item
from feedback.review.outcome import update_review
from feedback.review.queue import ReviewerAbsentError
from feedback.review.routing import compute_due_at
from feedback.review.waiting import build_taken_condition
from matching.models import PredictionReview, ReviewStream

MAX_ITEMS = 500
"""Items that one change takes at most."""

State = ReviewItem.State
Refusal = Callable[[ReviewItem], str]
"""Returns why an item is left as it is, empty where it may be changed."""


class Outcome(NamedTuple):
    """How many items were changed, and how many of the others were left for each reason."""

    changed: int
    refusals: Mapping[str, int]

    def describe(self) -> str:
        """Return both as sentences for the screen."""
        total = self.changed + sum(self.refusals.values())
        done = gettext("{changed} of {total} items changed.").format(changed=self.changed, total=total)
        if not self.refusals:
            return done
        reasons = "; ".join(f"{reason} ({count})" for reason, count in self.refusals.items())
        return gettext("{done} Left as they are: {reasons}.").format(done=done, reasons=reasons)


class Urgency(NamedTuple):
    """A priority, a due time or both; without a due time the priority sets it."""

    priority: int | None
    due_at: datetime | None


@transaction.atomic
def assign_items(keys: Sequence[UUID], person: User | None, actor: User) -> Outcome:
    """Assign items that nobody has begun to a reviewer, or to nobody (``None``).

    Nobody is assigned what they decided, asked for or left to others, and only leads what needs a lead. A
    reviewer who is no member of the matter of an item may decide that item. Raises
    :class:`ReviewerAbsentError` for a reviewer who is out of office.
    """
    now = timezone.now()
    if person is not None and Absence.objects.active_at(now).filter(person=person).exists():
        raise ReviewerAbsentError(gettext("{email} is out of office.").format(email=person.email))
    taken = build_taken_condition(person) if person else {}
    rows, refusals = _select(keys, actor, lambda item: _refuse_assignment(item, person, now), **taken)
    free = {"state": State.OPEN, "claimed_by": None, "claimed_until": None}
    for item in rows:
        _change(item, ItemEvent.Kind.ASSIGNED, actor, _name(person), assigned_to=person, **free)
    if person is not None and person != actor and rows:
        announce_assignment(rows, person)
    return Outcome(len(rows), refusals)


@transaction.atomic
def return_items(keys: Sequence[UUID], actor: User, reason: str) -> Outcome:
    """Give claimed, assigned, postponed and parked items back to the queue, for whoever may decide them."""
    now = timezone.now()
    rows, refusals = _select(keys, actor, lambda item: _refuse_return(item, now))
    for item in rows:
        was_parked = item.state == State.PARKED
        free = {"claimed_by": None, "claimed_until": None, "assigned_to": None}
        _change(item, ItemEvent.Kind.RELEASED, actor, reason, state=State.OPEN, not_before=now, **free)
        if was_parked:
            update_review(item.prediction)
    return Outcome(len(rows), refusals)


@transaction.atomic
def change_urgency(keys: Sequence[UUID], actor: User, urgency: Urgency, reason: str) -> Outcome:
    """Set priority and due time. A priority makes an item due no later than its requester needs it."""
    rows, refusals = _select(keys, actor, _refuse_closed)
    asked = _list_requested_times(rows) if urgency.due_at is None else {}
    for item in rows:
        priority = item.priority if urgency.priority is None else urgency.priority
        due_at = urgency.due_at or compute_due_at(item.created_at, priority, item.prediction.profile)
        due_at = min(due_at, asked.get(item.prediction_id, due_at))
        _change(item, ItemEvent.Kind.URGENCY, actor, reason, priority=priority, due_at=due_at)
    return Outcome(len(rows), refusals)


@transaction.atomic
def withdraw_items(keys: Sequence[UUID], actor: User, reason: str) -> Outcome:
    """Close items that nobody has decided or begun, with the requests that they come from.

    A second review, an adjudication and the random audit are kept: the rules and the measurement need them.
    """
    now = timezone.now()
    decisions = Feedback.objects.by_reviewers().filter(prediction=OuterRef("prediction"))
    decided = Exists(decisions.exclude(stream=ReviewStream.GOLD))
    rows, refusals = _select(keys, actor, lambda item: _refuse_withdrawal(item, now), decided=decided)
    for item in rows:
        _close_requests(item, actor, now)
        close_item(item, now)
        _record(item, ItemEvent.Kind.WITHDRAWN, actor, reason)
        update_review(item.prediction)
    return Outcome(len(rows), refusals)


def _select(
    keys: Sequence[UUID], actor: User, refuse: Refusal, **conditions: Exists
) -> tuple[list[ReviewItem], Counter[str]]:
    """Lock the items that the actor sees; return those that may be changed, and counts of the refusals."""
    visible = ReviewItem.objects.visible_to(actor).filter(pk__in=keys).values("pk")
    rows = ReviewItem.objects.select_for_update(of=("self",)).select_related("prediction").order_by("id")
    items = list(rows.filter(pk__in=visible).annotate(**conditions))
    refusals = Counter(filter(None, map(refuse, items)))
    if missing := len(set(keys)) - len(items):
        refusals[gettext("not there any more")] += missing
    return [item for item in items if not refuse(item)], refusals


def _refuse_closed(item: ReviewItem) -> str:
    if item.stream == ReviewStream.GOLD:
        return gettext("a gold item, which belongs to one reviewer")
    return gettext("closed already") if item.state == State.DONE else ""


def _refuse_begun(item: ReviewItem, now: datetime) -> str:
    begun = item.state == State.CLAIMED and item.claimed_until is not None and item.claimed_until >= now
    return _refuse_closed(item) or (gettext("a reviewer has begun it") if begun else "")


def _refuse_assignment(item: ReviewItem, person: User | None, now: datetime) -> str:
    if refusal := _refuse_begun(item, now):
        return refusal
    if item.state == State.PARKED:
        return gettext("waits for a document")
    if person is None:
        return ""
    if item.for_lead and not person.has_perm(LEAD_PERMISSION):
        return gettext("needs a lead")
    texts = {
        "decided": gettext("decided by this person before"),
        "asked": gettext("asked for by this person"),
        "passed": gettext("left to others by this person"),
    }
    return next((text for name, text in texts.items() if getattr(item, name)), "")


def _refuse_return(item: ReviewItem, now: datetime) -> str:
    is_free = item.state == State.OPEN and item.assigned_to_id is None and item.not_before <= now
    return _refuse_closed(item) or (gettext("free already") if is_free else "")


def _refuse_withdrawal(item: ReviewItem, now: datetime) -> str:
    if refusal := _refuse_begun(item, now):
        return refusal
    if item.stage != ReviewStage.FIRST or getattr(item, "decided", False):
        return gettext("decided by a reviewer, and the rules require what follows")
    if ReviewStream.AUDIT in (item.stream, item.prediction.stream):
        return gettext("drawn by the random audit, which measures the product")
    return ""


def _list_requested_times(items: Sequence[ReviewItem]) -> dict[UUID, datetime]:
    """Return by prediction when the requester of an open request needs the decision."""
    rows = ReviewRequest.objects.filter(prediction__in=[item.prediction_id for item in items], closed_at=None)
    return {key: due_at for key, due_at in rows.values_list("prediction_id", "due_at") if due_at}


def _close_requests(item: ReviewItem, actor: User, now: datetime) -> None:
    for request in ReviewRequest.objects.filter(prediction=item.prediction_id, closed_at=None):
        request.closed_at = request.withdrawn_at = now
        request.save(update_fields=["closed_at", "withdrawn_at"])
        trail.record_event("review_request.withdrawn", request, actor, prediction=str(item.prediction_id))
    PredictionReview.objects.filter(pk=item.prediction_id).update(requested_at=None)


def _name(person: User | None) -> str:
    return person.email if person else "anybody"


def _change(item: ReviewItem, kind: str, actor: User, reason: str, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(item, name, value)
    item.save(update_fields=list(changes))
    _record(item, kind, actor, reason)


def _record(item: ReviewItem, kind: str, actor: User, reason: str) -> None:
    ItemEvent.objects.create(item=item, kind=kind, actor=actor, reason=reason)
    trail.record_event(f"review_item.{kind}", item, actor)
