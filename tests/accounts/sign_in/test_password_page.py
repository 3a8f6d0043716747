"""Users change their own password on the page."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, Role
from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db

NEW = "another long enough phrase"


def changed(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    response: Any = client.post(
        "/password", {"old_password": old, "new_password1": new, "new_password2": again}
    )
    return response


@pytest.mark.parametrize("role", [Role.CLIENT, Role.REVIEWER])
def test_the_new_password_opens_and_the_old_one_does_not(client: Client, role: str) -> None:
    user = person(role)
    client.force_login(user)
    page = client.get(changed(client)["Location"], follow=True).content.decode()
    assert "Your password is changed" in page
    user.refresh_from_db()
    assert (user.check_password(NEW), user.check_password(PASSWORD)) == (True, False)


def test_every_other_session_and_token_ends_and_this_one_goes_on(client: Client) -> None:
    user, elsewhere = person(Role.CLIENT), Client()
    bearer = signed_in(user)
    for browser in (client, elsewhere):
        browser.force_login(user)
    changed(client)
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert bearer.get("/api/v1/me").status_code == 401


def test_an_event_says_who_did_it_and_holds_no_password(client: Client) -> None:
    user = person(Role.AUDITOR)
    client.force_login(user)
    changed(client)
    event = AuditEvent.objects.get(action="user.password_changed")
    assert event.actor_id == user.pk
    assert NEW not in str(event.__dict__)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "Your old password was entered incorrectly"),
        (PASSWORD, "short", "short", "too short"),
        (PASSWORD, NEW, NEW + "!", "didn’t match"),
        (PASSWORD, "", "", "This field is required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_changes_nothing(
    client: Client, old: str, new: str, again: str, said: str
) -> None:
    user = person(Role.CLIENT)
    client.force_login(user)
    page = changed(client, old, new, again).content.decode()
    assert said in page
    assert "Your password was not changed" in page
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert not AuditEvent.objects.filter(action="user.password_changed").exists()


def test_a_stolen_session_cannot_guess_the_old_password_for_long(client: Client, settings: Settings) -> None:
    settings.LOGIN_RATE = "3/h"
    client.force_login(person(Role.CLIENT))
    assert [changed(client, "wrong").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_nobody_changes_a_password_without_signing_in(client: Client) -> None:
    assert client.get("/password")["Location"].startswith("/sign-in")
    assert changed(client).status_code == 302


def test_the_admin_leads_to_the_same_page(client: Client) -> None:
    client.force_login(person(Role.REVIEWER))
    assert client.get("/admin/password_change/")["Location"] == "/password"
