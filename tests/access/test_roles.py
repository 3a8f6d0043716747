"""Access of every role to every address, compared with the table in docs/roles.md."""

import pytest
from django.template.response import SimpleTemplateResponse
from pytest_django import Settings

from accounts.models import Role
from tests.roles_page import GENEROUS, PAGE, permissions_table, written
from tests.walk import ANONYMOUS, REFUSED, WHO, Visitor, addresses

pytestmark = pytest.mark.django_db

REMEDY = "If that is what you want, run `make roles`, look at the difference, and commit docs/roles.md."
OPEN_TO_ALL = {
    "/admin/logout/",
    "/api/docs",
    "/api/docs/reference",
    "/api/schema",
    "/api/v1/token",
    "/api/v1/token/refresh",
    "/digest/<str:token>",
    "/health",
    "/heartbeats",
    "/language",
    "/manifest.webmanifest",
    "/metrics",
    "/offline",
    "/notifications/unsubscribe/<str:token>",
    "/password/reset",
    "/password/reset/<slug:uidb36>/<path:key>",
    "/password/reset/done",
    "/password/reset/sent",
    "/ready",
    "/service-worker.js",
    "/sign-in",
    "/sign-in/cancelled",
    "/sign-in/inactive",
    "/sign-in/with/<slug:provider_id>",
    "/sign-in/with/<slug:provider_id>/callback",
    "/sign-out",
    "/verify",
    "/verify/verify_proof.py",
}
"""Addresses open without sign-in; an addition is made by hand and reviewed by a second person."""


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out writing the pages: who is let in is decided before. test_inline.py writes every page."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


@pytest.mark.usefixtures("unrendered")
@pytest.mark.parametrize("who", WHO)
def test_every_door_opens_for_whom_the_table_says(who: str, settings: Settings) -> None:
    for name, rate in GENEROUS.items():
        setattr(settings, name, rate)
    visitor, table = Visitor(who), written()
    wrong = []
    for door in addresses():
        actual, expected = visitor.finds(door), table.get(door.shown, {}).get(who, "nothing")
        if actual != expected:
            wrong.append(f"{door.shown} for {who}: docs/roles.md says {expected}, the walk found {actual}")
    assert not wrong, "\n".join([*wrong, REMEDY])


def test_the_table_names_no_door_that_is_gone() -> None:
    gone = set(written()) - {door.shown for door in addresses()}
    assert not gone, f"{sorted(gone)} lead nowhere. {REMEDY}"


def test_the_permissions_are_those_of_the_database() -> None:
    assert permissions_table() in PAGE.read_text(encoding="utf-8"), REMEDY


def test_without_signing_in_only_the_doors_meant_for_it_open() -> None:
    assert {door for door, cells in written().items() if cells[ANONYMOUS] != REFUSED} == OPEN_TO_ALL


@pytest.mark.parametrize("who", [Role.USER, Role.CLIENT, *(who for who in WHO if who.startswith("key:"))])
def test_clients_and_keys_never_enter_the_admin(who: str) -> None:
    entered = {door for door, cells in written().items() if cells[who] != REFUSED}
    assert {door for door in entered if door.startswith("/admin/")} <= OPEN_TO_ALL


def test_nobody_deletes_anything_through_the_admin_but_schedules_and_counted_failures() -> None:
    deleting = {
        door
        for door, cells in written().items()
        if door.endswith("/delete/") and set(cells.values()) != {REFUSED}
    }
    assert {
        door for door in deleting if not door.startswith(("/admin/django_celery_beat/", "/admin/axes/"))
    } == set()
