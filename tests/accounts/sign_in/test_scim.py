"""Accounts kept by an identity provider through SCIM 2.0."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.auth.users import create_user
from accounts.models import AuditEvent, Role, User
from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db

TOKEN = "a token of the identity provider 0123456789"
USERS = "/scim/v2/Users"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
NEW = {
    "schemas": [SCHEMA],
    "userName": "Nina@example.com",
    "displayName": "Nina",
    "externalId": "00u1",
    "active": True,
}


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    """The identity provider has a token."""
    settings.SCIM_TOKEN = TOKEN


def call(method: str, path: str, body: Any = None, token: str = TOKEN) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    data = json.dumps(body) if body is not None else ""
    return Client().generic(method, path, data, "application/scim+json", headers=headers)


def patch(user: User, *operations: dict[str, Any]) -> Any:
    return call("PATCH", f"{USERS}/{user.pk}", {"Operations": list(operations)})


def test_an_account_is_made_and_recorded() -> None:
    answer = call("POST", USERS, {**NEW, "roles": [{"value": "reviewer"}]})
    assert answer.status_code == 201, answer.content
    nina = User.objects.get(email="nina@example.com")
    assert (nina.name, nina.role, nina.is_staff, nina.scim_external_id) == ("Nina", "reviewer", True, "00u1")
    assert not nina.has_usable_password()
    assert answer.json()["id"] == str(nina.pk)
    assert answer["Location"].endswith(f"{USERS}/{nina.pk}")
    assert AuditEvent.objects.filter(action="user.created", object_id=str(nina.pk)).exists()
    again = call("POST", USERS, NEW)
    assert again.status_code == 409


def test_the_provider_finds_an_account_by_its_address() -> None:
    user = person(email="nina@example.com")
    person()
    found = (
        Client()
        .get(
            USERS, {"filter": 'userName eq "NINA@example.com"'}, headers={"Authorization": f"Bearer {TOKEN}"}
        )
        .json()
    )
    assert [row["id"] for row in found["Resources"]] == [str(user.pk)]
    assert call("GET", f"{USERS}/{user.pk}").json()["userName"] == "nina@example.com"


def test_a_closed_account_is_out_at_once() -> None:
    user = person(Role.CLIENT)
    client = signed_in(user)
    assert client.get("/api/v1/me").status_code == 200
    assert patch(user, {"op": "Replace", "path": "active", "value": "False"}).status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    assert AuditEvent.objects.filter(action="user.deactivated", object_id=str(user.pk)).exists()
    assert patch(user, {"op": "replace", "value": {"active": True}}).json()["active"] is True


def test_deleting_closes_and_keeps_the_row() -> None:
    user = person()
    assert call("DELETE", f"{USERS}/{user.pk}").status_code == 204
    user.refresh_from_db()
    assert not user.is_active


def test_a_role_is_changed_by_its_name_or_by_a_group(settings: Settings) -> None:
    settings.OIDC_ROLES = ["legal-leads=lead"]
    user = person(Role.REVIEWER)
    for given, role in (("auditor", "auditor"), ("legal-leads", "lead")):
        patch(user, {"op": "replace", "path": "roles", "value": [{"value": given}]})
        user.refresh_from_db()
        assert (user.role, list(user.groups.values_list("name", flat=True))) == (role, [role])
    refused = patch(user, {"op": "replace", "path": "roles", "value": [{"value": "emperor"}]})
    assert refused.status_code == 400
    assert "roles must name one of" in refused.json()["detail"]


def test_the_last_administrator_stays() -> None:
    boss = create_user("boss@example.com", PASSWORD, Role.ADMINISTRATOR, None)
    refused = patch(boss, {"op": "replace", "path": "active", "value": False})
    assert refused.status_code == 409
    assert "make another one first" in refused.json()["detail"]
    boss.refresh_from_db()
    assert boss.is_active


@pytest.mark.parametrize("body", [{}, {"userName": "no address"}, {**NEW, "active": "perhaps"}])
def test_what_cannot_be_read_is_said_and_changes_nothing(body: dict[str, Any]) -> None:
    before = User.objects.count()
    assert call("POST", USERS, body).status_code == 400
    assert User.objects.count() == before


@pytest.mark.parametrize(
    "path", [USERS, "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas", "/scim/v2/ResourceTypes"]
)
def test_nobody_comes_in_without_the_token_and_without_a_setting_nobody_at_all(
    settings: Settings, path: str
) -> None:
    assert call("GET", path).status_code == 200
    assert call("GET", path, token="wrong").status_code == 401
    boss = Client()
    boss.force_login(person(Role.ADMINISTRATOR))
    assert boss.get(path).status_code == 401
    settings.SCIM_TOKEN = ""
    assert call("GET", path, token="").status_code == 401
