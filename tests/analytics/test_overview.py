"""The overview: each role sees what waits for it, what needs its decision, its figures, and what changed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import trail
from accounts.models import Role, User
from analytics.overview.cards import build_cards
from analytics.overview.changes import CHANGES, list_changes
from analytics.overview.decisions import DECISIONS
from analytics.overview.entries import Source, build_oldest_first, describe_empty_list
from analytics.overview.waiting import WAITING
from experiments.models import Experiment
from feedback.models import Guideline
from feedback.review import queue
from feedback.review.enqueueing import enqueue_prediction, enqueue_sampled_predictions
from feedback.review.gold import KnownAnswer, add_gold_item
from matching.models import ExportRequest, ReviewStream
from modelops.alerting.alerts import acknowledge_alert, raise_alert
from modelops.deployment import promotion
from modelops.models import (
    Alert,
    AlertChannel,
    DriftReport,
    JobRun,
    Reference,
    Threshold,
    TrainingRun,
)
from tests.analytics.test_rollup import decision
from tests.experiments.test_services import draft, running
from tests.models import guideline, installed, scoring_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

QUERIES = {
    Role.REVIEWER: 10,
    Role.LEAD: 30,
    Role.MODEL_ENGINEER: 24,
    Role.APPROVER: 21,
    Role.AUDITOR: 26,
    Role.ADMINISTRATOR: 39,
}
"""Queries of the page by role: session, user, permissions, and about one for each source and figure."""

STAFF = tuple(QUERIES)


def page(role: str) -> str:
    client = Client()
    client.force_login(person(role))
    return client.get("/admin/").content.decode()


def waits(user: User) -> list[str]:
    found = build_oldest_first("Waits for you", WAITING, user, timezone.now(), "Nothing.")
    return [entry.text for entry in found.entries] if found else []


def asks(user: User) -> list[str]:
    found = build_oldest_first("Needs a decision", DECISIONS, user, timezone.now(), "Nothing.")
    return [entry.text for entry in found.entries] if found else []


def list_changed_texts(user: User) -> list[str]:
    found = list_changes(user, timezone.now())
    return [entry.text for entry in found.entries] if found else []


def export(user: User, **columns: object) -> ExportRequest:
    fields = {"kind": "memos", "selection": {}, "format": "zip", "rows": 9, "reason": "asked", **columns}
    return ExportRequest.objects.create(requested_by=user, needs_approval=True, **fields)


def drift_report(**columns: object) -> DriftReport:
    champion, now = installed(), timezone.now()
    reference = Reference.objects.create(
        model=champion.model, profile="kyc", kind="individual", origin="corpus", n=9, binning={}, counts={}
    )
    return DriftReport.objects.create(
        model=champion.model, profile="kyc", kind="individual", span="day", n=10, drifted=True,
        start=now - timedelta(days=1), end=now, reference=reference, **columns,
    )  # fmt: skip


def test_a_reviewer_sees_own_items_and_the_queue_without_what_only_leads_take() -> None:
    installed()
    reviewer, other = person(Role.REVIEWER), person(Role.REVIEWER)
    for _ in range(3):
        enqueue_prediction(stored_prediction(), ReviewStream.UNCERTAIN)
    queue.claim_next_item(reviewer)
    held = queue.claim_next_item(other)
    assert held is not None
    escalated = enqueue_prediction(stored_prediction(), ReviewStream.UNCERTAIN)
    type(escalated).objects.filter(pk=escalated.pk).update(for_lead=True)
    add_gold_item(person(Role.LEAD), "Acme Inc", "Acme LLC", "general", KnownAnswer(True, "Two forms."))
    assert waits(reviewer) == ["1 review item that you have begun", "1 review item in the queue"]
    queue.park_item(held, other, "The register extract")
    assert waits(other) == [
        "1 review item that waits for a document",
        "1 review item in the queue",
    ]
    assert asks(reviewer) == []
    assert asks(person(Role.LEAD)) == ["1 review item needs a lead"]


def test_a_claim_that_expired_is_in_the_queue_again_and_what_one_decided_is_not() -> None:
    first, second = person(Role.REVIEWER), person(Role.REVIEWER)
    item = enqueue_prediction(stored_prediction(), ReviewStream.UNCERTAIN)
    queue.claim_next_item(first)
    assert waits(second) == []
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        assert waits(second) == ["1 review item in the queue"]
        decision(item.prediction, material=False, reviewer=second)
        assert waits(second) == []


def test_an_override_without_a_reason_waits_for_its_reviewer_only() -> None:
    reviewer = person(Role.REVIEWER)
    decision(stored_prediction(verdict="immaterial"), material=True, reviewer=reviewer)
    assert waits(reviewer) == ["Say why your last decision overrides the model"]
    assert waits(person(Role.REVIEWER)) == []


def test_a_lead_is_told_of_overdue_items_and_of_the_draft_of_a_guideline() -> None:
    item = enqueue_prediction(stored_prediction(), ReviewStream.UNCERTAIN)
    type(item).objects.filter(pk=item.pk).update(due_at=timezone.now() - timedelta(hours=1))
    Guideline.objects.create(version="2")
    lead = person(Role.LEAD)
    assert "1 review item is overdue" in waits(lead)
    assert asks(lead) == ["Publish or change: guideline 2 (draft)"]


def test_who_approves_decides_what_others_requested_and_never_the_own() -> None:
    installed()
    approver = person(Role.APPROVER)
    promotion.request_promotion(scoring_version("2"), "*", "champion", "better", person(Role.MODEL_ENGINEER))
    promotion.request_promotion(scoring_version("3"), "*", "champion", "better", approver)
    export(person(Role.LEAD))
    export(approver)
    assert asks(approver) == [
        "Approve or decline: names 2 as champion for all profiles",
        "Approve or decline an export of names: Memos, 9 rows",
    ]
    assert asks(person(Role.AUDITOR)) == []


def test_an_export_waits_for_its_requester_once_it_was_approved() -> None:
    lead, approver = person(Role.LEAD), person(Role.APPROVER)
    request = export(lead)
    assert waits(lead) == []
    ExportRequest.objects.filter(pk=request.pk).update(
        is_approved=True, decided_by=approver, decided_at=timezone.now()
    )
    assert waits(lead) == ["Your export can be downloaded: Memos, 9 rows"]
    assert waits(person(Role.LEAD)) == []


def test_experiments_ask_to_be_started_ended_and_shipped() -> None:
    past = timezone.now() - timedelta(days=1)
    row = running()
    Experiment.objects.filter(pk=row.pk).update(planned_end=past, start_date=past - timedelta(days=2))
    other = draft(profile="kyc")
    approver, engineer = person(Role.APPROVER), person(Role.MODEL_ENGINEER)
    assert asks(approver) == [
        f"Conclude or stop, its end is over: {row}",
        f"Start or change the draft: {other}",
    ]
    Experiment.objects.filter(pk=row.pk).update(
        status="concluded", is_active=False, end_date=timezone.now(), conclusion="B is better: right in 71%."
    )
    assert asks(engineer) == [f"Ship B or leave it: {row}"]
    assert f"Experiment concluded: {row}" in list_changed_texts(engineer)
    Experiment.objects.filter(pk=row.pk).update(conclusion="A is better: right in 71%.")
    assert asks(engineer) == []


def test_drift_needs_a_decision_until_it_is_accepted_or_old() -> None:
    report, engineer = drift_report(), person(Role.MODEL_ENGINEER)
    assert asks(engineer) == [f"Investigate or accept the drift: {report}"]
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert asks(engineer) == []
    Reference.objects.create(
        model=report.model, profile="kyc", kind="individual", origin="accepted", n=9, binning={}, counts={},
        reason="A new client", created_by=engineer,
    )  # fmt: skip
    assert asks(engineer) == []


def test_an_alert_waits_until_somebody_acknowledges_it() -> None:
    alert = raise_alert("training_failed", "", "The run ended.")
    assert alert is not None
    engineer = person(Role.MODEL_ENGINEER)
    assert waits(engineer) == [f"Warning: {alert}"]
    acknowledge_alert(alert, engineer, "I look at it")
    assert waits(engineer) == []
    now = timezone.now()
    Alert.objects.filter(pk=alert.pk).update(state="resolved", resolved_at=now)
    assert list_changed_texts(engineer) == [f"Alert resolved: {alert}"]


def test_a_failed_training_waits_until_one_succeeds() -> None:
    engineer = person(Role.MODEL_ENGINEER)
    TrainingRun.objects.create(status="failed", finished_at=timezone.now())
    assert waits(engineer) == ["The last training failed"]
    TrainingRun.objects.create(status="queued")
    assert waits(engineer) == ["The last training failed"]
    TrainingRun.objects.create(status="succeeded", finished_at=timezone.now())
    assert waits(engineer) == []
    assert list_changed_texts(engineer) == ["Training succeeded", "Training failed"]


def test_an_auditor_is_told_of_complete_months_without_a_pack() -> None:
    auditor = person(Role.AUDITOR)
    with time_machine.travel(datetime(2026, 3, 10, tzinfo=UTC)):
        trail.record_event("test", auditor, auditor)
        while trail.seal_events():
            pass
        assert waits(auditor) == []
    with time_machine.travel(datetime(2026, 5, 2, tzinfo=UTC)):
        assert waits(auditor) == ["No evidence pack yet for 2026-03, 2026-04"]
        trail.record_event("evidence.created", auditor, auditor, month="2026-03", sha256="0")
        assert waits(auditor) == ["No evidence pack yet for 2026-04"]


def test_an_administrator_is_told_when_alerts_reach_nobody() -> None:
    administrator = person(Role.ADMINISTRATOR)
    assert waits(administrator) == ["No alert channel is set: alerts reach nobody"]
    channel = AlertChannel.objects.create(name="Duty", kind="email", address="duty@example.com")
    assert waits(administrator) == []
    AlertChannel.objects.filter(pk=channel.pk).update(last_error="refused")
    assert waits(administrator) == ["Alerts do not arrive: Duty"]


def test_changes_are_the_newest_first_and_as_far_as_one_may_see_them() -> None:
    champion, now = installed(), timezone.now()
    guideline("3")
    engineer = person(Role.MODEL_ENGINEER)
    Threshold.objects.create(name="drift", value=1, previous=2, reason="asked", changed_by=engineer)
    JobRun.objects.create(name="seal", window="x", status="failed", finished_at=timezone.now())
    assert list_changed_texts(engineer) == [
        "Periodic job failed: seal x",
        "Threshold set: drift = 1",
        f"Live: generation {champion}",
    ]
    reviewer = person(Role.REVIEWER)
    assert list_changed_texts(reviewer) == ["Guideline 3 is in force"]
    assert f"Reviewer added: {reviewer.email}" in list_changed_texts(person(Role.LEAD))
    with time_machine.travel(now + timedelta(days=8)):
        assert list_changed_texts(engineer) == []


@pytest.mark.parametrize("role", STAFF)
def test_empty_lists_say_what_will_appear(role: Role) -> None:
    user = person(role)
    for title, sources in (("Waits for you", WAITING), ("Needs a decision", DECISIONS)):
        found = build_oldest_first(title, sources, user, timezone.now(), "Nothing waits.")
        topics = [str(source.topic) for source in sources if user.has_perm(source.permission)]
        assert bool(topics) == (found is not None)
        assert all(topic in found.empty for topic in topics) if found else not topics
    changes = list_changes(user, timezone.now())
    assert changes is not None
    assert changes.empty.startswith("Nothing changed in the last seven days. Here will appear: ")


def test_a_sentence_names_each_topic_once() -> None:
    sources = [Source("", topic, lambda _user, _now: []) for topic in ("items", "items", "alerts", "packs")]
    assert describe_empty_list("None.", sources) == "None. Here will appear: items, alerts and packs."
    assert describe_empty_list("None.", sources[:2]) == "None. Here will appear: items."


@pytest.mark.parametrize("role", STAFF)
def test_the_number_of_queries_does_not_depend_on_what_is_listed(role: Role) -> None:
    champion, user, counts = installed(), person(role), []
    client = Client()
    client.force_login(user)
    guideline("1")
    for number in range(0, 9, 4):
        for at in range(number):
            raise_alert("training_failed", f"{number} {at}", "The run ended.")
            enqueue_prediction(stored_prediction(model=champion.model), ReviewStream.UNCERTAIN)
            export(person(Role.LEAD))
            JobRun.objects.create(
                name="x", window=f"{number} {at}", status="failed", finished_at=timezone.now()
            )
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        counts.append(len(captured))
    assert counts == [QUERIES[role]] * 3


def test_the_queue_counts_what_waits_by_stream_with_links_for_leads() -> None:
    stored_prediction(stream="uncertain", selection_probability=0.9)
    stored_prediction(stream="audit", selection_probability=0.02)
    enqueue_sampled_predictions()
    lead, reviewer = (
        next(card for card in build_cards(person(role), timezone.now()) if card.title == "Review queue")
        for role in (Role.LEAD, Role.REVIEWER)
    )
    links = {name: href for name, _value, href in lead.list_lines()}
    assert lead.value == "2"
    assert links["Random audit"].endswith("?status=waiting&stream=audit")
    assert links["general"].endswith("?status=waiting&profile=general")
    assert [name for name, _value, _href in reviewer.list_lines()] == ["general"]


def test_the_first_page_draws_predictions_and_tells_of_alerts() -> None:
    installed()
    shown = page(Role.ADMINISTRATOR)
    for title in ("Predictions per day by verdict", "Alerts firing", "Needs a decision", "Waits for you"):
        assert title in shown
    assert "Predictions per day" not in page(Role.REVIEWER)


def test_a_lead_sees_traffic_queue_labels_and_what_is_live() -> None:
    installed()
    shown = page(Role.LEAD)
    for title in ("Predictions in seven days", "Review queue", "Labels waiting", "Generation "):
        assert title in shown


def test_a_reviewer_sees_no_figures_of_models() -> None:
    shown = page(Role.REVIEWER)
    assert "Review queue" in shown
    assert "Generation " not in shown
    assert "Promotion requests" not in shown


@pytest.mark.parametrize("role", [Role.USER, Role.CLIENT])
def test_the_admin_does_not_open_for_clients(role: Role) -> None:
    client = Client()
    client.force_login(person(role))
    assert client.get("/admin/").status_code == 302


def test_every_permission_of_a_source_exists() -> None:
    administrator = person(Role.ADMINISTRATOR)
    assert all(
        source.permission in administrator.get_all_permissions()
        for source in (*WAITING, *DECISIONS, *CHANGES)
    )
