"""Tell owners that an API key expires: 14 days before, and 3 days before."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.models import ApiKey
from notifications.models import Kind
from notifications.notices import Notice, notify

_PERIODS = ((timedelta(0), timedelta(days=3)), (timedelta(days=3), timedelta(days=14)))
"""Times before the end: from more than the first to the second, each told once."""


@transaction.atomic
def warn_owners(now: datetime) -> int:
    """Tell owners of the keys that expire soon, once in each period; return the number of these keys.

    A key that was made for less time than that is not told of.
    """
    return sum(_warn(now, after, before) for after, before in _PERIODS)


def _warn(now: datetime, after: timedelta, before: timedelta) -> int:
    keys = ApiKey.objects.usable(now).filter(expires_at__gt=now + after, expires_at__lte=now + before)
    rows = list(keys.filter(created_at__lt=F("expires_at") - before))
    for key in rows:
        expires = key.expires_at.isoformat() if key.expires_at else ""
        data = {"api_key": str(key.pk), "prefix": key.prefix, "expires_at": expires}
        notify([key.user_id], Notice(Kind.KEY_EXPIRES, f"{key.pk}:{before.days}:{expires}", data))
    return len(rows)
