"""Sign-in by token: short access tokens, single-use refresh tokens, sessions of bounded length."""

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.auth.tokens import AccessToken, RefreshToken
from accounts.auth.users import deactivate_user
from accounts.models import User
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """A user who may sign in."""
    return person()


def tokens(user: User) -> dict[str, str]:
    answer = APIClient().post("/api/v1/token", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    found: dict[str, str] = answer.json()
    return found


def refreshed(token: str) -> tuple[int, dict[str, str]]:
    answer = APIClient().post(reverse("token-refresh"), {"refresh": token})
    return answer.status_code, answer.json()


def test_signing_in_ignores_the_case_of_the_address(user: User) -> None:
    answer = APIClient().post("/api/v1/token", {"email": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 200


def test_a_wrong_password_is_a_problem_that_says_nothing_more(user: User) -> None:
    wrong = APIClient().post("/api/v1/token", {"email": user.email, "password": "wrong"})
    unknown = APIClient().post("/api/v1/token", {"email": "nobody@example.com", "password": "wrong"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]
    assert wrong.json()["title"] == "Unauthorized"


def test_a_missing_password_names_the_field(user: User) -> None:
    answer = APIClient().post("/api/v1/token", {"email": user.email})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "password", "message": "This field is required."}]


def test_a_refresh_token_is_good_once(user: User) -> None:
    first = tokens(user)["refresh"]
    status, second = refreshed(first)
    assert status == 200
    assert refreshed(first)[0] == 401
    assert refreshed(second["refresh"])[0] == 200


def test_rotation_never_lengthens_the_session(user: User, settings: Settings) -> None:
    began = time.time()
    first = RefreshToken(tokens(user)["refresh"])  # type: ignore[arg-type]  # the package's annotation is wrong
    settings.SESSION_MAX_AGE = timedelta(hours=1)
    _, answer = refreshed(str(first))
    ends = RefreshToken(answer["refresh"])["exp"]  # type: ignore[arg-type]  # as above
    assert ends == pytest.approx(began + 3600, abs=5)


def test_a_changed_password_ends_the_session(user: User) -> None:
    given = tokens(user)
    user.set_password("another one entirely")
    user.save()
    assert refreshed(given["refresh"])[0] == 401
    client = APIClient(headers={"Authorization": f"Bearer {given['access']}"})
    assert client.get(reverse("prediction", args=[user.pk])).status_code == 401


def test_a_deactivated_person_is_refused_at_once(user: User) -> None:
    given = tokens(user)
    deactivate_user(user, actor=None)
    assert refreshed(given["refresh"])[0] == 401
    client = APIClient(headers={"Authorization": f"Bearer {given['access']}"})
    assert client.get(reverse("prediction", args=[user.pk])).status_code == 401


def test_a_refresh_token_whose_owner_is_gone_is_refused(user: User) -> None:
    token = RefreshToken(tokens(user)["refresh"])  # type: ignore[arg-type]  # as above
    token["sub"] = "6f1f2a52-6b0a-4a3f-9b53-0c7f3f0f2a11"
    assert refreshed(str(token))[0] == 401


def test_an_access_token_lives_minutes(user: User) -> None:
    token = AccessToken(tokens(user)["access"])  # type: ignore[arg-type]  # as above
    assert 0 < token["exp"] - time.time() <= 15 * 60


def test_rubbish_is_no_token() -> None:
    assert refreshed("rubbish")[0] == 401
