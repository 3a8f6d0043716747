"""The pages of one's own API keys: shown once, replaced with an overlap, revoked."""

import html
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key, revoke_api_key
from accounts.models import ApiKey, AuditEvent, Role, User
from tests.people import person

pytestmark = pytest.mark.django_db

FORM = {"name": "intake system", "scopes": ["compare", "read"], "days": "90"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def user() -> User:
    return person(Role.USER)


def read_token(page: str) -> str:
    found = re.search(r"lnc_[0-9a-f]{12}_[\w-]+", page)
    assert found is not None
    return found[0]


def opens(token: str) -> bool:
    answer = APIClient(headers={"Authorization": f"Api-Key {token}"}).get("/api/v1/me")
    return answer.status_code == 200


def test_a_key_is_made_and_shown_once_with_lines_that_name_this_installation(user: User) -> None:
    client = browser(user)
    assert "None yet" in client.get("/keys").content.decode()
    shown = client.post("/keys", FORM, headers={"Host": "localhost:5001"})
    page, key = shown.content.decode(), ApiKey.objects.get()
    token = read_token(page)
    assert opens(token)
    assert "no-store" in shown["Cache-Control"]
    assert "curl http://localhost:5001/api/v1/compare" in page
    assert (key.user, key.name, key.scopes) == (user, "intake system", ["compare", "read"])
    assert key.expires_at is not None
    assert abs(key.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    for address in ("/keys", f"/keys/{key.pk}"):
        page = client.get(address).content.decode()
        assert f"lnc_{key.prefix}…" in page
        assert token not in page
    assert token.rsplit("_", 1)[1] not in str(list(AuditEvent.objects.values()))
    assert AuditEvent.objects.filter(action="api_key.issued", actor=user, object_id=str(key.pk)).exists()


def test_the_python_lines_are_a_program(user: User) -> None:
    page = browser(user).post("/keys", FORM).content.decode()
    lines = re.search(r'id="python"[^>]*>(.*?)</pre>', page, re.S)
    assert lines is not None
    command = [sys.executable, "-c", "import ast, sys; ast.parse(sys.stdin.read())"]
    subprocess.run(command, input=html.unescape(lines[1]), text=True, check=True)


def test_a_form_that_is_wrong_says_why_and_keeps_what_was_entered(user: User) -> None:
    answer = browser(user).post("/keys", {"name": "", "days": "4000", "scopes": []})
    page = answer.content.decode()
    assert answer.status_code == 422
    for sentence in ("Say what uses this key", "Choose how long it works.", "Choose at least one thing"):
        assert sentence in page
    page = browser(user).post("/keys", {"name": "Mine", "days": "365"}).content.decode()
    assert 'value="Mine"' in page
    assert '<option value="365" selected>' in page
    assert not ApiKey.objects.exists()


def test_one_key_too_many_is_refused_and_a_revoked_one_makes_room(user: User, settings: Settings) -> None:
    settings.API_KEYS_PER_USER = 1
    client = browser(user)
    client.post("/keys", FORM)
    answer = client.post("/keys", FORM)
    assert answer.status_code == 422
    assert "You have 1 API keys, the most that one user may have" in answer.content.decode()
    revoke_api_key(ApiKey.objects.get(), user)
    assert client.post("/keys", FORM).status_code == 200


def test_after_a_rotation_both_keys_work_until_the_overlap_ends(user: User) -> None:
    client = browser(user)
    old_token = read_token(client.post("/keys", FORM).content.decode())
    ApiKey.objects.update(monthly_pairs=500)
    old = ApiKey.objects.get()
    new_token = read_token(client.post(f"/keys/{old.pk}/rotate", {"hours": "24"}).content.decode())
    new = ApiKey.objects.get(replaces=old)
    assert opens(old_token)
    assert opens(new_token)
    assert (new.name, new.scopes, new.monthly_pairs) == (old.name, old.scopes, 500)
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert AuditEvent.objects.get(action="api_key.rotated").detail["overlap_seconds"] == 86_400
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert not opens(old_token)
    assert f"lnc_{new.prefix}…" in client.get(f"/keys/{old.pk}").content.decode()


def test_a_key_that_has_leaked_is_replaced_without_an_overlap(user: User) -> None:
    client = browser(user)
    old_token = read_token(client.post("/keys", FORM).content.decode())
    client.post(f"/keys/{ApiKey.objects.get().pk}/rotate", {"hours": "0"})
    assert not opens(old_token)


def test_a_key_is_replaced_once_and_not_when_it_is_revoked(user: User) -> None:
    client = browser(user)
    client.post("/keys", FORM)
    key = ApiKey.objects.get()
    client.post(f"/keys/{key.pk}/rotate", {"hours": "24"})
    page = client.post(f"/keys/{key.pk}/rotate", {"hours": "24"}, follow=True).content.decode()
    assert "has been replaced already" in page
    new = ApiKey.objects.get(replaces=key)
    revoke_api_key(new, user)
    page = client.post(f"/keys/{new.pk}/rotate", {"hours": "24"}, follow=True).content.decode()
    assert "revoked or expired" in page
    assert ApiKey.objects.count() == 2


def test_a_revoked_key_is_refused_and_listed_apart(user: User) -> None:
    client = browser(user)
    token = read_token(client.post("/keys", FORM).content.decode())
    key = ApiKey.objects.get()
    page = client.post(f"/keys/{key.pk}/revoke", follow=True).content.decode()
    assert not opens(token)
    assert "Revoked and expired keys" in page
    assert AuditEvent.objects.filter(action="api_key.revoked", actor=user).count() == 1


def test_nobody_sees_or_changes_the_key_of_somebody_else(user: User) -> None:
    key, _ = issue_api_key(person(Role.CLIENT), "theirs", None)
    client = browser(user)
    assert "theirs" not in client.get("/keys").content.decode()
    assert client.get(f"/keys/{key.pk}").status_code == 404
    assert client.post(f"/keys/{key.pk}/revoke").status_code == 404
    assert client.post(f"/keys/{key.pk}/rotate", {"hours": "0"}).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


def test_who_may_have_no_keys_of_their_own_sees_no_page() -> None:
    assert browser(person(Role.AUDITOR)).get("/keys").status_code == 403


def test_making_and_replacing_ask_who_is_there(user: User, settings: Settings) -> None:
    settings.STEP_UP_MINUTES = 10
    key, _ = issue_api_key(user, "mine", None)
    client = browser(user)
    for address, form in (("/keys", FORM), (f"/keys/{key.pk}/rotate", {"hours": "0"})):
        answer = client.post(address, form)
        assert answer.status_code == 302
        assert "/account/confirm" in answer["Location"]
    assert ApiKey.objects.count() == 1


def test_the_list_takes_the_same_few_queries_however_many_keys_there_are(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(user)
    for number in range(6):
        key, _ = issue_api_key(user, f"key {number}", None)
        if number % 2:
            revoke_api_key(key, None)
    client.get("/keys")
    with django_assert_num_queries(7):
        page = client.get("/keys").content.decode()
    assert page.count("lnc_") == 6
