"""Write notifications in the transaction of what they tell, as each recipient wants them.

Workers send the e-mails after the commit; nothing here waits for a mail server.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from notifications.kinds import get_default
from notifications.models import Delivery, Kind, Notification, Preference


@dataclass(frozen=True)
class Notice:
    """Something to tell. ``key`` names it among all of its kind, so that nobody is told twice.

    ``data`` holds ids, verdicts, counts and dates, never a name. Nobody is told before ``visible_at``.
    """

    kind: Kind
    key: str
    data: Mapping[str, Any]
    visible_at: datetime | None = None


def notify(recipients: Iterable[UUID], notice: Notice) -> None:
    """Store a notice for each recipient who may sign in and wants it; a second time changes nothing.

    Raises ``TransactionManagementError`` outside a transaction, because the notice must be rolled back with
    what it tells.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("write a notice inside the transaction of what it tells")
    chosen = Preference.objects.filter(user=OuterRef("pk"), kind=notice.kind).values("delivery")
    users = User.objects.filter(pk__in=list(recipients), is_active=True)
    wanted = users.annotate(chosen=Subquery(chosen)).values_list("pk", "role", "chosen")
    rows = [
        _build_row(pk, Delivery(delivery or get_default(notice.kind, role)), notice)
        for pk, role, delivery in wanted
    ]
    stored = [row for row in rows if row.delivery != Delivery.OFF]
    Notification.objects.bulk_create(stored, ignore_conflicts=True)


def notify_holders(permission: str, notice: Notice, except_for: UUID | None = None) -> None:
    """Store a notice for everybody who holds a permission named ``app.codename``, but for one person."""
    holders = list_holders(permission)
    told = holders.exclude(pk=except_for) if except_for else holders
    notify(told.values_list("pk", flat=True), notice)


def list_holders(permission: str) -> QuerySet[User]:
    """Return everybody who holds a permission named ``app.codename`` and may sign in."""
    app, codename = permission.split(".")
    groups = Group.objects.filter(permissions__content_type__app_label=app, permissions__codename=codename)
    return User.objects.filter(Q(groups__in=groups) | Q(is_superuser=True), is_active=True)


def delete_notices(user_id: UUID, field: str, ids: Collection[UUID]) -> None:
    """Delete what a person was told, and is still to be told, about rows whose id the data hold."""
    told = Notification.objects.filter(user=user_id)
    told.filter(**{f"data__{field}__in": [str(pk) for pk in ids]}).delete()


def withdraw_notices(kind: Kind, key_prefix: str) -> None:
    """Delete the notices of a kind whose key begins so and that nobody has been told yet."""
    begin = f"{kind}:{key_prefix}"
    untold = Notification.objects.filter(kind=kind, key__startswith=begin, visible_at__gt=timezone.now())
    untold.delete()


def compute_mail_time(delivery: Delivery, visible_at: datetime) -> datetime:
    """Return when an e-mail is due: at once, or at the next hour of summaries (UTC)."""
    if delivery != Delivery.DAILY:
        return visible_at
    day = visible_at.astimezone(UTC).date()
    same_day = datetime.combine(day, time(settings.NOTIFICATION_SUMMARY_HOUR), UTC)
    return same_day if same_day >= visible_at else same_day + timedelta(days=1)


def _build_row(user_id: UUID, delivery: Delivery, notice: Notice) -> Notification:
    """Return the row; without a mail server it is told on the page only."""
    now = timezone.now()
    if delivery != Delivery.OFF and not settings.EMAIL_HOST:
        delivery = Delivery.APP
    visible_at = notice.visible_at or now
    return Notification(
        user_id=user_id,
        kind=notice.kind,
        key=f"{notice.kind}:{notice.key}",
        data=dict(notice.data),
        created_at=now,
        visible_at=visible_at,
        delivery=delivery,
        not_before=compute_mail_time(delivery, visible_at),
    )
