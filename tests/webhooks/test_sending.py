"""Messages reach a real receiver, signed; what fails is tried again within bounds and holds up no other."""

import json
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import connection, connections
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from accounts import outbox
from accounts.auth.users import deactivate_user
from accounts.models import AuditEvent, User
from accounts.privacy.retention import apply_rules
from accounts.sign_in.mail import send_now
from tests.people import person
from tests.receivers import endless_receiver
from tests.webhooks.customers import Subscribed, endpoint_at, happen, log_of, open_message, subscribe
from webhooks import endpoints
from webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from webhooks.sending import deliver_due_messages, give_up_unreachable, list_due_endpoints

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def reload(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=endpoint.pk)


def send_until_it_rests(endpoint: WebhookEndpoint) -> datetime:
    """Attempt whatever is due as time goes by, until nothing is due for a year; returns the end."""
    now = timezone.now()
    for _ in range(60):
        deliver_due_messages(endpoint.pk, now)
        row = reload(endpoint)
        waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state="waiting")
        if row.switched_off_at or not waiting.exists():
            return now
        now = max(row.not_before, min(delivery.not_before for delivery in waiting))
    raise AssertionError("it never rests")


def test_a_message_is_signed_as_the_library_of_customers_verifies(user: User, customer: Subscribed) -> None:
    endpoint, secret, hook = customer
    event = happen(user)
    assert deliver_due_messages(endpoint.pk) == 1
    payload = open_message(secret, hook.posts[0])
    assert payload == {
        "type": "job.finished",
        "timestamp": event.occurred_at.isoformat(),
        "data": {"job": "job-1"},
    }
    headers = {name.lower(): value for name, value in hook.posts[0][0].items()}
    assert headers["webhook-id"] == str(event.pk)
    assert headers["content-type"] == "application/json"
    assert log_of(endpoint) == [("delivered", 1, 200)]
    assert reload(endpoint).delivered_at is not None


def test_a_changed_body_or_another_secret_is_not_accepted(user: User, customer: Subscribed) -> None:
    endpoint, secret, hook = customer
    happen(user)
    deliver_due_messages(endpoint.pk)
    headers, body = hook.posts[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.replace(b"job-1", b"job-2"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(body, headers)


def test_while_a_rotation_overlaps_both_secrets_sign_and_afterwards_the_new_one_alone(
    user: User, customer: Subscribed
) -> None:
    endpoint, first, hook = customer
    _, second = endpoints.rotate_secret(endpoint, user, timedelta(hours=1))
    happen(user, "during")
    deliver_due_messages(endpoint.pk)
    assert open_message(first, hook.posts[0]) == open_message(second, hook.posts[0])
    WebhookEndpoint.objects.update(previous_secret_until=timezone.now())
    happen(user, "after")
    deliver_due_messages(endpoint.pk)
    assert open_message(second, hook.posts[1])["data"] == {"job": "after"}
    with pytest.raises(WebhookVerificationError):
        Webhook(first).verify(hook.posts[1][1], hook.posts[1][0])


def test_a_failure_is_tried_again_later_under_the_same_id_and_body(user: User, customer: Subscribed) -> None:
    endpoint, secret, hook = customer
    hook.answers = [(500, {}), (404, {})]
    happen(user)
    now = timezone.now()
    assert deliver_due_messages(endpoint.pk, now) == 0
    assert deliver_due_messages(endpoint.pk, now + timedelta(seconds=29)) == 0
    assert len(hook.posts) == 1
    assert deliver_due_messages(endpoint.pk, now + timedelta(seconds=31)) == 0
    assert reload(endpoint).failures == 2
    assert deliver_due_messages(endpoint.pk, now + timedelta(hours=1)) == 1
    assert len({headers["webhook-id"] for headers, _ in hook.posts}) == 1
    assert len({body for _, body in hook.posts}) == 1
    assert open_message(secret, hook.posts[2])
    assert log_of(endpoint) == [("delivered", 3, 200)]
    assert [row.status_code for row in WebhookAttempt.objects.order_by("id")] == [500, 404, 200]
    assert (reload(endpoint).failures, reload(endpoint).failing_since) == (0, None)


def test_a_receiver_that_asks_to_wait_is_waited_for(user: User, customer: Subscribed) -> None:
    endpoint, _, hook = customer
    hook.answers = [(429, {"Retry-After": "600"})]
    happen(user)
    now = timezone.now()
    deliver_due_messages(endpoint.pk, now)
    assert reload(endpoint).not_before == now + timedelta(seconds=600)
    assert deliver_due_messages(endpoint.pk, now + timedelta(seconds=599)) == 0
    assert deliver_due_messages(endpoint.pk, now + timedelta(seconds=601)) == 1


def test_a_redirect_is_a_failure_and_is_not_followed(user: User, customer: Subscribed) -> None:
    endpoint, _, hook = customer
    with subscribe(person()) as (_, _, elsewhere):
        target = WebhookEndpoint.objects.order_by("id").last()
        assert target is not None
        hook.answers = [(307, {"Location": target.address})]
        happen(user)
        assert deliver_due_messages(endpoint.pk) == 0
        assert (len(hook.posts), elsewhere.posts) == (1, [])
    assert log_of(endpoint) == [("waiting", 1, 307)]


def test_a_receiver_that_is_slow_is_given_up_in_bounded_time(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RECEIVER_TIMEOUT_SECONDS", 0.5)
    with endless_receiver() as address:
        endpoint, _ = endpoint_at(user, address)
        happen(user)
        assert deliver_due_messages(endpoint.pk) == 0
    row = WebhookAttempt.objects.get()
    assert (row.status_code, row.error) == (None, "the webhook cannot be reached: no complete answer in time")


def test_a_name_that_leads_to_a_private_address_later_is_not_reached(
    user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subscribe(person()) as (other, _, hook):
        port = int(other.address.rpartition(":")[2].partition("/")[0])
        settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.0.0.0/8")]
        endpoint, _ = endpoint_at(user, f"https://rebound.example.com:{port}/hook")
        resolve = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda _host, *args, **more: resolve("127.0.0.1", *args, **more)
        )
        happen(user)
        assert deliver_due_messages(endpoint.pk) == 0
        assert hook.posts == []
    assert "not public" in WebhookDelivery.objects.get(endpoint=endpoint).error


def test_attempts_are_bounded(user: User, customer: Subscribed, settings: Settings) -> None:
    settings.WEBHOOK_MAX_ATTEMPTS = 4
    endpoint, _, hook = customer
    hook.answers = [(500, {})] * 10
    happen(user)
    send_until_it_rests(endpoint)
    assert log_of(endpoint) == [("given_up", 4, 500)]
    assert reload(endpoint).switched_off_at is None


def test_what_is_given_up_is_sent_again_on_request_under_its_old_id(
    user: User, customer: Subscribed, settings: Settings
) -> None:
    settings.WEBHOOK_MAX_ATTEMPTS = 2
    endpoint, secret, hook = customer
    hook.answers = [(500, {})] * 2
    event = happen(user)
    send_until_it_rests(endpoint)
    endpoints.send_again(WebhookDelivery.objects.get(), user)
    assert deliver_due_messages(endpoint.pk) == 1
    assert {headers["webhook-id"] for headers, _ in hook.posts} == {str(event.pk)}
    assert open_message(secret, hook.posts[2])
    assert log_of(endpoint) == [("delivered", 1, 200)]
    assert WebhookAttempt.objects.count() == 3


def test_a_message_that_a_receiver_cannot_take_does_not_hold_up_the_others(
    user: User, customer: Subscribed
) -> None:
    endpoint, _, hook = customer
    happen(user, "poison")
    happen(user, "good")
    hook.answers = [(500, {})]
    now = timezone.now()
    deliver_due_messages(endpoint.pk, now)
    assert deliver_due_messages(endpoint.pk, now + timedelta(minutes=1)) == 2
    assert [json.loads(body)["data"]["job"] for _, body in hook.posts] == ["poison", "good", "poison"]


def test_an_endpoint_that_fails_for_days_is_switched_off_and_its_owner_told(
    user: User, customer: Subscribed, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    endpoint, _, hook = customer
    hook.answers = [(500, {})] * 60
    for number in range(4):
        happen(user, f"job-{number}")
    start = timezone.now()
    with django_capture_on_commit_callbacks() as callbacks:
        end = send_until_it_rests(endpoint)
    row = reload(endpoint)
    assert row.switched_off_by == "failures"
    assert 3 * DAY <= end - start < 4 * DAY
    assert len(callbacks) == 1, "the e-mail to the owner"
    assert AuditEvent.objects.filter(action="webhook.switched_off", actor=None).count() == 1
    give_up_unreachable(timezone.now())
    assert {state for state, *_ in log_of(endpoint)} == {"given_up"}
    assert happen(user, "later") is None


def test_the_letter_says_which_webhook_why_and_where_to_switch_it_on(user: User) -> None:
    facts = {
        "name": "Case system",
        "host": "hooks.example.com",
        "page": "1234",
        "since": "28 Nov 2026, 14:40 UTC",
    }
    send_now(user, "webhook_off", {**facts, "why": "failures"})
    letter = outgoing.outbox[0]
    assert letter.to == [user.email]
    assert letter.subject == "Your webhook was switched off"
    assert "Case system (hooks.example.com)" in letter.body
    assert "every message has failed since 28 Nov 2026, 14:40 UTC." in letter.body
    assert "/webhooks/1234" in letter.body


def test_a_receiver_that_is_gone_is_asked_no_more(user: User, customer: Subscribed) -> None:
    endpoint, _, hook = customer
    hook.answers = [(410, {})]
    happen(user)
    happen(user, "job-2")
    deliver_due_messages(endpoint.pk)
    assert reload(endpoint).switched_off_by == "receiver"
    assert deliver_due_messages(endpoint.pk, timezone.now() + DAY) == 0
    assert len(hook.posts) == 1


def test_somebody_whose_account_was_disabled_gets_nothing(user: User, customer: Subscribed) -> None:
    endpoint, _, hook = customer
    happen(user, "before")
    deactivate_user(user, None)
    assert happen(user, "after") is None
    assert list_due_endpoints(timezone.now() + DAY) == []
    assert deliver_due_messages(endpoint.pk, timezone.now() + DAY) == 0
    give_up_unreachable(timezone.now())
    assert (log_of(endpoint), hook.posts) == ([("given_up", 0, None)], [])


def test_the_schedule_finds_what_no_message_to_a_worker_announced(user: User, customer: Subscribed) -> None:
    endpoint, _, _ = customer
    assert list_due_endpoints(timezone.now()) == []
    happen(user)
    assert list_due_endpoints(timezone.now()) == [endpoint.pk]
    deliver_due_messages(endpoint.pk)
    assert list_due_endpoints(timezone.now() + DAY) == []


def test_old_events_go_with_their_log_and_removed_endpoints_too(user: User, customer: Subscribed) -> None:
    endpoint, _, _ = customer
    happen(user)
    deliver_due_messages(endpoint.pk)
    endpoints.remove_endpoint(endpoint, user)
    apply_rules(timezone.now() + 29 * DAY)
    assert WebhookAttempt.objects.count() == 1
    apply_rules(timezone.now() + 31 * DAY)
    counts = [
        table.objects.count() for table in (WebhookEvent, WebhookDelivery, WebhookAttempt, WebhookEndpoint)
    ]
    assert counts == [0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_workers_that_serve_an_endpoint_at_once_deliver_each_message_once(user: User) -> None:
    with subscribe(user) as (endpoint, _, hook):
        for number in range(20):
            happen(user, f"job-{number}")

        def serve(_: int) -> int:
            try:
                return deliver_due_messages(endpoint.pk)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(serve, range(4))) == 20
        assert len({headers["webhook-id"] for headers, _ in hook.posts}) == len(hook.posts) == 20


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_before_it_marks_leaves_a_message_that_is_sent_again(user: User) -> None:
    with subscribe(user) as (endpoint, secret, hook):
        happen(user)
        received = threading.Event()
        hook.respond = lambda _body: received.set() or b"ok"  # type: ignore[func-returns-value]
        connections.close_all()
        child = os.fork()
        if child == 0:  # the worker: dies by kill -9 right after the receiver has accepted
            _die_after_the_request(endpoint)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert received.is_set()
        assert log_of(endpoint) == [("waiting", 0, None)]
        assert deliver_due_messages(endpoint.pk) == 0, "it is left to who claimed it"
        assert deliver_due_messages(endpoint.pk, timezone.now() + timedelta(minutes=3)) == 1
        assert open_message(secret, hook.posts[0]) == open_message(secret, hook.posts[1])
        assert len({headers["webhook-id"] for headers, _ in hook.posts}) == 1
    assert connection.is_usable()


def _die_after_the_request(endpoint: WebhookEndpoint) -> None:
    """Deliver, and kill this process where the outcome would be stored."""
    WebhookAttempt.objects.create = lambda **_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign, assignment]
    deliver_due_messages(endpoint.pk)
    os._exit(0)


def test_nothing_of_a_message_is_logged_beside_ids_and_status(
    user: User, customer: Subscribed, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint, secret, hook = customer
    hook.answers = [(500, {})]
    hook.respond = lambda _body: b"words of the receiver"
    happen(user)
    deliver_due_messages(endpoint.pk)
    assert "webhook_not_delivered" in caplog.text
    for text in ("words of the receiver", endpoint.address, secret):
        assert text not in caplog.text
    stored = WebhookAttempt.objects.get()
    assert stored.error == "The receiver answered 500."
