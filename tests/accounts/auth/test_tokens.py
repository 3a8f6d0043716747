"""Sign-in by token: short access tokens, single-use refresh tokens, sessions of bounded length."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.auth.tokens import AccessToken, RefreshToken
from accounts.auth.users import deactivate_user
from accounts.models import AuditEvent, TokenSession, User
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """A user who may sign in."""
    return person()


def tokens(user: User) -> dict[str, str]:
    answer = APIClient().post("/api/v1/token", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    pair: dict[str, str] = answer.json()
    return pair


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
    status, third = refreshed(second["refresh"])
    assert status == 200
    assert refreshed(third["refresh"])[0] == 200


def test_a_refresh_token_used_twice_ends_the_session_for_whoever_holds_it(user: User) -> None:
    other = tokens(user)["refresh"]
    stolen = tokens(user)["refresh"]
    _, owners = refreshed(stolen)
    assert refreshed(stolen)[1]["code"] == "token_spent"
    assert refreshed(owners["refresh"])[1]["code"] == "session_over"
    event = AuditEvent.objects.get(action="user.session_ended")
    assert (event.object_id, event.detail["reason"]) == (str(user.pk), "refresh token used twice")
    assert refreshed(other)[0] == 200, "another session of the same person goes on"


@pytest.mark.django_db(transaction=True)
def test_of_ten_refreshes_at_once_with_one_token_one_passes_and_the_session_ends(user: User) -> None:
    token = tokens(user)["refresh"]
    with ThreadPoolExecutor(10) as pool:
        statuses = Counter(pool.map(refresh_in_thread, [token] * 10))
    assert statuses == {200: 1, 401: 9}
    assert not TokenSession.objects.filter(ended_at=None).exists()


def refresh_in_thread(token: str) -> int:
    status, _ = refreshed(token)
    connection.close()
    return status


def test_a_token_of_one_kind_does_not_do_the_work_of_the_other(user: User) -> None:
    pair = tokens(user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['refresh']}")
    assert client.get("/api/v1/me").status_code == 401
    assert refreshed(pair["access"])[0] == 401
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.get("/api/v1/me").status_code == 200


def test_rotation_never_lengthens_the_session(user: User, settings: Settings) -> None:
    began = time.time()
    first = RefreshToken(tokens(user)["refresh"])  # type: ignore[arg-type]  # the package's annotation is wrong
    settings.SESSION_MAX_AGE = timedelta(hours=1)
    _, answer = refreshed(str(first))
    ends = RefreshToken(answer["refresh"])["exp"]  # type: ignore[arg-type]  # as above
    assert ends == pytest.approx(began + 3600, abs=5)


def test_a_changed_password_ends_the_session(user: User) -> None:
    pair = tokens(user)
    user.set_password("another one entirely")
    user.save()
    assert refreshed(pair["refresh"])[0] == 401
    client = APIClient(headers={"Authorization": f"Bearer {pair['access']}"})
    assert client.get(reverse("prediction", args=[user.pk])).status_code == 401


def test_a_deactivated_person_is_refused_at_once(user: User) -> None:
    pair = tokens(user)
    deactivate_user(user, actor=None)
    assert refreshed(pair["refresh"])[0] == 401
    client = APIClient(headers={"Authorization": f"Bearer {pair['access']}"})
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
