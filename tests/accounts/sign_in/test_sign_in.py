"""Sign-in and sign-out on the page."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from accounts.redis_client import breaker
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def tried(client: Client, email: str, password: str, **more: str) -> Any:
    response: Any = client.post("/sign-in", {"login": email, "password": password, **more})
    return response


def locked(client: Client, email: str) -> Any:
    """Return the response to the first attempt above the limit."""
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = tried(client, email, "wrong")
    return response


def test_a_person_signs_in_and_lands_where_they_wanted(client: Client) -> None:
    user = person()
    response = tried(client, user.email.upper(), PASSWORD, next="/predictions/x")
    assert (response.status_code, response["Location"]) == (302, "/predictions/x")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_nobody_is_sent_to_another_site(client: Client) -> None:
    answer = tried(client, person().email, PASSWORD, next="https://elsewhere.example/")
    assert answer["Location"] == "/start"


def test_a_wrong_password_is_told_without_saying_whether_the_account_exists(client: Client) -> None:
    known, unknown = tried(client, person().email, "wrong"), tried(client, "nobody@example.com", "wrong")
    message = "do not open an account"
    assert message in known.content.decode()
    assert message in unknown.content.decode()


def test_signing_out_ends_the_session_and_needs_a_form(client: Client) -> None:
    client.force_login(person())
    assert client.get("/sign-out").status_code == 405
    left = client.post("/sign-out")
    assert (left.status_code, left["Clear-Site-Data"]) == (302, '"cache", "storage"')
    assert "_auth_user_id" not in client.session


def test_guessing_closes_the_door_for_that_person_only(client: Client) -> None:
    victim, colleague = person(), person()
    response = locked(client, victim.email)
    assert response.status_code == 429
    assert "Signing in is closed for a while" in response.content.decode()
    assert int(response["Retry-After"]) > 0
    assert tried(client, victim.email, PASSWORD).status_code == 429
    assert tried(client, colleague.email, PASSWORD).status_code == 302


def test_another_spelling_of_the_address_is_the_same_person(client: Client) -> None:
    victim = person()
    locked(client, victim.email)
    assert tried(client, f" {victim.email.upper()} ", PASSWORD).status_code == 429


def test_the_api_counts_attempts_by_person_too(client: Client) -> None:
    victim, colleague = person(), person()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        client.post("/api/v1/token", {"email": victim.email, "password": "wrong"}, "application/json")
    body = {"email": victim.email, "password": PASSWORD}
    assert client.post("/api/v1/token", body, "application/json").status_code in (401, 429)
    body["email"] = colleague.email
    assert client.post("/api/v1/token", body, "application/json").status_code == 200


@pytest.mark.parametrize("page", ["/sign-in", "/password/reset"])
def test_the_page_is_closed_while_attempts_cannot_be_counted(
    client: Client, settings: Settings, page: str
) -> None:
    credentials = {"login": person().email, "password": PASSWORD}
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    breaker.reset()
    refused = client.post(page, credentials)
    breaker.reset()
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "_auth_user_id" not in client.session
    assert client.get(page).status_code == 200


def test_page_and_api_share_the_allowance_of_an_address(client: Client, settings: Settings) -> None:
    settings.LOGIN_RATE = "2/hour"
    client.post("/api/v1/token", {"email": "nobody@example.com", "password": "wrong"})
    assert tried(client, "nobody@example.com", "wrong").status_code == 200
    refused = client.post("/password/reset", {"email": "nobody@example.com"})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 1800
