"""Every sealed event reaches the receiver outside at least once, in order, whatever fails in between."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.audit import forwarding, trail
from accounts.models import AuditEvent, AuditForwarding, AuditSeal
from accounts.tasks import forward_audit_trail
from tests.people import person
from tests.receivers import http_receiver, syslog_collector

pytestmark = pytest.mark.django_db

RFC_5424 = re.compile(
    r"<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00 \S+ legal-names - "
    r"(?P<action>\S+) - \ufeff(?P<text>\{.*\})"
)


def happened(number: int) -> list[int]:
    for _ in range(number):
        person()
    trail.seal_events()
    return list(AuditSeal.objects.values_list("seq", flat=True))


def test_events_are_posted_as_json_in_order_and_once(settings: Settings) -> None:
    with http_receiver() as (address, hook):
        settings.AUDIT_FORWARD_URL, settings.AUDIT_FORWARD_TOKEN = address, "let the siem in"
        numbers = happened(3)
        assert forward_audit_trail() == 3
        assert forward_audit_trail() == 0
        happened(1)
        call_command("audit", "forward")
    first, second = (json.loads(body) for _, body in hook.posts)
    assert [row["seq"] for row in first] == numbers
    assert (len(second), second[0]["prev"]) == (1, first[-1]["hash"])
    assert first[0]["event"] == trail.build_event_body(AuditEvent.objects.earliest("id"))
    headers = hook.posts[0][0]
    assert headers["Authorization"] == "Bearer let the siem in"
    assert headers["Idempotency-Key"] == "1-3"


def test_what_the_receiver_refuses_is_sent_again_and_nothing_is_lost(settings: Settings) -> None:
    with http_receiver() as (address, hook):
        settings.AUDIT_FORWARD_URL = address
        numbers = happened(2)
        hook.answers = [(503, {}), (302, {"Location": "http://127.0.0.1:1/"})]
        assert (forwarding.forward_events(), forwarding.forward_events()) == (0, 0)
        assert AuditForwarding.objects.get().error == "the receiver answered 302"
        assert forwarding.find_oldest_unsent() == AuditSeal.objects.earliest("seq").sealed_at
        assert forwarding.forward_events() == 2
        assert forwarding.find_oldest_unsent() is None
    assert [row["seq"] for row in json.loads(hook.posts[-1][1])] == numbers


def test_a_sender_that_was_killed_is_followed_by_another_after_its_claim(settings: Settings) -> None:
    with http_receiver() as (address, hook):
        settings.AUDIT_FORWARD_URL = address
        happened(1)
        forwarding._claim_place(address)
        assert forwarding.forward_events() == 0
        AuditForwarding.objects.update(claimed_until="2020-01-01T00:00Z")
        assert forwarding.forward_events() == 1
    assert len(hook.posts) == 1


def test_the_cost_of_a_round_does_not_grow_with_the_history(settings: Settings) -> None:
    counts = []
    with http_receiver() as (address, _):
        settings.AUDIT_FORWARD_URL = address
        for number in (1, 40):
            happened(number)
            with CaptureQueriesContext(connection) as queries:
                forwarding.forward_events()
            counts.append(len(queries))
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("tls", [False, True])
def test_events_are_sent_as_syslog_of_rfc_5424(
    settings: Settings, tmp_path: Path, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with syslog_collector(tmp_path if tls else None) as (port, collector):
        if tls:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.AUDIT_FORWARD_URL = f"syslog+{'tls' if tls else 'tcp'}://localhost:{port}"
        numbers = happened(2)
        assert forwarding.forward_events() == 2
    found = [RFC_5424.fullmatch(message) for message in collector.messages]
    assert [one and json.loads(one["text"])["seq"] for one in found] == numbers
    assert {one and one["action"] for one in found} == {"user.created"}


def test_a_collector_that_resets_or_whose_certificate_is_not_good_has_not_accepted(
    settings: Settings, tmp_path: Path
) -> None:
    happened(1)
    with syslog_collector() as (port, collector):
        settings.AUDIT_FORWARD_URL = f"syslog+tcp://localhost:{port}"
        collector.drops = 1
        assert forwarding.forward_events() == 0
        assert forwarding.forward_events() == 1
    with syslog_collector(tmp_path) as (port, collector):
        settings.AUDIT_FORWARD_URL = f"syslog+tls://localhost:{port}"
        assert forwarding.forward_events() == 0
    assert collector.messages == []


def test_without_a_receiver_nothing_is_sent() -> None:
    happened(1)
    assert forwarding.forward_events() == 0
    assert forwarding.find_oldest_unsent() is None
