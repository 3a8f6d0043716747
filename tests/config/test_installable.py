"""The pages can be installed: what is kept holds no name, and shared text fills the form."""

import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from matching.models import Prediction
from matching.pages.shared_text import split_names
from tests.people import person

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


def test_who_compares_nothing_is_shown_no_form() -> None:
    assert Client().post(reverse("share-page"), {"text": "A / B"}).status_code == 302
