"""Webhooks reach only what they may reach, in bounded time, and a broken channel never silences another."""

import json
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from pytest_django import Settings

from accounts.models import Role
from modelops.alerting import alerts
from modelops.alerting.delivery import deliver_messages
from modelops.models import AlertChannel, AlertMessage
from tests.modelops.admin.test_monitoring_admin import browser, path, text
from tests.receivers import certificate, endless_receiver, http_receiver

pytestmark = pytest.mark.django_db

NOT_PUBLIC = [
    "https://localhost/x",
    "https://hooks.localhost/x",
    "https://127.0.0.1/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://0/x",
    "https://10.1.2.3/x",
    "https://192.168.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://224.0.0.1/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[2002:7f00:1::]/x",
]
MALFORMED = [
    "https://[x",
    "https:///x",
    "https://example.com:99999/x",
    "https://example.com:0/x",
    "https://user:password@example.com/x",
    "https://exa mple.com/x",
    "https://example.com/a\r\nX-Header: 1",
    "https://bücher.example/x",
    "http://example.com/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "example.com/x",
]


def channel(name: str, address: str) -> AlertChannel:
    return AlertChannel.objects.create(name=name, kind="webhook", address=address)


@pytest.mark.parametrize("address", [*NOT_PUBLIC, *MALFORMED])
def test_an_address_that_no_message_may_reach_is_refused_at_entry_and_at_send(
    address: str, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    with pytest.raises(ValidationError) as refusal:
        AlertChannel(name="hook", kind="webhook", address=address).full_clean()
    assert list(refusal.value.message_dict) == ["address"]
    form = {
        "name": "ops",
        "kind": "webhook",
        "minimum_severity": "warning",
        "enabled": "on",
        "address": address,
    }
    answer = browser(Role.ADMINISTRATOR).post(path(AlertChannel, "add"), form)
    assert answer.status_code == 200
    assert not AlertChannel.objects.exists()

    channel("stored before there was a check", address)
    alerts.raise_alert("training_failed")
    assert deliver_messages().given_up == 1
    error = AlertMessage.objects.filter(alert__rule="training_failed").get().error
    assert error.startswith(("The address", "The host"))
    assert address not in error


@pytest.mark.parametrize("address", ["https://93.184.215.14/x", "https://[2606:4700::1111]/x?y=1"])
def test_a_public_address_is_accepted_at_entry(address: str, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    row = AlertChannel(name="hook", kind="webhook", address=address)
    row.full_clean()
    assert row.address == address


def test_the_address_of_a_channel_that_becomes_an_e_mail_channel_is_checked_again() -> None:
    row = channel("hook", "https://hooks.example/secret")
    form = {"name": "hook", "kind": "email", "minimum_severity": "warning", "address": ""}
    answer = browser(Role.ADMINISTRATOR).post(path(AlertChannel, "change", row.pk), form)
    assert "valid email" in text(answer)
    assert "secret" not in text(answer)


def test_a_private_network_is_reached_only_when_a_setting_allows_it(settings: Settings) -> None:
    with http_receiver() as (address, hook):
        channel("hook", address)
        settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("10.0.0.0/8")]
        alerts.raise_alert("training_failed")
        assert deliver_messages().given_up == 1
        assert hook.posts == []
        settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
        alerts.raise_alert("gates_overridden")
        assert deliver_messages().given_up == 0
        assert "approved with a red gate" in str(hook.posts)


@pytest.mark.parametrize("broken", ["https://[x", "another row's address"])
def test_a_broken_channel_never_silences_the_others(broken: str) -> None:
    with http_receiver() as (address, hook):
        first = channel("a broken one", broken)
        other = channel("a good one", address)
        if broken.startswith("another"):
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE alert_channels SET address = (SELECT address FROM alert_channels WHERE id = %s)"
                    " WHERE id = %s",
                    [other.pk, first.pk],
                )
        alerts.raise_alert("training_failed")
        assert deliver_messages().sent == 1
        assert b"A training run failed" in hook.posts[0][1]
    first.refresh_from_db(fields=["last_error"])
    assert first.last_error
    assert address not in first.last_error


def test_a_channel_that_fails_is_left_alone_until_the_next_round() -> None:
    with http_receiver() as (address, hook):
        channel("hook", address)
        hook.answers = [(503, {})]
        for rule in ("training_failed", "gates_overridden", "drift"):
            alerts.raise_alert(rule)
        assert deliver_messages().postponed == 3
        assert len(hook.posts) == 1
        assert AlertMessage.objects.filter(attempts=0).count() == 2


def test_a_host_is_resolved_once_and_the_checked_address_is_the_one_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, asked = socket.getaddrinfo, []

    def rebind(host: str, *given: Any, **named: Any) -> Any:
        """Answer with the receiver first and with another machine afterwards."""
        if host != "localhost":
            return real(host, *given, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.99", *given, **named)

    with http_receiver() as (address, hook):
        channel("hook", address.replace("127.0.0.1", "localhost"))
        alerts.raise_alert("training_failed")
        monkeypatch.setattr(socket, "getaddrinfo", rebind)
        assert deliver_messages().sent == 1
    assert asked == ["localhost"]
    assert hook.posts[0][0]["Host"].startswith("localhost:")


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    real = socket.getaddrinfo

    def resolve(host: str, *given: Any, **named: Any) -> Any:
        if host != "hooks.example":
            return real(host, *given, **named)
        return [*real("93.184.215.14", *given, **named), *real("169.254.169.254", *given, **named)]

    channel("hook", "https://hooks.example/x")
    alerts.raise_alert("training_failed")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert deliver_messages().given_up == 1
    assert "not public" in AlertMessage.objects.filter(alert__rule="training_failed").get().error


def test_a_receiver_that_never_ends_its_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.outbox.RECEIVER_TIMEOUT_SECONDS", 0.5)
    with endless_receiver() as address:
        channel("hook", address)
        alerts.raise_alert("training_failed")
        assert deliver_messages().postponed == 1
    assert "no complete answer in time" in AlertMessage.objects.get().error


def test_https_verifies_the_certificate_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    with http_receiver(files) as (address, hook):
        channel("good", address)
        alerts.raise_alert("training_failed")
        assert deliver_messages().sent == 1
        assert "A training run failed" in json.loads(hook.posts[0][1])["text"]
        channel("other name", address.replace("localhost", "127.0.0.1"))
        alerts.raise_alert("gates_overridden")
        assert deliver_messages().sent == 1
    message = AlertMessage.objects.get(channel__name="other name")
    assert "CERTIFICATE_VERIFY_FAILED" in message.error
