"""Remind reviewers of the items they hold or were assigned: due soon, and overdue, once each.

A gold item counts only while it is claimed, like an ordinary item that nobody was assigned: a reminder must
not tell one from the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from feedback.models import ReviewItem
from matching.models import ReviewStream
from notifications.models import Kind
from notifications.notices import Notice, notify

_DUE_SOON = timedelta(hours=2)
_RECENTLY = timedelta(days=1)
"""An item that has been overdue for longer was told of before."""


@transaction.atomic
def remind_reviewers(now: datetime) -> int:
    """Tell the reviewers of items that are due within two hours or overdue; return the number of items."""
    held = Q(state=ReviewItem.State.CLAIMED, claimed_until__gte=now)
    assigned = Q(assigned_to__isnull=False) & ~Q(stream=ReviewStream.GOLD)
    waiting = ReviewItem.objects.filter(state__in=[ReviewItem.State.OPEN, ReviewItem.State.CLAIMED])
    rows = waiting.filter(held | assigned, due_at__gt=now - _RECENTLY, due_at__lte=now + _DUE_SOON)
    items = list(rows.order_by("due_at"))
    for item in items:
        _remind(item, now)
    return len(items)


def _remind(item: ReviewItem, now: datetime) -> None:
    kind = Kind.ITEM_DUE_SOON if item.due_at > now else Kind.ITEM_OVERDUE
    data = {"item": str(item.pk), "due_at": item.due_at.isoformat()}
    notify(_list_holders(item, now), Notice(kind, str(item.pk), data))


def _list_holders(item: ReviewItem, now: datetime) -> list[UUID]:
    """Return who holds the item now, else who it is assigned to."""
    is_held = item.claimed_by_id is not None and item.claimed_until is not None and item.claimed_until >= now
    holder = item.claimed_by_id if is_held else item.assigned_to_id
    return [holder] if holder else []
