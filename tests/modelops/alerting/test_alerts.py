"""Alerts: notified once, after the condition has lasted, to the right channels, until acknowledged."""

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Role
from modelops.alert_rules import (
    ALERT_RULES,
    CRITICAL,
    FIRING,
    PASSED,
    PENDING,
    RESOLVED,
    AlertRule,
    EpisodeState,
    apply_observation,
)
from modelops.alerting import alerts
from modelops.models import Alert, AlertChannel, AlertMessage
from tests.people import person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def channel(name: str = "mail", **columns: object) -> AlertChannel:
    fields = {"kind": "email", "address": "ops@example.com"} | columns
    return AlertChannel.objects.create(name=name, **fields)


def occasions(alert: Alert | None = None) -> list[str]:
    rows = AlertMessage.objects.order_by("created_at", "id")
    return list((rows.filter(alert=alert) if alert else rows).values_list("occasion", flat=True))


def states(rule: AlertRule, observations: str) -> str:
    """First letters of the states after each observation; ``x`` is a bad one."""
    standing, letters = EpisodeState(), ""
    for observation in observations:
        standing = apply_observation(standing, observation == "x", rule)
        letters += {PENDING: "p", FIRING: "F", RESOLVED: "r", PASSED: "o"}[standing.state]
    return letters


def test_the_state_machine_fires_after_enough_and_ends_after_enough() -> None:
    rule = AlertRule("t", "c", "a", "p", "g", fire_after=3, resolve_after=2)
    assert states(rule, "xxx..") == "ppFFr"
    assert states(rule, "xx.") == "ppo"
    assert states(rule, "xxx.x.x..") == "ppFFFFFFr"


def test_a_rule_of_one_observation_fires_at_once_and_an_event_does_not_end_by_good_news() -> None:
    event = AlertRule("t", "c", "a", "p", "g", resolve_after=0)
    assert states(event, "x....") == "FFFFF"


def test_an_episode_that_is_over_stays_over() -> None:
    rule = AlertRule("t", "c", "a", "p", "g", resolve_after=1)
    assert states(rule, "x.xx") == "Frrr"


def test_what_happens_again_is_counted_and_told_once() -> None:
    channel()
    first = alerts.raise_alert("break_glass_rollback", "general", "Version 3 was rolled back.")
    again = alerts.raise_alert("break_glass_rollback", "general", "Version 2 was rolled back.")
    assert (first.pk, again.bad_count, again.observation) == (again.pk, 2, "Version 2 was rolled back.")
    assert occasions() == ["firing"]


def test_another_scope_is_another_alert() -> None:
    first, second = (alerts.raise_alert("break_glass_rollback", scope) for scope in ("ucc", "lc"))
    assert first.pk != second.pk
    assert first.fingerprint != second.fingerprint


def test_a_condition_that_does_not_last_is_never_notified() -> None:
    channel()
    for failing in (True, True, False):
        alerts.record_observation("registry_silent", "", failing)
    assert occasions() == []
    assert Alert.objects.get().state == "passed"


def test_a_condition_fires_ends_and_begins_anew_as_another_episode() -> None:
    channel()
    for failing in (True, False, False, False, True):
        alerts.record_observation("drift", "1", failing, "PSI 0.3")
    assert occasions() == ["firing", "resolved", "firing"]
    assert [alert.state for alert in Alert.objects.order_by("id")] == ["resolved", "firing"]


def test_good_news_without_an_alert_leaves_no_row() -> None:
    assert alerts.record_observation("drift", "1", failing=False) is None
    assert not Alert.objects.exists()


def test_the_message_stands_or_falls_with_the_change_it_tells_of() -> None:
    channel()
    with transaction.atomic():
        alerts.raise_alert("training_failed", "", "TrainingError")
        transaction.set_rollback(True)
    assert not Alert.objects.exists()
    assert not AlertMessage.objects.exists()


def test_a_message_says_what_since_when_why_where_and_one_safe_action() -> None:
    channel()
    alert = alerts.raise_alert("break_glass_rollback", "general", "Version 3 was rolled back.")
    body = AlertMessage.objects.get().body
    rule = ALERT_RULES["break_glass_rollback"]
    for part in ("Version 3 was rolled back.", "Since: ", rule.cause, rule.action, f"alert/{alert.pk}/"):
        assert part in body


def test_it_is_told_again_until_somebody_acknowledges() -> None:
    channel()
    alert = alerts.raise_alert("training_failed")
    now = timezone.now()
    assert alerts.process_firing_alerts(now + 11 * HOUR)["repeated"] == 0
    assert alerts.process_firing_alerts(now + 13 * HOUR)["repeated"] == 1
    alerts.acknowledge_alert(alert, person(Role.MODEL_ENGINEER), "I look into it")
    assert alerts.process_firing_alerts(now + 23 * HOUR) == {"resolved": 0, "repeated": 0, "escalated": 0}
    assert AuditEvent.objects.filter(action="alert.acknowledged").count() == 1


def test_a_snoozed_alert_is_quiet_and_comes_back() -> None:
    channel()
    alert = alerts.record_observation("drift", "1", failing=True)
    assert alert is not None
    now = timezone.now()
    alerts.snooze_alert(alert, person(Role.LEAD), now + 14 * HOUR, "a known client's load")
    assert alerts.process_firing_alerts(now + 13 * HOUR)["repeated"] == 0
    assert alerts.process_firing_alerts(now + 15 * HOUR)["repeated"] == 1


@pytest.mark.parametrize("hours", [-1, 24 * 8])
def test_a_snooze_is_for_a_week_at_most(hours: int) -> None:
    alert = alerts.raise_alert("training_failed")
    with pytest.raises(alerts.AlertError, match="seven days"):
        alerts.snooze_alert(alert, person(Role.LEAD), timezone.now() + hours * HOUR, "not now")


def test_what_nobody_takes_goes_to_the_second_line_once() -> None:
    channel("first")
    second = channel("second", second_line=True)
    alerts.raise_alert("break_glass_rollback")
    assert not second.messages.exists()
    later = timezone.now() + timedelta(minutes=31)
    assert alerts.process_firing_alerts(later)["escalated"] == 1
    assert alerts.process_firing_alerts(later)["escalated"] == 0
    assert [message.occasion for message in second.messages.all()] == ["escalated"]


def test_a_channel_for_critical_alerts_hears_nothing_else() -> None:
    night = channel("night", minimum_severity=CRITICAL)
    alerts.raise_alert("training_failed")
    assert not night.messages.exists()
    alerts.raise_alert("break_glass_rollback")
    assert night.messages.count() == 1


def test_an_event_ends_by_itself_when_it_was_quiet_for_long() -> None:
    alert = alerts.raise_alert("training_failed")
    assert alerts.process_firing_alerts(timezone.now() + 25 * HOUR)["resolved"] == 1
    alert.refresh_from_db()
    assert alert.state == "resolved"


def test_an_alert_is_closed_by_hand_with_a_reason_and_cannot_be_answered_afterwards() -> None:
    alert = alerts.raise_alert("training_failed")
    closed = alerts.resolve_alert(alert, person(Role.LEAD), "the labels were imported twice")
    assert (closed.state, closed.reason) == ("resolved", "the labels were imported twice")
    with pytest.raises(alerts.AlertError, match="resolved"):
        alerts.acknowledge_alert(alert, person(Role.LEAD), "late")


def test_an_address_is_never_stored_in_clear() -> None:
    row = channel("hook", kind="webhook", address="https://hooks.example/secret-token")
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM alert_channels")
        assert "secret-token" not in cursor.fetchone()[0]
    assert AlertChannel.objects.get(pk=row.pk).address.endswith("secret-token")


def test_every_rule_has_its_section_in_the_runbook_and_no_section_lacks_its_rule() -> None:
    runbook = Path(__file__).parents[3] / "docs" / "runbook.md"
    text = runbook.read_text(encoding="utf-8").split("\n# Alerts of Prometheus\n")[0]
    sections = re.split(r"^## ", text, flags=re.M)[1:]
    known = {section.split("\n")[0].strip("`"): section for section in sections if section.startswith("`")}
    assert set(known) == set(ALERT_RULES)
    lacking = [
        name
        for name, text in known.items()
        for part in ("Meaning", "Check", "Action")
        if f"**{part}.**" not in text
    ]
    assert lacking == []


def test_every_rule_is_raised_somewhere() -> None:
    root = Path(__file__).parents[3]
    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("modelops", "feedback", "matching", "accounts", "experiments", "analytics", "webhooks")
        for path in (root / folder).rglob("*.py")
        if path != root / "modelops" / "alert_rules.py"
    )
    components = ("beat", "monitor", "sealer", "anchor", "audit_forwarding", "audit_schedule")
    made = {*(f"{name}_silent" for name in components), "accuracy_low", "precision_low", "recall_low"}
    assert {rule for rule in ALERT_RULES if f'"{rule}"' not in source} <= made
    assert all(part in source for part in ('f"{component.name}_silent"', 'f"{name}_low"'))


def test_the_list_costs_the_same_for_few_and_for_many() -> None:
    client, counts = Client(), []
    client.force_login(person(Role.AUDITOR))
    for number in range(2):
        for scope in range(10):
            alerts.raise_alert("drift", f"{number} {scope}")
        with CaptureQueriesContext(connection) as asked:
            client.get("/admin/modelops/alert/")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 8


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_raise_the_same_at_once_make_one_alert_and_one_message() -> None:
    channel()
    together = threading.Barrier(4)

    def process() -> None:
        together.wait()
        alerts.raise_alert("model_swap_failed", "7", "ArtefactError")
        connection.close()

    threads = [threading.Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Alert.objects.get().bad_count == 4
    assert occasions() == ["firing"]
