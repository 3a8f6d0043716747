"""Messages reach real receivers once, with a receipt; failed deliveries are retried, then reported."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role
from modelops.alerting import alerts, notifiers
from modelops.alerting.delivery import MAX_DELIVERY_ATTEMPTS, deliver_messages
from modelops.models import Alert, AlertChannel, AlertMessage
from tests.people import person
from tests.receivers import Hook, Mailbox, http_receiver, mail_server

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that this process trusts, and a channel to it."""
    with mail_server(tmp_path) as (port, box):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", port
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "alerts", "letmein"
        AlertChannel.objects.create(name="mail", kind="email", address="ops@example.com")
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook, and a channel to it."""
    with http_receiver() as (address, receiver):
        AlertChannel.objects.create(name="hook", kind="webhook", address=address)
        yield receiver


def outbox() -> list[tuple[str, int]]:
    return list(AlertMessage.objects.order_by("id").values_list("state", "attempts"))


def test_an_alert_travels_by_mail_encrypted_and_its_receipt_is_kept(mailbox: Mailbox) -> None:
    alerts.raise_alert("break_glass_rollback", "general", "Version 3 was rolled back.")
    assert deliver_messages().sent == 1
    (to, text), message = mailbox.letters[0], AlertMessage.objects.get()
    assert (to, mailbox.encrypted) == ("ops@example.com", [True])
    assert "Subject: [critical] Firing: One person rolled a model back (general)" in text
    assert f"Message-ID: <{message.pk}@legal-names>" in text
    assert "One safe action:" in text
    assert (message.state, message.receipt) == ("sent", "250 OK taken as number 1")
    assert deliver_messages().sent == 0


def test_a_server_whose_certificate_is_not_good_gets_nothing(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    alerts.raise_alert("training_failed")
    assert deliver_messages().postponed == 1
    assert "CERTIFICATE_VERIFY_FAILED" in AlertMessage.objects.get().error
    assert mailbox.letters == []


def test_a_wrong_password_is_a_failure_that_is_tried_again(
    mailbox: Mailbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifiers, "RECEIVER_TIMEOUT_SECONDS", 1.0)
    settings.EMAIL_HOST_PASSWORD = "wrong"
    alerts.raise_alert("training_failed")
    assert deliver_messages().postponed == 1
    settings.EMAIL_HOST_PASSWORD = "letmein"
    assert deliver_messages(timezone.now() + HOUR).sent == 1
    assert len(mailbox.letters) == 1


def test_a_busy_mail_server_is_tried_again_and_a_refused_address_is_not(mailbox: Mailbox) -> None:
    mailbox.answers = ["451 busy", "550 no such person"]
    alerts.raise_alert("training_failed")
    assert deliver_messages().postponed == 1
    assert deliver_messages(timezone.now() + HOUR).given_up == 1
    assert AlertMessage.objects.filter(alert__rule="training_failed").get().error == "550 no such person"


@pytest.mark.usefixtures("mailbox")
def test_no_mail_server_is_said_and_not_tried_every_second(settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    alerts.raise_alert("training_failed")
    assert deliver_messages().postponed == 1
    row = AlertMessage.objects.get()
    assert "EMAIL_HOST is not set" in row.error
    assert row.not_before > timezone.now() + timedelta(minutes=50)


def test_a_webhook_gets_what_slack_takes(hook: Hook) -> None:
    alerts.raise_alert("drift", "1, general, organisation", "legal form: PSI 0.4")
    assert deliver_messages().sent == 1
    headers, body = hook.posts[0]
    assert "legal form: PSI 0.4" in json.loads(body)["text"]
    assert headers["Content-Type"] == "application/json"
    assert AlertMessage.objects.get().receipt == "200 ok"


def test_a_webhook_that_asks_to_wait_is_waited_for(hook: Hook) -> None:
    hook.answers = [(429, {"Retry-After": "600"}), (503, {})]
    alerts.raise_alert("training_failed")
    now = timezone.now()
    assert deliver_messages(now).postponed == 1
    assert AlertMessage.objects.get().not_before == now + timedelta(seconds=600)
    assert deliver_messages(now + timedelta(seconds=599)).sent == 0
    assert deliver_messages(now + timedelta(seconds=601)).postponed == 1
    assert deliver_messages(now + HOUR).sent == 1
    keys = {headers["Idempotency-Key"] for headers, _ in hook.posts}
    assert (len(hook.posts), len(keys)) == (3, 1)


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    hook.answers = [(302, {"Location": "http://127.0.0.1:9/elsewhere"})]
    alerts.raise_alert("training_failed")
    assert deliver_messages().given_up == 1
    assert AlertMessage.objects.filter(alert__rule="training_failed").get().error.startswith("302")


@pytest.mark.parametrize("address", ["http://example.com/hook", "file:///etc/passwd", "ftp://example.com/x"])
def test_a_webhook_elsewhere_must_be_https(address: str) -> None:
    AlertChannel.objects.create(name="hook", kind="webhook", address=address)
    alerts.raise_alert("training_failed")
    assert deliver_messages().given_up == 1
    assert "https" in AlertMessage.objects.filter(alert__rule="training_failed").get().error


def test_alerts_of_one_group_go_out_as_one_letter(hook: Hook) -> None:
    for scope in ("general", "kyc", "ucc"):
        alerts.raise_alert("drift", scope, f"script under {scope}")
    alerts.raise_alert("training_failed")
    assert deliver_messages().sent == 4
    texts = [json.loads(body)["text"] for _, body in hook.posts]
    assert len(texts) == 2
    together = next(text for text in texts if "3 alerts" in text)
    assert all(f"script under {scope}" in together for scope in ("general", "kyc", "ucc"))


def test_after_the_last_attempt_a_channel_is_reported_to_the_others_and_cleared_by_success(
    hook: Hook, mailbox: Mailbox
) -> None:
    hook.answers = [(500, {})] * MAX_DELIVERY_ATTEMPTS
    alerts.raise_alert("training_failed")
    now = timezone.now()
    for attempt in range(MAX_DELIVERY_ATTEMPTS):
        deliver_messages(now + attempt * 6.1 * HOUR)
    assert AlertMessage.objects.filter(channel__name="hook", state="given up").count() == 1
    alert = Alert.objects.get(rule="delivery_failing")
    assert (alert.state, alert.scope) == ("firing", "hook")
    deliver_messages(now + 48 * HOUR)
    assert any("A channel does not accept messages" in text for _, text in mailbox.letters)
    alert.refresh_from_db()
    assert alert.state == "resolved"


def test_a_test_message_goes_to_one_channel(hook: Hook, mailbox: Mailbox) -> None:
    alerts.queue_test_message(AlertChannel.objects.get(name="hook"), person(Role.ADMINISTRATOR))
    assert deliver_messages().sent == 1
    assert "this channel works" in json.loads(hook.posts[0][1])["text"]
    assert mailbox.letters == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_message() -> None:
    with http_receiver() as (address, hook):
        AlertChannel.objects.create(name="hook", kind="webhook", address=address)
        alerts.raise_alert("training_failed")
        row = AlertMessage.objects.get()
        other = connections.create_connection("default")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM alert_messages WHERE id = %s FOR UPDATE", [row.pk])
            assert deliver_messages().sent == 0
            other.rollback()
        other.close()
        assert deliver_messages().sent == 1
        assert len(hook.posts) == 1


@pytest.mark.usefixtures("hook")
def test_a_worker_killed_between_sending_and_marking_sends_again_after_its_lease() -> None:
    alerts.raise_alert("training_failed")
    now = timezone.now()
    AlertMessage.objects.update(not_before=now + timedelta(minutes=2))  # as a killed worker leaves it
    assert deliver_messages(now + timedelta(minutes=1)).sent == 0
    assert deliver_messages(now + timedelta(minutes=3)).sent == 1
    assert outbox() == [("sent", 1)]
