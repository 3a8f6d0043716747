"""The pages can be installed: what is kept holds no name, and shared text fills the form."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role
from matching.models import Prediction
from matching.pages.shared_text import split_names
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def test_the_manifest_names_icons_that_exist_and_where_text_is_shared_to() -> None:
    answer = Client().get(reverse("manifest"))
    manifest = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert [icon["purpose"] for icon in manifest["icons"]] == ["any", "any", "maskable"]
    for icon in manifest["icons"]:
        path = finders.find(icon["src"].removeprefix("/static/"))
        with open(str(path), "rb") as file:  # noqa: PTH123 - the finder returns text
            head = file.read(24)
        width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
        assert icon["sizes"] == f"{width}x{height}"
    assert manifest["share_target"]["method"] == "POST"
    assert manifest["share_target"]["action"] == reverse("share-page")


def test_the_service_worker_keeps_static_files_and_the_offline_page_alone() -> None:
    answer = Client().get(reverse("service-worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    listed = answer.content.decode().split("= {", 1)[1].split("};", 1)[0]
    files = json.loads("{" + listed + "}")["files"]
    assert files[0] == reverse("offline-page")
    assert all(name.startswith("/static/") for name in files[1:])
    for name in files[1:]:
        assert finders.find(name.removeprefix("/static/"))


def test_the_offline_page_is_the_same_for_everybody() -> None:
    client = Client()
    before = client.get(reverse("offline-page")).content
    user = person()
    client.force_login(user)
    after = client.get(reverse("offline-page")).content
    assert before == after
    assert b"No connection" in after


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Acme Inc / Acme LLC", ("Acme Inc", "Acme LLC")),
        ("Acme Inc vs. Acme LLC", ("Acme Inc", "Acme LLC")),
        ("Acme Inc VS Acme LLC", ("Acme Inc", "Acme LLC")),
        ("Acme Inc\r\n\r\nAcme LLC\n", ("Acme Inc", "Acme LLC")),
        ("Acme Inc\tAcme LLC", ("Acme Inc", "Acme LLC")),
        ("Name A: Acme Inc\nName B: Acme LLC", ("Acme Inc", "Acme LLC")),
        ("Carlsberg A/S", ("Carlsberg A/S", "")),
        ("Acme / Beta / Gamma", ("Acme / Beta / Gamma", "")),
        ("Acme A/S\nAcme / Beta", ("Acme A/S", "Acme / Beta")),
        ("", ("", "")),
    ],
)
def test_shared_text_is_read_as_two_names(text: str, names: tuple[str, str]) -> None:
    assert split_names(text) == names


def test_shared_text_fills_the_form_and_stores_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    page = client.post(reverse("share-page"), {"text": "Acme & Sons / Acme LLC", "title": "", "url": ""})
    shown = page.content.decode()
    assert "Acme &amp; Sons</textarea>" in shown
    assert "Acme LLC</textarea>" in shown
    assert "no-store" in page["Cache-Control"]
    assert not Prediction.objects.exists()


def share(client: Client, text: str = "Quince & Sons / Quince LLC") -> Any:
    return client.post(reverse("share-page"), {"text": text})


def test_text_that_is_shared_before_the_sign_in_fills_the_form_after_it() -> None:
    client, user = Client(), person()
    asked = share(client)
    assert asked.headers["Location"] == f"{reverse('account_login')}?next={reverse('share-page')}"
    assert not Session.objects.exists()
    cookie = client.cookies["shared-text"]
    assert "Quince" not in cookie.value + base64.urlsafe_b64decode(cookie.value).decode("latin-1")
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "/share",
        True,
        "Lax",
        600,
    )
    form = {"login": user.email, "password": PASSWORD, "next": reverse("share-page")}
    page = client.post(reverse("account_login"), form, follow=True)
    assert [address for address, _ in page.redirect_chain] == ["/share"]
    assert "Quince &amp; Sons</textarea>" in page.content.decode()
    assert "Quince LLC</textarea>" in page.content.decode()
    assert client.cookies["shared-text"].value == ""
    assert not Prediction.objects.exists()


def test_shared_text_that_is_old_forged_or_too_long_is_asked_for_again() -> None:
    client, now = Client(), timezone.now()
    share(client)
    client.force_login(person())
    with time_machine.travel(now + timedelta(seconds=700), tick=False):
        told = client.get(reverse("share-page"), follow=True).content.decode()
    assert "Please share it again." in told
    assert "Quince" not in told
    client.cookies["shared-text"] = "Quince"
    assert "Please share it again." in client.get(reverse("share-page"), follow=True).content.decode()
    assert "shared-text" not in share(Client(), "名" * 2_000).cookies


def test_text_that_is_shared_as_a_session_ends_is_kept(settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 60
    client, user = Client(), person()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    with time_machine.travel(timezone.now() + timedelta(minutes=90)):
        asked = share(client)
    assert asked.headers["Location"].endswith("?next=/share")
    assert "storage" in asked.headers["Clear-Site-Data"]
    assert asked.cookies["shared-text"].value


def test_who_compares_nothing_is_shown_no_form() -> None:
    client = Client()
    client.force_login(person(Role.AUDITOR))
    assert share(client).status_code == 403
