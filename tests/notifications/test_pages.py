"""The page, the count in the headers, and the API show a user's own notifications and nobody else's."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.auth.users import issue_api_key
from accounts.models import Role, User
from notifications.inbox import MOST_COUNTED, count_unread, format_count
from notifications.models import Delivery, Kind, Notification
from notifications.preferences import get_preferences
from tests.notifications.mail import JOB, tell
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

BADGE = "min-w-[18px]"
"""What only the badge of the menu of the admin has."""


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_what_is_unread_first_and_marks_it_read() -> None:
    user = person()
    first, second = tell(user, Kind.JOB_FAILED), tell(user, Kind.JOB_FINISHED)
    assert first is not None
    assert second is not None
    browser = browser_of(user)
    answer = browser.get("/notifications")
    assert [line.text for line in answer.context["unread"]] == [
        "Your bulk job is done: 12 rows, of which 2 failed.",
        "Your bulk job failed.",
    ]
    assert browser.post(f"/notifications/{first.pk}/read").status_code == 302
    answer = browser.get("/notifications")
    assert [line.notification.pk for line in answer.context["unread"]] == [second.pk]
    assert [line.notification.pk for line in answer.context["earlier"]] == [first.pk]
    browser.post("/notifications/read")
    assert count_unread(user) == 0
    assert "You have read everything." in browser.get("/notifications").content.decode()


def test_opening_a_notification_marks_it_read_and_leads_to_its_page() -> None:
    user, prediction = person(), uuid4()
    row = Notification.objects.create(
        user=user, kind=Kind.DOCUMENT_ASKED, key="1", data={"prediction": str(prediction)}, delivery="app"
    )
    answer = browser_of(user).get(f"/notifications/{row.pk}")
    assert answer.headers["Location"] == f"/predictions/{prediction}"
    assert count_unread(user) == 0


@pytest.mark.parametrize(
    ("role", "page"), [(Role.CLIENT, f"/jobs/{JOB['job']}"), (Role.REVIEWER, "/notifications")]
)
def test_a_job_leads_to_its_page_and_who_has_no_such_page_back_to_the_list(role: Role, page: str) -> None:
    user = person(role)
    row = tell(user)
    assert row is not None
    assert browser_of(user).get(f"/notifications/{row.pk}").headers["Location"] == page


def test_nobody_sees_or_reads_what_others_were_told() -> None:
    row, browser = tell(person()), browser_of(person())
    assert row is not None
    assert browser.get(f"/notifications/{row.pk}").status_code == 404
    assert browser.post(f"/notifications/{row.pk}/read").status_code == 404
    browser.post("/notifications/read")
    assert browser.get("/notifications").context["unread"] == []
    row.refresh_from_db()
    assert row.read_at is None


def test_what_was_read_is_shown_page_by_page() -> None:
    user, now = person(), timezone.now()
    rows = [
        Notification(user=user, kind="job_failed", key=str(n), data=JOB, delivery="app", read_at=now)
        for n in range(30)
    ]
    Notification.objects.bulk_create(rows)
    browser = browser_of(user)
    first = browser.get("/notifications")
    older = browser.get("/notifications", {"before": first.context["older"]})
    shown = [line.notification.pk for page in (first, older) for line in page.context["earlier"]]
    assert (len(first.context["earlier"]), older.context["older"]) == (25, None)
    assert sorted(shown) == sorted(row.pk for row in rows)


def test_the_header_and_the_admin_show_how_much_is_unread() -> None:
    user = person(Role.ADMINISTRATOR)
    browser = browser_of(user)
    assert 'class="count"' not in browser.get("/").content.decode()
    assert BADGE not in browser.get("/admin/").content.decode()
    tell(user)
    assert BADGE in browser.get("/admin/").content.decode()
    assert '<span class="count">1<' in browser.get("/").content.decode()
    menu = browser.get("/admin/").context["sidebar_navigation"]
    items = [item for group in menu for item in group["items"]]
    assert [item["badge_callback"] for item in items if "badge_callback" in item] == ["1"]


def test_counting_is_one_query_that_reads_the_index_of_unread_rows(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = person()
    rows = [
        Notification(user=user, kind="job_failed", key=str(n), data=JOB, delivery="app") for n in range(150)
    ]
    Notification.objects.bulk_create(rows)
    with django_assert_num_queries(1) as queries:
        assert count_unread(user) == MOST_COUNTED
    assert "LIMIT 100" in queries.captured_queries[0]["sql"]
    assert [format_count(number) for number in (0, 1, MOST_COUNTED)] == ["", "1", "99+"]


def test_a_user_chooses_how_to_be_told() -> None:
    user = person(Role.CLIENT)
    browser = browser_of(user)
    wanted = {kind.value: Delivery.APP.value for kind in get_preferences(user)}
    answer = browser.post("/notifications/preferences", {**wanted, "job_failed": "daily"})
    assert answer.status_code == 302
    assert get_preferences(user)[Kind.JOB_FAILED] == Delivery.DAILY
    assert get_preferences(user)[Kind.DECISION_MADE] == Delivery.APP
    refused = browser.post("/notifications/preferences", {**wanted, "job_failed": "by pigeon"})
    assert refused.status_code == 422
    assert get_preferences(user)[Kind.JOB_FAILED] == Delivery.DAILY


def test_the_api_lists_own_notifications_and_marks_them_read() -> None:
    user = person(Role.CLIENT)
    first, second = tell(user, Kind.JOB_FAILED), tell(user, Kind.JOB_FINISHED)
    assert first is not None
    assert second is not None
    tell(person(Role.CLIENT))
    client = signed_in(user)
    page = client.get("/api/v1/notifications", {"limit": 1}).json()
    assert [row["id"] for row in page["results"]] == [str(second.pk)]
    assert page["results"][0]["text"] == "Your bulk job is done: 12 rows, of which 2 failed."
    assert (page["next"], page["unread"]) == (str(second.pk), 2)
    assert client.post(f"/api/v1/notifications/{second.pk}/read").json()["read_at"] is not None
    unread = client.get("/api/v1/notifications", {"unread": "true"}).json()
    assert [row["id"] for row in unread["results"]] == [str(first.pk)]
    assert client.post("/api/v1/notifications/read").json() == {"marked": 1}
    assert client.get("/api/v1/notifications").json()["unread"] == 0
    assert client.post(f"/api/v1/notifications/{uuid4()}/read").status_code == 404


def test_a_key_needs_the_scope_to_read() -> None:
    _, key = issue_api_key(person(Role.CLIENT), "n", None, ["compare"])
    answer = Client().get("/api/v1/notifications", headers={"Authorization": f"Api-Key {key}"})
    assert answer.status_code == 403
