"""Who signed in, who was refused or locked out, and keys that are used in an unusual way are in the trail."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.auth import access_events
from accounts.auth.users import deactivate_user, issue_api_key, revoke_api_key
from accounts.models import ApiKey, ApiKeyAddress, AuditEvent, Role, User
from accounts.privacy.retention import load_kinds
from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db

TOKEN, ME = "/api/v1/token", "/api/v1/me"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def details(action: str) -> list[dict[str, object]]:
    return list(AuditEvent.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


# --- Sign-ins -------------------------------------------------------------------------------------


def test_signing_in_and_out_on_a_page_is_recorded_with_the_address() -> None:
    user, client = person(), Client(REMOTE_ADDR="192.0.2.7")
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_logout"))
    rows = AuditEvent.objects.filter(actor=user, object_id=str(user.pk), action__startswith="sign_in.")
    assert list(rows.order_by("id").values_list("action", flat=True)) == [
        "sign_in.succeeded",
        "sign_in.ended",
    ]
    assert details("sign_in.succeeded") == [{"via": "page", "address": "192.0.2.7"}]


def test_a_token_is_a_sign_in_too() -> None:
    signed_in(person())
    assert details("sign_in.succeeded") == [{"via": "api", "address": "127.0.0.1"}]


def test_a_failed_sign_in_names_the_account_and_never_what_was_typed(settings: Settings) -> None:
    settings.LOGIN_RATE = "1000/min"
    user = person()
    for email in (user.email, "correct.horse.battery@example.com"):
        Client().post(reverse("account_login"), {"login": email, "password": "wrong"})
        APIClient().post(TOKEN, {"email": email, "password": "wrong"})
    rows = AuditEvent.objects.filter(action="sign_in.failed").order_by("id")
    assert [row.object_id for row in rows] == [str(user.pk), str(user.pk), "", ""]
    assert [row.detail["via"] for row in rows] == ["page", "api", "page", "api"]
    assert not any("horse" in str(row.detail) for row in rows)


def test_a_lock_out_is_recorded_and_repetitions_are_bounded(settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT, settings.LOGIN_RATE = 3, "1000/min"
    user = person()
    for _ in range(30):
        Client().post(reverse("account_login"), {"login": user.email, "password": "wrong"})
    locked = AuditEvent.objects.filter(action="sign_in.locked_out")
    assert set(locked.values_list("object_id", flat=True)) == {str(user.pk)}
    assert 1 <= locked.count() <= access_events.BOUND.limit
    assert AuditEvent.objects.filter(action="sign_in.failed").count() == access_events.BOUND.limit


# --- Refusals -------------------------------------------------------------------------------------


def test_a_refusal_on_a_page_and_in_the_api_is_recorded_by_its_pattern_and_bounded() -> None:
    user = person(Role.REVIEWER)
    client = browser(user)
    for _ in range(30):
        assert client.get(reverse("evidence")).status_code == 403
    row, key = issue_api_key(person(Role.CLIENT), "batch", None, ["read"])
    api = APIClient(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert api.post("/api/v1/compare", {"name1": "Xylophonia", "name2": "b"}).status_code == 403
    assert len(details("request.refused")) == access_events.BOUND.limit + 1
    first, last = details("request.refused")[0], details("request.refused")[-1]
    assert (first["route"], first["method"], first["reason"]) == ("admin/evidence/", "GET", "permission")
    assert (last["route"], last["reason"]) == ("api/v1/compare", "permission or scope")
    assert AuditEvent.objects.filter(action="request.refused").latest("id").actor == row.user
    assert "Xylophonia" not in str(details("request.refused"))


def test_a_form_without_its_token_is_a_refusal() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person())
    assert client.post(reverse("account_logout")).status_code == 403
    assert [detail["reason"] for detail in details("request.refused")] == ["form token"]


# --- API keys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["revoked", "expired", "owner inactive", "wrong secret"])
def test_a_key_that_opens_nothing_any_more_is_recorded_with_the_reason_and_bounded(state: str) -> None:
    row, key = issue_api_key(person(Role.CLIENT), "batch", None)
    if state == "revoked":
        revoke_api_key(row, None)
    if state == "expired":
        ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))
    if state == "owner inactive":
        deactivate_user(row.user, None)
    if state == "wrong secret":
        key = key[:-4] + "AAAA"
    for _ in range(30):
        answer = APIClient().get(ME, HTTP_AUTHORIZATION=f"Api-Key {key}", REMOTE_ADDR="192.0.2.9")
        assert answer.status_code == 401
    found = details("api_key.refused")
    assert found == [{"reason": state, "address": "192.0.2.9"}] * access_events.BOUND.limit
    assert key not in str(found)


def test_an_unknown_key_leaves_no_event() -> None:
    assert APIClient().get(ME, HTTP_AUTHORIZATION="Api-Key lnc_nothing_here").status_code == 401
    assert details("api_key.refused") == []


def test_a_key_from_a_new_address_is_recorded_once_and_costs_nothing_afterwards() -> None:
    row, key = issue_api_key(person(Role.CLIENT), "batch", None)

    def ask(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = APIClient().get(ME, HTTP_AUTHORIZATION=f"Api-Key {key}", REMOTE_ADDR=address)
        assert answer.status_code == 200
        return len(queries)

    ask("192.0.2.1")
    assert details("api_key.new_address") == []
    cost = ask("192.0.2.1")
    ask("198.51.100.5")
    assert details("api_key.new_address") == [{"address": "198.51.100.5"}]
    assert [ask("198.51.100.5"), ask("192.0.2.1")] == [cost, cost]
    ask("2001:db8:1:2::1")
    ask("2001:db8:1:2:ffff::9")
    assert details("api_key.new_address")[1:] == [{"address": "2001:db8:1:2::"}]
    assert row.addresses.count() == 3


def test_addresses_of_keys_are_deleted_after_their_time() -> None:
    row, _ = issue_api_key(person(Role.CLIENT), "batch", None)
    old = timezone.now() - timedelta(days=91)
    ApiKeyAddress.objects.create(key=row, address="192.0.2.1", last_used_at=old)
    (kind,) = [kind for kind in load_kinds() if kind.key == "key_addresses"]
    assert kind.remove(timezone.now() - timedelta(days=90)) == 1


# --- Schedules and lock-outs past the pages --------------------------------------------------------


def test_every_change_of_a_schedule_is_an_event_whoever_makes_it() -> None:
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    task = PeriodicTask.objects.create(name="seal audit trail", task="a.b", interval=interval)
    PeriodicTask.objects.update(enabled=False)
    IntervalSchedule.objects.update(every=10_000)
    crontab = CrontabSchedule.objects.create(hour="1")
    crontab.delete()
    task.delete()
    found = details("schedule.changed")
    assert [bool(row["before"]) for row in found] == [False, False, True, True, False, True, True]
    assert (found[2]["before"]["enabled"], found[2]["after"]["enabled"]) == (True, False)  # type: ignore[index]
    assert found[3]["after"] == {"every": 10_000, "period": "seconds"}
    assert found[2]["database_role"]
    events = AuditEvent.objects.filter(
        action="schedule.changed", object_type="django_celery_beat.periodictask"
    )
    assert set(events.values_list("object_id", flat=True)) == {str(events[0].object_id)}


def test_what_the_scheduler_writes_at_every_run_is_no_event() -> None:
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    PeriodicTask.objects.create(name="one", task="a.b", interval=interval)
    before = AuditEvent.objects.count()
    PeriodicTask.objects.update(last_run_at=timezone.now(), total_run_count=7, date_changed=timezone.now())
    assert AuditEvent.objects.count() == before


def test_rows_of_sign_ins_that_are_deleted_or_lowered_leave_an_event() -> None:
    attempt = AccessAttempt.objects.create(
        username="my password", ip_address="192.0.2.1", failures_since_start=9
    )
    AccessLog.objects.create(username="a", ip_address="192.0.2.1")
    attempt.failures_since_start = 10
    attempt.save()
    AccessAttempt.objects.update(failures_since_start=0)
    AccessAttempt.objects.all().delete()
    AccessLog.objects.all().delete()
    AccessLog.objects.all().delete()
    assert details("sign_in.attempts_lowered")[0]["after"] == {
        "ip_address": "192.0.2.1",
        "failures_since_start": 0,
    }
    assert [row["rows"] for row in details("sign_in.attempts_deleted")] == [1]
    assert [row["rows"] for row in details("sign_in.log_deleted")] == [1]
    assert not AuditEvent.objects.filter(detail__icontains="my password").exists()


# --- The pages ------------------------------------------------------------------------------------


def test_an_administrator_can_neither_change_a_schedule_nor_delete_a_failed_sign_in() -> None:
    client = browser(person(Role.ADMINISTRATOR))
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    task = PeriodicTask.objects.create(name="seal audit trail", task="a.b", interval=interval)
    attempt = AccessAttempt.objects.create(username="a", ip_address="192.0.2.1", failures_since_start=9)
    for model, pk in (("django_celery_beat_periodictask", task.pk), ("axes_accessattempt", attempt.pk)):
        page = reverse(f"admin:{model}_changelist")
        assert client.get(page).status_code == 200
        assert client.post(f"{page}{pk}/change/", {"enabled": ""}).status_code == 403
        assert client.post(f"{page}{pk}/delete/", {"post": "yes"}).status_code == 403
        client.post(page, {"action": "disable_tasks", "_selected_action": [pk]})
        client.post(page, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    task.refresh_from_db()
    assert task.enabled
    assert AccessAttempt.objects.exists()


def test_a_locked_account_is_unlocked_with_a_reason() -> None:
    boss, user = person(Role.ADMINISTRATOR), person()
    attempt = AccessAttempt.objects.create(
        username=user.email, ip_address="192.0.2.1", failures_since_start=9
    )
    page = reverse("admin:axes_accessattempt_unlock", args=[attempt.pk])
    assert browser(person(Role.AUDITOR)).post(page, {"reason": "x"}).status_code == 403
    browser(boss).post(page, {"reason": "she called"})
    assert not AccessAttempt.objects.exists()
    event = AuditEvent.objects.get(action="sign_in.unlocked")
    assert (event.actor, event.object_id, event.detail["reason"]) == (boss, str(user.pk), "she called")


def test_tasks_are_switched_on_again_with_a_reason() -> None:
    boss = person(Role.ADMINISTRATOR)
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    task = PeriodicTask.objects.create(name="seal audit trail", task="a.b", interval=interval, enabled=False)
    page = reverse("admin:django_celery_beat_periodictask_restore")
    assert browser(person(Role.AUDITOR)).post(page, {"reason": "x"}).status_code == 403
    browser(boss).post(page, {"reason": "it was off"})
    task.refresh_from_db()
    assert task.enabled
    event = AuditEvent.objects.get(action="schedule.restored")
    assert (event.actor, event.detail) == (boss, {"reason": "it was off", "tasks": 1})
