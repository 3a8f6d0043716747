"""Monthly quotas of pairs, of a key or of an account: what is used of them, and changes by administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext
from redis import Redis
from rest_framework.exceptions import ErrorDetail, Throttled

from accounts.audit import trail
from accounts.dates import format_moment
from accounts.models import ApiKey, ApiUsage, User
from accounts.numbers import format_number
from accounts.redis_client import RedisUnavailableError, call_redis
from accounts.usage.counters import Quota, find_month, find_month_end, name_quota
from accounts.usage.storing import store_usage

_LIFETIME = timedelta(days=40)


class QuotaExceededError(Throttled):
    """The pairs of this month are used up, or fewer are left than were sent."""

    default_code = "quota_exceeded"

    def __init__(self, quota: Quota, left: int, now: datetime) -> None:
        self.resets_at = find_month_end(now)
        is_key = quota.of == "key"
        whose = gettext("this API key") if is_key else gettext("this account")
        detail = gettext(
            "The monthly quota of {whose} is {quota} pairs; {left} are left, which is less than this request "
            "sends. It begins anew on {moment}."
        )
        numbers = {"quota": format_number(quota.pairs), "left": format_number(left)}
        detail = detail.format(whose=whose, moment=format_moment(self.resets_at), **numbers)
        self.wait_seconds = (self.resets_at - now).total_seconds()
        super().__init__(self.wait_seconds)
        self.detail = ErrorDetail(detail, self.default_code)


def list_quotas(user: User, key: ApiKey | None) -> tuple[Quota, ...]:
    """Return the quotas of a request of a user, with a key or without."""
    found = []
    if key is not None and key.monthly_pairs is not None:
        found.append(Quota("key", key.pk, key.monthly_pairs))
    if user.monthly_pairs is not None:
        found.append(Quota("account", user.pk, user.monthly_pairs))
    return tuple(found)


def count_month_pairs(quota: Quota, now: datetime) -> int:
    """Return the stored pairs of the month that count against a quota."""
    first, following = find_month(now)
    owner = {"key_id" if quota.of == "key" else "user_id": quota.id}
    rows = ApiUsage.objects.filter(**owner, day__gte=first, day__lt=following)
    return int(rows.aggregate(total=Sum("pairs"))["total"] or 0)


def seed_quotas(quotas: Sequence[Quota], now: datetime) -> None:
    """Tell the store what is used of quotas that it does not know, from the stored usage.

    It asks the database once a month for each quota, and after the store has lost its memory.
    Raises ``RedisUnavailableError``.
    """
    store_usage(now)
    for quota in quotas:
        used, name = count_month_pairs(quota, now), name_quota(quota, now)
        call_redis(partial(_seed_counter, name, used))


def _seed_counter(name: str, used: int, client: Redis) -> None:
    client.set(name, used, nx=True, ex=_LIFETIME)


@transaction.atomic
def set_monthly_quota(owner: ApiKey | User, pairs: int | None, actor: User, reason: str) -> None:
    """Set the pairs a month of a key or an account, ``None`` for no bound; record old and new."""
    row = type(owner)._default_manager.select_for_update(of=("self",)).get(pk=owner.pk)
    before = row.monthly_pairs
    row.monthly_pairs = owner.monthly_pairs = pairs
    row.save(update_fields=["monthly_pairs"])
    trail.record_event("quota.changed", row, actor, before=before, after=pairs, reason=reason)
    kind = "key" if isinstance(owner, ApiKey) else "account"
    transaction.on_commit(lambda: _forget_use(Quota(kind, owner.pk, pairs or 0)))


def _forget_use(quota: Quota) -> None:
    """Let the next request read the use anew: while there was no quota, nobody counted against it."""
    try:
        call_redis(lambda client: client.delete(name_quota(quota, timezone.now())))
    except RedisUnavailableError:
        return
