"""In which language somebody is answered, and how it is chosen."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts.language.choice import read_accept_language, save_language, speak_to
from accounts.models import AuditEvent, Language, User
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr;q=0.9,de;q=0.5", "de"),
        ("en-GB,de;q=0.5", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("de" * 400, "en"),
        ("\x00;q=,,;;", "en"),
    ],
)
def test_the_first_language_of_the_header_that_there_is_is_spoken(header: str, language: str) -> None:
    assert read_accept_language(header) == language


def test_the_languages_of_the_settings_are_those_of_accounts() -> None:
    assert list(Language.choices) == settings.LANGUAGES


def test_a_browser_is_shown_its_language_before_anybody_signs_in() -> None:
    page = Client().get("/sign-in", headers={"Accept-Language": "de"})
    assert '<html lang="de">' in page.content.decode()
    assert (page["Content-Language"], "Accept-Language" in page["Vary"]) == ("de", True)
    assert '<html lang="en">' in Client().get("/sign-in").content.decode()


def test_the_choice_before_signing_in_is_kept_in_a_cookie() -> None:
    browser = Client()
    answer = browser.post("/language", {"language": "de", "next": "/sign-in?next=/history"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/history")
    assert browser.get("/sign-in")["Content-Language"] == "de"


def test_the_choice_of_an_account_goes_before_browser_and_cookie_and_is_audited_once() -> None:
    user, browser = person(), Client()
    browser.force_login(user)
    for _ in range(2):
        browser.post("/language", {"language": "de", "next": "/"})
    assert User.objects.get(pk=user.pk).language == "de"
    events = AuditEvent.objects.filter(action="user.language_changed")
    assert [event.detail["changes"] for event in events] == [{"language": ["", "de"]}]
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert browser.get("/", headers={"Accept-Language": "en"})["Content-Language"] == "de"


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_the_choice_leads_to_no_other_site(address: str) -> None:
    assert Client().post("/language", {"language": "de", "next": address})["Location"] == "/"


def test_an_unknown_language_is_refused_and_changes_nothing() -> None:
    user, browser = person(), Client()
    browser.force_login(user)
    assert browser.post("/language", {"language": "fr"}).status_code == 400
    assert User.objects.get(pk=user.pk).language == ""


def test_the_admin_speaks_the_language_of_the_account() -> None:
    user, browser = person("lead"), Client()
    browser.force_login(user)
    assert "<h1" in browser.get("/admin/").content.decode()
    save_language(user, Language.GERMAN)
    page = browser.get("/admin/feedback/reviewitem/")
    assert (page["Content-Language"], '<html lang="de"' in page.content.decode()) == ("de", True)
    assert "Prüffälle" in page.content.decode()


def test_no_request_leaves_its_language_to_the_next() -> None:
    Client().get("/sign-in", headers={"Accept-Language": "de"})
    assert translation.get_language() == "en"


def test_letters_speak_the_language_of_the_account() -> None:
    user = person()
    save_language(user, Language.GERMAN)
    with speak_to(User.objects.get(pk=user.pk)):
        assert translation.get_language() == "de"
    with speak_to(person()):
        assert translation.get_language() == "en"


def test_the_api_speaks_what_the_header_asks_for_whatever_the_account_chose() -> None:
    user = person()
    save_language(user, Language.GERMAN)
    client = signed_in(user)
    plain = client.get("/api/v1/categories")
    german = client.get("/api/v1/categories", headers={"Accept-Language": "de-CH"})
    assert (plain["Content-Language"], german["Content-Language"]) == ("en", "de")
    assert "Accept-Language" in plain["Vary"]
    titles = [answer.json()["results"][0]["title"] for answer in (plain, german)]
    assert titles == ["Case only", "Groß- und Kleinschreibung"]
