"""Users and their roles."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key, set_role
from accounts.models import Role, User
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_every_role_is_a_group_that_the_migrations_made() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_an_address_differs_by_more_than_case() -> None:
    person(email="ann@example.com")
    with pytest.raises(IntegrityError):
        person(email="Ann@Example.com")


def test_a_role_can_do_what_its_group_holds_and_no_more() -> None:
    reviewer = fresh(person(Role.REVIEWER))
    assert reviewer.has_perm("matching.reveal_names")
    assert not reviewer.has_perm("modelops.approve_deployment")
    assert reviewer.is_staff
    assert not reviewer.is_superuser


def test_a_new_role_replaces_the_old_one() -> None:
    user = set_role(person(Role.REVIEWER), Role.USER, actor=None)
    assert not fresh(user).has_perm("matching.reveal_names")
    assert not user.is_staff


def test_nobody_holds_both_keys_of_a_promotion() -> None:
    for role in set(Role.values) - {Role.ADMINISTRATOR}:
        user = fresh(person(role))
        both = user.has_perm("modelops.request_deployment") and user.has_perm("modelops.approve_deployment")
        assert not both, role


def test_permissions_cost_one_query_a_request() -> None:
    user = fresh(person(Role.LEAD))
    with assertNumQueries(1):
        assert user.has_perm("matching.add_prediction")
        assert not user.has_perm("modelops.approve_deployment")
        assert user.has_module_perms("feedback")


def test_an_administrator_of_the_system_holds_every_permission() -> None:
    boss = User.objects.create_superuser("boss@example.com", "a long enough phrase")
    every = Permission.objects.values_list("content_type__app_label", "codename")
    assert boss.get_all_permissions() == {f"{app}.{codename}" for app, codename in every}


@pytest.mark.parametrize("way", ["token", "key"])
def test_what_is_granted_or_taken_away_shows_at_the_next_request(way: str) -> None:
    user, held = person(Role.CLIENT), Permission.objects.get(codename="view_prediction")
    client = signed_in(user)
    if way == "key":
        _, key = issue_api_key(user, "batch", None, scopes=["read"])
        client = APIClient(headers={"Authorization": f"Api-Key {key}"})
    assert client.get("/api/v1/predictions").status_code == 200
    Group.objects.get(name=Role.CLIENT).permissions.remove(held)
    assert client.get("/api/v1/predictions").status_code == 403
    user.user_permissions.add(held)
    assert client.get("/api/v1/predictions").status_code == 200


def test_an_inactive_person_may_do_nothing() -> None:
    user = fresh(person(Role.ADMINISTRATOR))
    user.is_active = False
    assert not user.has_perm("matching.view_prediction")


def test_the_first_administrator_is_made_once(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "Boss@example.com", ""
    call_command("create_first_administrator")
    password = capsys.readouterr().out.strip().rsplit(" ", 1)[1]
    boss = User.objects.get(email="boss@example.com")
    assert boss.check_password(password)
    assert boss.is_superuser
    call_command("create_first_administrator")
    assert "exists already" in capsys.readouterr().out
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_given_password_is_not_printed(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.com", "quite a long password"
    call_command("create_first_administrator")
    assert "quite a long password" not in capsys.readouterr().out
    assert User.objects.get(email="boss@example.com").check_password("quite a long password")
