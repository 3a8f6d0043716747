"""What a user was told: how much is unread, and marking it read."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from accounts.models import User
from notifications.models import Notification, NotificationQuerySet

MOST_COUNTED = 100
"""Unread notifications are counted up to here, so that the count is as cheap for everybody."""


def select_own(user: User) -> NotificationQuerySet:
    """Select what a user may know of now, newest first."""
    return Notification.objects.of_user(user.pk, timezone.now())


def count_unread(user: User) -> int:
    """Return how many notifications a user has not read, at most :data:`MOST_COUNTED`; one query."""
    return select_own(user).unread().order_by()[:MOST_COUNTED].count()


def format_count(count: int) -> str:
    """Return a number of unread notifications as headers show it: empty for none, "99+" for many."""
    if not count:
        return ""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def mark_read(user: User, key: UUID) -> Notification | None:
    """Mark one notification read and return it; ``None`` when the user has none with this id."""
    row = select_own(user).filter(pk=key).first()
    if row is not None and row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=["read_at"])
    return row


def mark_all_read(user: User) -> int:
    """Mark everything that a user may know of read; return how many were unread."""
    return select_own(user).unread().update(read_at=timezone.now())
