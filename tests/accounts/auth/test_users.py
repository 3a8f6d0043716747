"""Users and their roles."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries
from rest_framework.test import APIClient

from accounts.auth.users import LastAdministratorError, deactivate_user, issue_api_key, set_role, update_user
from accounts.models import AuditEvent, Role, User
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


@pytest.mark.parametrize("change", [{"role": Role.USER}, {"is_active": False}])
def test_the_last_administrator_stays_one_and_is_told_why(change: dict[str, object]) -> None:
    User.objects.filter(is_superuser=True).delete()
    boss = person(Role.ADMINISTRATOR)
    with pytest.raises(LastAdministratorError, match="make another one first"):
        update_user(boss, change, boss)
    person(Role.ADMINISTRATOR)
    update_user(boss, change, boss)


def test_the_database_itself_keeps_an_administrator() -> None:
    boss = person(Role.ADMINISTRATOR)
    with pytest.raises(IntegrityError, match="no active administrator would be left"):
        User.objects.filter(pk=boss.pk).update(is_active=False)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_deactivate_one_another_at_once_do_not_both_succeed() -> None:
    bosses = [person(Role.ADMINISTRATOR), person(Role.ADMINISTRATOR)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(deactivate_in_thread, bosses))
    assert sorted(done) == [False, True]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def deactivate_in_thread(user: User) -> bool:
    try:
        deactivate_user(user, actor=None)
    except (LastAdministratorError, IntegrityError):
        return False
    finally:
        connection.close()
    return True


def test_a_change_is_recorded_with_old_and_new_values() -> None:
    boss, user = person(Role.ADMINISTRATOR), person(Role.REVIEWER)
    old = user.email
    update_user(user, {"role": Role.LEAD, "email": "new@example.com", "name": ""}, boss)
    events = dict(AuditEvent.objects.filter(actor=boss).values_list("action", "detail"))
    assert events == {
        "user.role_changed": {"before": "reviewer", "after": "lead"},
        "user.changed": {"changes": {"email": [old, "new@example.com"]}},
    }


def test_who_may_only_change_users_gives_no_role_and_takes_over_no_account(client: Client) -> None:
    helper, boss = person(Role.LEAD), person(Role.ADMINISTRATOR)
    helper.user_permissions.add(Permission.objects.get(codename="change_user"))
    client.force_login(helper)
    for user in (helper, boss):
        page = f"/admin/accounts/user/{user.pk}/"
        given = {"email": "mine@example.com", "name": "Renamed", "role": "administrator", "is_active": ""}
        assert client.post(f"{page}change/", given).status_code == 302
        found = fresh(user)
        assert (found.email, found.role, found.is_active) == (user.email, user.role, True)
        assert found.name == "Renamed"
        assert (
            client.post(f"{page}password/", {"password1": "x" * 14, "password2": "x" * 14}).status_code == 403
        )
    assert client.get("/admin/accounts/user/add/").status_code == 403


def test_nobody_changes_their_own_role(client: Client) -> None:
    boss, _ = person(Role.ADMINISTRATOR), person(Role.ADMINISTRATOR)
    client.force_login(boss)
    given = {"email": boss.email, "name": "", "role": "user", "is_active": "on"}
    client.post(f"/admin/accounts/user/{boss.pk}/change/", given)
    assert fresh(boss).role == Role.ADMINISTRATOR


def test_the_last_administrator_reads_on_the_page_why_they_stay(client: Client) -> None:
    boss = person(Role.ADMINISTRATOR)
    client.force_login(boss)
    answer = client.post(f"/admin/accounts/user/{boss.pk}/change/", {"email": boss.email, "name": ""})
    assert "is the last administrator: make another one first" in answer.content.decode()
    assert fresh(boss).is_active
