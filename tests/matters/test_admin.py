"""Administrators keep organisations and repair memberships, and see nothing of what matters hold."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from matching.models import Prediction
from matters.models import Matter, MatterMember, Organisation
from tests.matters.cast import create_member, matter_of
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return person(Role.ADMINISTRATOR)


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def path(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:matters_{model.__name__.lower()}_{page}", args=args)


def list_actions(actor: User) -> list[str]:
    rows = AuditEvent.objects.filter(actor=actor, action__regex="^(matter|organisation)").order_by("id")
    return list(rows.values_list("action", flat=True))


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_administrator_sees_which_matters_there_are_and_no_note(browser: Client) -> None:
    matter = matter_of(person(), note="Xylophonia against Quince")
    member = create_member(matter)
    assert "10023/0007" in text(browser.get(path(Matter, "changelist")))
    page = text(browser.get(path(Matter, "change", matter.pk)))
    assert member.email in page
    assert "Xylophonia" not in page


def test_an_administrator_adds_and_removes_members_and_that_is_recorded(browser: Client, boss: User) -> None:
    matter, new = matter_of(person()), person()
    browser.post(path(Matter, "add_member", matter.pk), {"email": new.email, "is_manager": "on"})
    assert MatterMember.objects.get(user=new).is_manager
    browser.post(path(Matter, "remove_member", matter.pk), {"email": matter.created_by.email})
    assert list(matter.members.values_list("user", flat=True)) == [new.pk]
    refused = browser.post(path(Matter, "remove_member", matter.pk), {"email": new.email})
    assert "needs a manager" in text(refused)
    assert "not a member" in text(
        browser.post(path(Matter, "remove_member", matter.pk), {"email": "nobody@example.com"})
    )
    actions = AuditEvent.objects.filter(actor=boss, action__regex="^(matter|organisation)").values_list(
        "action", flat=True
    )
    assert set(actions) == {"matter.member_added", "matter.member_removed"}


def test_an_administrator_makes_an_organisation_whose_accounts_share_history(
    browser: Client, boss: User
) -> None:
    one, other = person(), person(Role.CLIENT)
    row = stored_prediction(user=one)
    browser.post(path(Organisation, "add"), {"name": "Alder LLP"})
    firm = Organisation.objects.get()
    for user in (one, other):
        browser.post(path(Organisation, "add_account", firm.pk), {"email": user.email})
    assert other.email in text(browser.get(path(Organisation, "change", firm.pk)))
    assert list(Prediction.objects.visible_to(other)) == [row]
    browser.post(path(Organisation, "remove_account", firm.pk), {"email": one.email})
    assert list(Prediction.objects.visible_to(other)) == []
    unknown = browser.post(path(Organisation, "add_account", firm.pk), {"email": "nobody@example.com"})
    assert "no account with this address" in text(unknown)
    actions = AuditEvent.objects.filter(actor=boss, action__regex="^(matter|organisation)").values_list(
        "action", flat=True
    )
    assert list(actions.order_by("id")) == [
        "organisation.created",
        "organisation.account_added",
        "organisation.account_added",
        "organisation.account_removed",
    ]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.LEAD, Role.REVIEWER, Role.MODEL_ENGINEER, Role.APPROVER])
def test_nobody_else_opens_these_pages(role: str) -> None:
    client = Client()
    client.force_login(person(role))
    matter = matter_of(person())
    for model in (Matter, Organisation):
        assert client.get(path(model, "changelist")).status_code == 403
    assert client.post(path(Matter, "add_member", matter.pk), {"email": "x@example.com"}).status_code == 403
