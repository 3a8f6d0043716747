"""Admin pages of alerts, channels, drift, thresholds and training decisions."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.retraining import policy
from modelops.alert_rules import ALERT_RULES
from modelops.alerting import alerts
from modelops.models import (
    Alert,
    AlertChannel,
    DriftReport,
    ModelMetric,
    Reference,
    Threshold,
    TrainingDecision,
)
from modelops.monitoring import thresholds
from tests.models import installed, model_version
from tests.people import person
from tests.receivers import http_receiver

pytestmark = pytest.mark.django_db


def browser(role: str) -> Client:
    client = Client()
    client.force_login(person(role))
    return client


def path(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:modelops_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def text(answer: object) -> str:
    assert isinstance(answer, HttpResponseBase)
    return b"".join(answer).decode()


def test_an_alert_shows_cause_and_action_and_is_acknowledged_with_a_reason() -> None:
    alert = alerts.raise_alert("break_glass_rollback", "general", "Version 3 was rolled back.")
    client = browser(Role.MODEL_ENGINEER)
    page = text(client.get(path(Alert, "change", alert.pk)))
    for part in ("Version 3 was rolled back.", "Likely cause", "One safe action", "Firing"):
        assert part in page
    assert "required" in text(client.post(path(Alert, "acknowledge", alert.pk), {}))
    client.post(path(Alert, "acknowledge", alert.pk), {"reason": "I look into it"})
    alert.refresh_from_db()
    assert alert.acknowledged_by is not None
    assert "I look into it" in text(client.get(path(Alert, "change", alert.pk)))


def test_an_alert_is_snoozed_and_resolved_on_screen() -> None:
    alert, client = alerts.raise_alert("training_failed"), browser(Role.LEAD)
    client.post(path(Alert, "snooze", alert.pk), {"hours": "24", "reason": "known"})
    alert.refresh_from_db()
    assert alert.snoozed_until is not None
    assert alert.snoozed_until > timezone.now() + timedelta(hours=23)
    assert "Snoozed" in text(client.get(path(Alert, "changelist")))
    client.post(path(Alert, "resolve", alert.pk), {"reason": "imported twice"})
    late = client.post(path(Alert, "acknowledge", alert.pk), {"reason": "late"})
    assert "this alert is resolved" in text(late)


def test_the_losses_since_training_stand_above_the_drift_of_inputs_with_their_threshold() -> None:
    version, client = installed().model, browser(Role.MODEL_ENGINEER)
    listed = path(DriftReport, "changelist")
    assert "Nothing to compare yet" in text(client.get(listed))
    type(version).objects.update(metrics={"accuracy": 0.95, "precision_material": 0.9})
    now = timezone.now()
    for part, value in (("labelled", "0.8"), ("labelled, at least", "0.74"), ("labelled, at most", "0.84")):
        for at, number in ((now - timedelta(hours=1), "0.95"), (now, value)):
            ModelMetric.objects.create(
                model=version,
                metric_name=f"accuracy ({part})",
                metric_value=number,
                n=200,
                recorded_at=at,
                window=f"{at:%H:%M}",
            )
    page = text(client.get(listed))
    assert "0.800 (0.740 to 0.840)" in page
    assert "+0.150" in page
    assert "above, beyond chance" in page
    assert "The two values are of different rows" in page
    thresholds.change_threshold("performance_drift", Decimal("0.2"), person(Role.APPROVER), "a test")
    page = text(client.get(listed))
    assert "0.20" in page
    assert "not above beyond chance" in page


@pytest.mark.parametrize("page", ["acknowledge", "snooze", "resolve"])
def test_who_may_only_look_cannot_answer(page: str) -> None:
    alert = alerts.raise_alert("training_failed")
    assert browser(Role.AUDITOR).post(path(Alert, page, alert.pk), {"reason": "x"}).status_code == 403


CHANNEL = {"name": "ops", "kind": "webhook", "minimum_severity": "warning", "enabled": "on"}
SECRET = "https://hooks.example/services/T0/secret-token"


def test_a_channel_is_made_and_its_address_is_never_shown_again() -> None:
    client = browser(Role.ADMINISTRATOR)
    assert client.post(path(AlertChannel, "add"), CHANNEL | {"address": SECRET}).status_code == 302
    row = AlertChannel.objects.get()
    assert row.address == SECRET
    assert "secret-token" not in text(client.get(path(AlertChannel, "change", row.pk)))
    assert "secret-token" not in text(browser(Role.AUDITOR).get(path(AlertChannel, "change", row.pk)))
    client.post(path(AlertChannel, "change", row.pk), CHANNEL | {"address": "", "name": "night"})
    row = AlertChannel.objects.get()
    assert (row.name, row.address) == ("night", SECRET)
    detail = [event.detail for event in AuditEvent.objects.filter(action="alert_channel.saved")]
    assert "secret-token" not in json.dumps(detail)


@pytest.mark.parametrize(
    ("kind", "address", "message"),
    [
        ("webhook", "http://example.com/x", "must be an https address"),
        ("email", "not an address", "valid email"),
        ("email", "", "Enter the address"),
    ],
)
def test_an_address_that_cannot_work_is_refused(kind: str, address: str, message: str) -> None:
    answer = browser(Role.ADMINISTRATOR).post(
        path(AlertChannel, "add"), CHANNEL | {"kind": kind, "address": address}
    )
    assert message in text(answer)
    assert not AlertChannel.objects.exists()


def test_the_test_button_says_what_the_receiver_answered() -> None:
    client = browser(Role.MODEL_ENGINEER)
    with http_receiver() as (address, hook):
        row = AlertChannel.objects.create(name="hook", kind="webhook", address=address)
        shown = text(client.post(path(AlertChannel, "send_test", row.pk), follow=True))
        assert "The receiver answered: 200 ok" in shown
        hook.answers = [(500, {})]
        assert "Not delivered: 500" in text(client.post(path(AlertChannel, "send_test", row.pk)))


@pytest.fixture
def report() -> DriftReport:
    """A report with a figure whose label must be escaped."""
    version = model_version()
    reference = Reference.objects.create(
        model=version,
        profile="general",
        kind="organisation",
        origin="corpus",
        n=2_000,
        binning={"edges": {}, "labels": {"script": ["<latin>", "other"]}},
        counts={"script": [1_900, 100]},
    )
    shift = {
        "figure": "script",
        "psi": 0.5,
        "threshold": 0.1,
        "js": 0.3,
        "ks": 0.3,
        "adjusted": 1e-9,
        "is_significant": True,
    }
    plot = {
        "figure": "script",
        "bins": ["<latin>", "other"],
        "reference": [1_900, 100],
        "current": [150, 100],
    }
    now = timezone.now()
    return DriftReport.objects.create(
        model=version,
        profile="general",
        kind="organisation",
        span="hour",
        start=now - timedelta(hours=1),
        end=now,
        reference=reference,
        n=250,
        largest_psi=0.5,
        shifted_figures=["script"],
        persistent_figures=["script"],
        drifted=True,
        shifts=[shift],
        plots=[plot],
        changed_verdicts=40,
        reviewed=9,
        wrong=2,
    )


def test_a_drift_report_says_the_consequence_and_draws_the_figures(report: DriftReport) -> None:
    page = text(browser(Role.AUDITOR).get(path(DriftReport, "change", report.pk)))
    assert "This drift changed the verdict of 40 of 250 predictions" in page
    assert "reviewers checked 9 of the 250 and found 2 wrong." in page
    assert "<svg" in page
    assert "&lt;latin&gt; 95% to 60%" in page
    assert "0.500" in page
    reports = text(browser(Role.LEAD).get(path(DriftReport, "changelist")))
    assert "Drifted" in reports
    assert '<td class="field-shown_psi' in reports
    assert ">0.50<" in reports


@pytest.mark.parametrize("key", ["nonsense", "01a207e8-0000-76aa-a5fe-b9d1cb2fbb19"])
def test_a_report_that_is_not_there_is_no_error(key: str) -> None:
    assert browser(Role.LEAD).get(path(DriftReport, "change", key)).status_code == 302


@pytest.mark.parametrize("rule", ALERT_RULES)
def test_the_page_that_an_alert_points_to_exists(rule: str) -> None:
    assert browser(Role.ADMINISTRATOR).get(f"/admin/{ALERT_RULES[rule].admin_path}").status_code == 200


def test_accepting_a_report_needs_the_right_and_a_reason(report: DriftReport) -> None:
    step = path(DriftReport, "accept", report.pk)
    assert browser(Role.AUDITOR).post(step, {"reason": "x"}).status_code == 403
    browser(Role.MODEL_ENGINEER).post(step, {"reason": "a new client"})
    assert Reference.objects.filter(origin="accepted", reason="a new client").count() == 1


def test_limits_are_shown_changed_with_a_reason_and_never_edited() -> None:
    client = browser(Role.APPROVER)
    page = text(client.get(path(Threshold, "changelist")))
    assert "Current thresholds" in page
    assert "0.85" in page
    assert "Labelled accuracy below this trains a candidate." in page
    same = client.post(path(Threshold, "add"), {"name": "accuracy", "value": "0.85", "reason": "why"})
    assert "accuracy is 0.85 already" in text(same)
    client.post(path(Threshold, "add"), {"name": "accuracy", "value": "0.9", "reason": "the contract"})
    assert thresholds.get_threshold("accuracy") == 0.9
    row = Threshold.objects.get()
    assert client.post(path(Threshold, "change", row.pk), {"value": "0.1"}).status_code == 403
    assert Threshold.objects.count() == 1
    assert isinstance(row.changed_by, User)


def test_a_decision_shows_every_condition() -> None:
    installed()
    decision = policy.decide_training(timezone.now())
    client = browser(Role.LEAD)
    page = text(client.get(path(TrainingDecision, "change", decision.pk)))
    assert "No condition is met." in page
    assert "0 labels not used yet" in page
    assert "Do not train" in text(client.get(path(TrainingDecision, "changelist")))
