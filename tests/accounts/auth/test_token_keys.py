"""Signing keys of tokens: replaced while sessions continue, unknown ones refused; differing clocks."""

import time

import jwt
import pytest
from django.conf import settings as configured
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.auth.token_sessions import start_session
from accounts.auth.tokens import CLOCK_LEEWAY, AccessToken
from accounts.encryption.crypto import compute_key_id
from accounts.models import TokenSession, User
from tests.people import person

pytestmark = pytest.mark.django_db

NEWER = "another signing key, long enough to be one 0123456789"


@pytest.fixture
def user() -> User:
    """A user who may sign in."""
    return person()


def status(token: object) -> int:
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    return int(client.get(reverse("me")).status_code)


def refreshed(token: object) -> int:
    return int(APIClient().post(reverse("token-refresh"), {"refresh": str(token)}).status_code)


def resigned(token: AccessToken, key: str, **header: str) -> str:
    return jwt.encode(token.payload, key, algorithm="HS256", headers=header or None)


def put_in_front(settings: Settings, key: str) -> None:
    settings.JWT_SIGNING_KEY_FALLBACKS = [settings.JWT_SIGNING_KEY]
    settings.JWT_SIGNING_KEY = key


def test_a_token_names_the_key_that_signed_it(user: User) -> None:
    header = jwt.get_unverified_header(str(AccessToken.for_user(user)))
    assert header["kid"] == compute_key_id(configured.JWT_SIGNING_KEY)
    assert header["kid"] not in configured.JWT_SIGNING_KEY


def test_a_new_key_signs_while_sessions_of_the_old_one_go_on(user: User, settings: Settings) -> None:
    old = start_session(user, "192.0.2.1")
    access, refresh = str(old.access_token), str(old)
    put_in_front(settings, NEWER)
    assert status(access) == 200
    answer = APIClient().post(reverse("token-refresh"), {"refresh": refresh})
    assert answer.status_code == 200
    assert jwt.get_unverified_header(answer.json()["refresh"])["kid"] == compute_key_id(NEWER)
    assert status(answer.json()["access"]) == 200


def test_a_key_that_is_gone_ends_its_sessions_at_once(user: User, settings: Settings) -> None:
    old = start_session(user, "192.0.2.1")
    access, refresh = str(old.access_token), str(old)
    settings.JWT_SIGNING_KEY = NEWER
    assert status(access) == refreshed(refresh) == 401
    assert status(AccessToken.for_user(user)) == 200


def test_a_token_of_an_unknown_key_a_nameless_one_or_none_is_refused(user: User) -> None:
    token, ours = AccessToken.for_user(user), configured.JWT_SIGNING_KEY
    assert status(resigned(token, ours, kid=compute_key_id(ours))) == 200
    assert status(resigned(token, ours)) == 401
    assert status(resigned(token, NEWER, kid=compute_key_id(NEWER))) == 401
    assert status(resigned(token, NEWER, kid=compute_key_id(ours))) == 401
    assert (
        status(jwt.encode(token.payload, "", algorithm="none", headers={"kid": compute_key_id(ours)})) == 401
    )


def test_the_database_keeps_no_token(user: User) -> None:
    refresh = start_session(user, "192.0.2.1")
    assert refreshed(refresh) == 200
    row = str(TokenSession.objects.filter(user=user).values().get())
    assert not any(part in row for part in str(refresh).split("."))
    assert refreshed(refresh) == 401


@pytest.mark.parametrize(
    ("behind", "expected"), [(CLOCK_LEEWAY.seconds - 5, 200), (CLOCK_LEEWAY.seconds + 5, 401)]
)
def test_a_token_that_has_just_ended_by_our_clock_passes_within_the_leeway(
    user: User, behind: int, expected: int
) -> None:
    token = AccessToken.for_user(user)
    token["exp"] = int(time.time()) - behind
    assert status(token) == expected


@pytest.mark.parametrize(
    ("ahead", "expected"), [(CLOCK_LEEWAY.seconds - 5, 200), (CLOCK_LEEWAY.seconds + 30, 401)]
)
def test_a_token_issued_by_a_clock_ahead_of_ours_passes_within_the_leeway(
    user: User, ahead: int, expected: int
) -> None:
    token = AccessToken.for_user(user)
    token["iat"] = int(time.time()) + ahead
    assert status(token) == expected
