"""Owners are told at 80 % and at 100 % of a monthly quota, once each."""

import pytest
from django.utils import timezone

from accounts.auth.users import issue_api_key
from accounts.models import ApiUsage, Role, User
from accounts.usage.quotas import set_monthly_quota
from notifications.kinds import describe, find_page
from notifications.models import Kind, Notification
from notifications.quota_use import warn_of_used_quotas
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return person(Role.CLIENT)


def send(user: User, pairs: int, counter: str) -> None:
    """As if a key of the user had sent pairs today."""
    key = user.api_keys.first()
    ApiUsage.objects.create(user=user, key=key, day=timezone.now().date(), counter=counter, pairs=pairs)


def notices() -> list[Notification]:
    return list(Notification.objects.filter(kind=Kind.QUOTA_USED).order_by("id"))


def test_a_key_is_told_of_at_80_and_at_100_percent(user: User) -> None:
    key, _ = issue_api_key(user, "intake", None)
    set_monthly_quota(key, 100, person(Role.ADMINISTRATOR), "trial")
    for pairs, counter in ((79, "a"), (1, "b"), (5, "c"), (15, "d"), (3, "e")):
        send(user, pairs, counter)
        warn_of_used_quotas(timezone.now())
    first, second = notices()
    assert describe(first).startswith(f"80 % of the monthly quota of your API key {key.prefix}… is used.")
    assert "is used up: it compares nothing more. It begins anew 1 " in describe(second)
    assert find_page(first, user) == "/keys/usage"
    assert {notice.user for notice in notices()} == {user}


def test_an_account_is_told_of_all_of_its_keys_together(user: User) -> None:
    issue_api_key(user, "intake", None)
    set_monthly_quota(user, 10, person(Role.ADMINISTRATOR), "trial")
    send(user, 9, "a")
    assert warn_of_used_quotas(timezone.now()) == 1
    (notice,) = notices()
    assert describe(notice).startswith("90 % of the monthly quota of your account is used. It begins anew 1 ")


def test_a_raised_quota_is_told_of_again(user: User) -> None:
    key, _ = issue_api_key(user, "intake", None)
    admin = person(Role.ADMINISTRATOR)
    set_monthly_quota(key, 10, admin, "trial")
    send(user, 10, "a")
    warn_of_used_quotas(timezone.now())
    set_monthly_quota(key, 12, admin, "more")
    warn_of_used_quotas(timezone.now())
    assert len(notices()) == 2


def test_without_a_quota_nobody_is_told(user: User) -> None:
    issue_api_key(user, "intake", None)
    send(user, 1_000, "a")
    assert warn_of_used_quotas(timezone.now()) == 0
    assert notices() == []
