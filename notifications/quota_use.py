"""Tell owners that a monthly quota is used to 80 %, and that it is used up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.usage.report import QuotaUse, list_quota_uses
from notifications.models import Kind
from notifications.notices import Notice, notify

_LEVELS = (80, 100)
"""Percent of a quota at which its owner is told, each once a month."""


@transaction.atomic
def warn_of_used_quotas(now: datetime) -> int:
    """Tell owners of the quotas that have reached a level; return the number of these quotas."""
    keys = User.objects.filter(is_active=True, api_keys__monthly_pairs__isnull=False)
    accounts = User.objects.filter(is_active=True, monthly_pairs__isnull=False)
    return sum(_warn(user, use) for user in keys.union(accounts) for use in list_quota_uses(user, now))


def _warn(user: User, use: QuotaUse) -> bool:
    """Tell the owner of the highest level that a quota has reached, and return whether there is one."""
    reached = [level for level in _LEVELS if use.percent >= level]
    if not reached:
        return False
    data = {
        "of": use.quota.of,
        "prefix": use.key.prefix if use.key else "",
        "percent": use.percent,
        "resets_at": use.resets_at.isoformat(),
    }
    key = f"{use.quota.id}:{use.quota.pairs}:{use.resets_at:%Y-%m}:{reached[-1]}"
    notify([user.pk], Notice(Kind.QUOTA_USED, key, data))
    return True
