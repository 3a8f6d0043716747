"""API keys: shown once, stored as a digest, revoked at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.auth.users import API_KEY_SCOPES, deactivate_user, issue_api_key, revoke_api_key
from accounts.models import ApiKey, AuditEvent, Role, User
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    """A client application."""
    return person(Role.CLIENT)


def status(key: str) -> int:
    """Return the status of reading an unknown prediction: 404 with access, else 401 or 403."""
    client = APIClient(headers={"Authorization": f"Api-Key {key}"})
    return client.get(reverse("prediction", args=["6f1f2a52-6b0a-4a3f-9b53-0c7f3f0f2a11"])).status_code


def test_a_key_opens_and_is_not_kept(owner: User) -> None:
    row, key = issue_api_key(owner, "batch", actor=None)
    assert status(key) == 404
    secret = key.split("_", 2)[2]
    kept = ApiKey.objects.values().get(pk=row.pk)
    assert secret not in str(kept)
    assert secret not in str(list(AuditEvent.objects.values()))


def test_using_a_key_is_noted_at_most_once_a_minute(owner: User) -> None:
    row, key = issue_api_key(owner, "batch", actor=None)
    status(key)
    row.refresh_from_db()
    first = row.last_used_at
    status(key)
    row.refresh_from_db()
    assert first is not None
    assert row.last_used_at == first


def test_anything_but_the_key_is_refused(owner: User) -> None:
    _, key = issue_api_key(owner, "batch", actor=None)
    ruined = [key.upper(), key[:-1], key.split("_")[1], "lnc__", "", "_" * 40, key.replace("lnc", "lnc_")]
    assert {status(one) for one in ruined} == {401}


def test_a_revoked_key_is_refused(owner: User) -> None:
    row, key = issue_api_key(owner, "batch", actor=None)
    revoke_api_key(row, actor=None)
    assert status(key) == 401


def test_an_expired_key_is_refused(owner: User) -> None:
    _, key = issue_api_key(owner, "batch", None, expires_at=timezone.now() - timedelta(seconds=1))
    assert status(key) == 401


def test_the_key_of_a_deactivated_owner_is_refused(owner: User) -> None:
    _, key = issue_api_key(owner, "batch", actor=None)
    deactivate_user(owner, actor=None)
    assert status(key) == 401


def test_a_key_without_the_scope_is_refused(owner: User) -> None:
    _, key = issue_api_key(owner, "batch", None, scopes=["compare"])
    assert status(key) == 403


def test_an_unknown_scope_is_refused(owner: User) -> None:
    with pytest.raises(ValueError, match="everything"):
        issue_api_key(owner, "batch", None, scopes=[*API_KEY_SCOPES, "everything"])
