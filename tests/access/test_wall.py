"""The wall at every address: as every role, nobody but members reads what a matter holds.

Like the walk of roles there is no list to maintain: every address is visited with the ids of rows behind the
wall, and the answer is searched for a name that is nowhere else.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import Role, User
from matching.models import Prediction
from matters.models import Matter
from matters.wall import find_matter_path
from tests.matters.walled import MARKER, REFERENCE, WalledCase, build_walled_case, left
from tests.models import installed
from tests.people import person
from tests.roles_page import GENEROUS
from tests.walk import WHO, Address, Visitor, addresses

pytestmark = pytest.mark.django_db

NAMED_BY_ID = {"/admin/accounts/auditevent/", "/admin/webhooks/webhookdelivery/"}
"""Lists that show ids of everything, and nothing else of it: the audit trail must be complete."""

OPENED_BY_ADMINISTRATORS = {
    "/admin/matters/matter/<path:object_id>/change/",
    "/admin/matters/matter/<path:object_id>/history/",
    "/admin/matters/matter/<path:object_id>/add_member/",
    "/admin/matters/matter/<path:object_id>/remove_member/",
}
READS_FOR_ADMINISTRATORS = {"/admin/matters/matter/", *OPENED_BY_ADMINISTRATORS}
"""Administrators see which matters there are, by their reference, and nothing that belongs to them."""


@pytest.fixture
def case(settings: Settings) -> WalledCase:
    for name, rate in GENEROUS.items():
        setattr(settings, name, rate)
    installed()
    return build_walled_case()


def read(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(content).decode(errors="replace")


def list_visits(case: WalledCase) -> list[Address]:
    """Return the addresses without ids, then those with ids of rows behind the wall."""
    every = addresses(case.choose_id)
    return [each for each in every if "<" not in each.shown] + [
        each for each in every if any(pk in each.url for pk in case.list_ids())
    ]


def visit(visitor: Visitor, case: WalledCase, methods: tuple[str, ...]) -> Iterator[tuple[Address, int, str]]:
    """Send requests to every address and return what is answered."""
    for address in list_visits(case):
        for method in methods:
            if method in address.methods:
                answer = visitor.send(address, method)
                yield address, answer.status_code, read(answer)


def list_leaks(visitor: Visitor, case: WalledCase) -> list[str]:
    """Return where the name or the reference is shown, a list holds an id, or a row is opened."""
    leaks, ids = [], case.list_ids()
    for method in ("get", "post", "delete"):
        for address, status, text in visit(visitor, case, (method,)):
            shown = {word for word in (MARKER, REFERENCE) if word in text}
            if "<" not in address.shown and address.shown not in NAMED_BY_ID and method == "get":
                shown |= {pk for pk in ids if pk in text}
            if address.shown in READS_FOR_ADMINISTRATORS:
                shown -= {REFERENCE, str(case.matter.pk)}
            is_opened = method == "get" and status == 200 and any(pk in address.url for pk in ids)
            if shown or (is_opened and address.shown not in OPENED_BY_ADMINISTRATORS):
                leaks.append(f"{method} {address.shown}: {status} {sorted(shown)}")
    return leaks


def count_rows() -> list[int]:
    return [Prediction.objects.filter(erased_at=None).exclude(matter=None).count()]


@pytest.mark.parametrize("who", WHO)
def test_no_address_shows_a_stranger_of_any_role_what_a_matter_holds(who: str, case: WalledCase) -> None:
    before = count_rows()
    leaks = list_leaks(Visitor(who), case)
    assert not leaks, "\n".join(leaks)
    assert count_rows() == before


@pytest.mark.parametrize("role", [Role.CLIENT, Role.LEAD])
def test_no_address_shows_it_to_who_has_left(role: str, case: WalledCase) -> None:
    visitor = Visitor(role)
    visitor.become(left(case, role))
    leaks = list_leaks(visitor, case)
    assert not leaks, "\n".join(leaks)


def test_the_walk_finds_the_name_for_a_member(case: WalledCase) -> None:
    visitor = Visitor(Role.CLIENT)
    visitor.become(case.author)
    found = {address.shown for address, _, text in visit(visitor, case, ("get",)) if MARKER in text}
    assert {
        "/api/v1/predictions",
        "/api/v1/predictions/<uuid:pk>",
        "/api/v1/predictions/export",
        "/api/v1/jobs",
        "/api/v1/jobs/<uuid:pk>/result",
        "/api/v1/matters",
        "/history",
        "/predictions/<uuid:pk>",
    } <= found


def test_every_list_of_the_admin_whose_rows_belong_to_matters_asks_the_wall() -> None:
    asked = RequestFactory().get("/")
    asked.user = User.objects.get(pk=person(Role.ADMINISTRATOR).pk)
    walled = []
    for model, site in admin.site._registry.items():
        try:
            find_matter_path(model)
        except LookupError:
            continue
        if model is Matter:  # administrators see which there are, and not what belongs to them
            continue
        walled.append(model._meta.label)
        assert "matter_members" in str(site.get_queryset(asked).query), model
    assert {"matching.Prediction", "feedback.ReviewItem", "matching.ShadowScore"} <= set(walled)
