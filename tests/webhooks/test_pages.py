"""The pages of webhooks: a secret once, a test, the log, and the switch of administrators."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from tests.people import person
from tests.webhooks.customers import ALL_EVENTS, endpoint_at, happen, log_of, open_message, subscribe
from webhooks import endpoints
from webhooks.models import WebhookEndpoint
from webhooks.sending import deliver_due_messages

pytestmark = pytest.mark.django_db

ADDRESS = "https://cases.example.com/hooks?key=pass-phrase"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def user() -> User:
    return person(Role.USER)


def test_a_webhook_is_made_on_the_page_and_its_secret_shown_once(user: User) -> None:
    client = browser(user)
    assert "None yet" in client.get("/webhooks").content.decode()
    form = {"url": ADDRESS, "events": ["job.failed", "job.finished"], "description": "Case system"}
    shown = client.post("/webhooks", form)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert endpoint.event_types == ["job.failed", "job.finished"]
    for address in ("/webhooks", f"/webhooks/{endpoint.pk}"):
        page = client.get(address).content.decode()
        assert "Case system" in page
        assert endpoint.secret not in page


def test_a_form_that_is_wrong_says_why_beside_the_field(user: User) -> None:
    answer = browser(user).post("/webhooks", {"url": "https://10.0.0.1/x", "description": "Mine"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The host is not public" in page
    assert "Choose at least one event." in page
    assert 'value="Mine"' in page


def test_the_log_shows_each_message_with_its_attempts_and_sends_it_again(user: User) -> None:
    client = browser(user)
    with subscribe(user) as (endpoint, secret, hook):
        hook.answers = [(500, {})]
        assert client.post(f"/webhooks/{endpoint.pk}/test").status_code == 302
        deliver_due_messages(endpoint.pk)
        page = client.get(f"/webhooks/{endpoint.pk}").content.decode()
        assert "Failed once since" in page
        assert "The receiver answered 500. Attempt 2 follows, " in page
        assert "webhook.test" in page
        (again,) = re.findall(rf"/webhooks/{endpoint.pk}/deliveries/[^/]+/again", page)
        client.post(again)
        deliver_due_messages(endpoint.pk)
        page = client.get(f"/webhooks/{endpoint.pk}").content.decode()
        assert "Answered 200" in page
        assert "On. Last delivered" in page
        assert open_message(secret, hook.posts[1])["type"] == "webhook.test"


def test_a_webhook_is_changed_switched_off_and_on_and_removed(user: User) -> None:
    client, (endpoint, _) = browser(user), endpoint_at(user, ADDRESS)
    place = f"/webhooks/{endpoint.pk}"
    client.post(place, {"url": "https://new.example.com/x", "events": ["job.failed"], "description": ""})
    row = WebhookEndpoint.objects.get()
    assert (row.host, row.event_types) == ("new.example.com", ["job.failed"])
    client.post(f"{place}/switch", {"off": ""})
    assert "Switched off by its owner" in client.get(place).content.decode()
    client.post(f"{place}/switch", {"on": ""})
    assert WebhookEndpoint.objects.get().switched_off_at is None
    client.post(f"{place}/remove")
    assert client.get(place).status_code == 404


def test_a_new_secret_is_shown_with_the_end_of_the_old_one(user: User) -> None:
    client, (endpoint, old) = browser(user), endpoint_at(user, ADDRESS)
    page = client.post(f"/webhooks/{endpoint.pk}/rotate", {"overlap_hours": "24"}).content.decode()
    row = WebhookEndpoint.objects.get()
    assert row.list_signing_secrets(timezone.now()) == [row.secret, old]
    assert row.secret in page
    assert "The old secret signs too until" in page
    assert "The old secret signs too until" in client.get(f"/webhooks/{endpoint.pk}").content.decode()


def test_nobody_sees_or_changes_the_webhook_of_another(user: User) -> None:
    endpoint, _ = endpoint_at(person(Role.USER), ADDRESS)
    client = browser(user)
    happen(endpoint.user)
    delivery = endpoint.deliveries.get()
    assert client.get(f"/webhooks/{endpoint.pk}").status_code == 404
    for action in ("", "/rotate", "/test", "/switch", "/remove", f"/deliveries/{delivery.pk}/again"):
        fields = {"overlap_hours": "0", "url": ADDRESS, "events": list(ALL_EVENTS)}
        assert client.post(f"/webhooks/{endpoint.pk}{action}", fields).status_code == 404, action
    assert WebhookEndpoint.objects.get().switched_off_at is None


def test_a_secret_takes_recent_authentication(user: User, settings: object) -> None:
    client, (endpoint, old) = browser(user), endpoint_at(user, ADDRESS)
    settings.STEP_UP_MINUTES = 15  # type: ignore[attr-defined]  # the fixture of pytest-django
    answer = client.post(f"/webhooks/{endpoint.pk}/rotate", {"overlap_hours": "0"})
    assert answer.status_code == 302
    assert WebhookEndpoint.objects.get().secret == old


def test_a_long_log_is_read_in_a_few_queries(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(user)
    with subscribe(user) as (endpoint, _, _):
        for number in range(27):
            happen(user, f"job-{number}")
        deliver_due_messages(endpoint.pk)
        assert log_of(endpoint) == [("delivered", 1, 200)] * 27
        # session, user, permissions, unread notifications; the webhook twice, its log, the attempts
        with django_assert_num_queries(8):
            page = client.get(f"/webhooks/{endpoint.pk}").content.decode()
        assert page.count("Answered 200") == 25
        (older,) = re.findall(r'href="(\?cursor=[^"]+)"', page)
        assert client.get(f"/webhooks/{endpoint.pk}{older}").content.decode().count("Answered 200") == 2


def test_auditors_see_every_webhook_by_its_host_and_administrators_switch_one_off(user: User) -> None:
    endpoint, secret = endpoint_at(user, ADDRESS)
    happen(user)
    place = f"/admin/webhooks/webhookendpoint/{endpoint.pk}"
    auditor, administrator = browser(person(Role.AUDITOR)), browser(person(Role.ADMINISTRATOR))
    for address in (
        "/admin/webhooks/webhookendpoint/",
        f"{place}/change/",
        "/admin/webhooks/webhookdelivery/",
        f"/admin/webhooks/webhookdelivery/{endpoint.deliveries.get().pk}/change/",
    ):
        page = auditor.get(address).content.decode()
        assert "cases.example.com" in page
        assert "Case system" not in page
        assert "pass-phrase" not in page
        assert secret not in page
    assert auditor.post(f"{place}/switch_off/", {"reason": "x"}).status_code == 403
    (button,) = re.findall(
        r'href="([^"]*switch[_-]off[^"]*)"', administrator.get(f"{place}/change/").content.decode()
    )
    administrator.post(button, {"reason": "It is abused"})
    row = WebhookEndpoint.objects.get()
    assert row.switched_off_by == "administrator"
    with pytest.raises(endpoints.EndpointError):
        endpoints.switch_on(row, user)


def test_the_overlap_of_a_rotation_ends_by_itself(user: User) -> None:
    endpoint, _ = endpoint_at(user, ADDRESS)
    endpoints.rotate_secret(endpoint, user, timedelta(hours=1))
    WebhookEndpoint.objects.update(previous_secret_until=timezone.now())
    assert "signs too until" not in browser(user).get(f"/webhooks/{endpoint.pk}").content.decode()
