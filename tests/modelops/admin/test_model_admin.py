"""Admin pages of training runs, deployments and their empty lists, as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent, Role
from modelops.admin.formatting import format_duration
from modelops.alerting import alerts
from modelops.deployment import promotion
from modelops.models import (
    Alert,
    Deployment,
    LiveSlot,
    ModelVersion,
    PromotionRequest,
    RunStatus,
    TrainingRun,
)
from tests.modelops.admin.test_monitoring_admin import browser, path, text
from tests.models import installed, model_version, promoted, scoring_version
from tests.people import person

pytestmark = pytest.mark.django_db


def test_the_status_of_a_run_is_a_word_and_only_an_unfinished_run_can_be_cancelled() -> None:
    client = browser(Role.MODEL_ENGINEER)
    run = TrainingRun.objects.create(trigger="labels", status=RunStatus.QUEUED)
    button = path(TrainingRun, "cancel", run.pk)
    page = text(client.get(path(TrainingRun, "change", run.pk)))
    assert "Queued" in page
    assert "&#x27;Queued&#x27;" not in page
    assert button in page
    TrainingRun.objects.update(status=RunStatus.SUCCEEDED, finished_at=timezone.now())
    assert button not in text(client.get(path(TrainingRun, "change", run.pk)))


def test_a_run_shows_durations_zones_and_links_and_no_tuple_path_or_long_number() -> None:
    version = model_version("2026.11.28-144012")
    type(version).objects.update(mlflow_run_id="8f14e45fceea167a5a36dedd4bea2543")
    began = datetime(2026, 11, 28, 14, 40, 12, tzinfo=UTC)
    run = TrainingRun.objects.create(
        trigger="weekly",
        status=RunStatus.SUCCEEDED,
        stage="registering",
        progress=100,
        started_at=began,
        finished_at=began + timedelta(minutes=3, seconds=20),
        parameters={"corpus_size": 206_000, "files": ["/srv/secret/labels.csv"]},
        log=[["2026-11-28T14:40:13+00:00", "log loss 0.1234567890123456 on 6,066 pairs"]],
        model=version,
    )
    client = browser(Role.MODEL_ENGINEER)
    for address in (path(TrainingRun, "changelist"), path(TrainingRun, "change", run.pk)):
        page = text(client.get(address))
        assert "3 min 20 s" in page
        assert path(ModelVersion, "change", version.pk) in page
        assert "(&#x27;" not in page
    assert "28 Nov 2026, 14:40 UTC" in page
    assert "8f14e45fceea167a5a36dedd4bea2543" in page
    assert "log loss 0.1235 on 6,066 pairs" in page
    assert "206,000 constructed pairs; files: labels.csv" in page
    assert "/srv/secret" not in page
    assert "0.1234567890123456" not in page


def test_a_run_that_failed_names_the_stage_it_stopped_at_and_one_under_way_its_last_sign_of_life() -> None:
    now = timezone.now()
    failed = TrainingRun.objects.create(
        trigger="x", status=RunStatus.FAILED, stage="measuring", progress=75, finished_at=now
    )
    client = browser(Role.MODEL_ENGINEER)
    page = text(client.get(path(TrainingRun, "change", failed.pk)))
    assert "75 %, stopped at: measuring on held-out entities" in page
    running = TrainingRun.objects.create(
        trigger="y", status=RunStatus.RUNNING, step="fold 3 of 5", heartbeat_at=now, started_at=now
    )
    page = text(client.get(path(TrainingRun, "change", running.pk)))
    assert f"fold 3 of 5; last sign of life {now:%-d %b %Y, %H:%M} UTC" in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min"), (273_600, "3 d 4 h")],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == words


def test_a_deployment_for_every_profile_says_so_and_dates_have_a_zone() -> None:
    installed()
    page = text(browser(Role.MODEL_ENGINEER).get(path(Deployment, "changelist")))
    assert "all profiles" in page
    assert f"{Deployment.objects.get().at:%-d %b %Y, %H:%M} UTC" in page


def test_a_closed_request_and_an_alert_that_ended_have_no_buttons() -> None:
    client = browser(Role.APPROVER)
    request = PromotionRequest.objects.create(
        model=model_version("2"), reason="better", requested_by=person()
    )
    assert path(PromotionRequest, "approve", request.pk) in text(
        client.get(path(PromotionRequest, "change", request.pk))
    )
    PromotionRequest.objects.update(closed_at=timezone.now())
    assert path(PromotionRequest, "approve", request.pk) not in text(
        client.get(path(PromotionRequest, "change", request.pk))
    )
    lead, alert = browser(Role.LEAD), alerts.raise_alert("training_failed")
    page = text(lead.get(path(Alert, "change", alert.pk)))
    assert path(Alert, "resolve", alert.pk) in page
    assert "Resolve" in page
    assert path(Alert, "change", alert.pk).replace("change", "close") not in page
    alerts.resolve_alert(alert, person(), "imported twice")
    assert path(Alert, "resolve", alert.pk) not in text(lead.get(path(Alert, "change", alert.pk)))


def test_an_approver_sees_gates_then_both_versions_on_the_same_rows_then_folded_metrics() -> None:
    live = installed()
    candidate = scoring_version("2", 5.0)
    type(candidate).objects.filter(pk=candidate.pk).update(metrics={"accuracy": 0.9581234567890123})
    request = promotion.request_promotion(candidate, "*", "champion", "bold", person())
    client = browser(Role.APPROVER)
    for address in ("change", "approve"):
        page = text(client.get(path(PromotionRequest, address, request.pk)))
        gates, measures = page.index("Golden pairs"), page.index("Both versions answered the same")
        slices, raw = page.index("slices of the same rows"), page.index("Raw metrics of names 2 at training")
        assert gates < measures < slices < raw
        assert f"Champion {live.model}" in page
        assert "99 % interval" in page
        assert "0.9581234567890123" not in page
        assert page.count("0.9581") == 1
        assert "do not compare them with the metrics of another version" in page
    page = text(client.get(path(PromotionRequest, "change", request.pk)))
    assert f"{live.model}, live since {live.at:%-d %b %Y, %H:%M} UTC" in page


def test_a_request_from_before_the_comparison_says_that_nothing_was_measured() -> None:
    request = PromotionRequest.objects.create(
        model=model_version("2"), reason="better", requested_by=person()
    )
    page = text(browser(Role.APPROVER).get(path(PromotionRequest, "change", request.pk)))
    assert "the request is older than this comparison" in page
    assert "nothing: the role was empty" in page


def test_the_registry_compares_versions_on_the_same_rows_only(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    live = installed()
    candidate = scoring_version("2", 5.0)
    ModelVersion.objects.update(accuracy="0.9581")
    client = browser(Role.MODEL_ENGINEER)
    listed = path(ModelVersion, "changelist")
    assert text(client.get(listed)).count("not examined yet") == 2
    promotion.request_promotion(candidate, "*", "champion", "bold", person())
    page = text(client.get(listed))
    assert f"of {live.model} (" in page
    assert page.count("not examined yet") == 1
    assert "champion for all profiles" in page
    assert "0.9581" not in page
    with CaptureQueriesContext(connection) as few:
        client.get(listed)
    for number in range(3, 9):
        scoring_version(str(number))
    with django_assert_num_queries(len(few)):
        client.get(listed)


def test_the_page_of_a_version_leads_to_its_request_and_folds_its_own_metrics() -> None:
    installed()
    candidate = scoring_version("2", 5.0)
    client, page_of = browser(Role.MODEL_ENGINEER), path(ModelVersion, "change", candidate.pk)
    page = text(client.get(page_of))
    assert "Not examined yet" in page
    assert "not trained here" in page
    request = promotion.request_promotion(candidate, "*", "champion", "bold", person())
    page = text(client.get(page_of))
    assert path(PromotionRequest, "change", request.pk) in page
    assert "Both versions answered the same" in page
    assert "<summary" in page
    assert "Do not compare them with the metrics of another version" in page


def test_a_version_is_examined_without_a_request_by_those_who_may_request_one() -> None:
    installed()
    candidate = scoring_version("2", 5.0)
    button = path(ModelVersion, "examine", candidate.pk)
    page = text(browser(Role.MODEL_ENGINEER).get(button))
    assert "Computed now and not stored" in page
    assert "Both versions answered the same" in page
    assert not PromotionRequest.objects.exists()
    assert browser(Role.AUDITOR).get(button).status_code == 403


def test_a_rollback_names_the_version_it_returns_to_and_keeps_the_reason() -> None:
    first = installed().model
    second = promoted(scoring_version("2"))
    slot, client = LiveSlot.objects.get(), browser(Role.MODEL_ENGINEER)
    button = path(LiveSlot, "roll_back", slot.pk)
    for address in (path(LiveSlot, "changelist"), path(LiveSlot, "change", slot.pk)):
        page = text(client.get(address))
        assert f"Roll back to {first}" in page
        assert button in page
    confirmation = text(client.get(button))
    for part in (f"Roll back to {first}?", "Returns to", f"{second.model}, since", "an alert is raised"):
        assert part in confirmation
    seen = {"generation": str(second.generation)}
    assert "required" in text(client.post(button, {"reason": "", **seen}))
    assert LiveSlot.objects.get().deployment == second
    client.post(button, {"reason": "labels were imported twice", **seen})
    live = LiveSlot.objects.get().deployment
    assert (live.model, live.break_glass, live.reason) == (first, True, "labels were imported twice")
    event = AuditEvent.objects.get(action="deployment.created", object_id=str(live.pk))
    assert (event.detail["reason"], event.detail["previous"]) == (live.reason, str(second.model))
    page = text(client.get(path(LiveSlot, "changelist")))
    assert "no earlier version" in page
    assert "Roll back to" not in page


def test_a_rollback_is_refused_when_another_version_went_live_since_the_page_was_read() -> None:
    first = installed()
    second = promoted(scoring_version("2"))
    button = path(LiveSlot, "roll_back", LiveSlot.objects.get().pk)
    answer = browser(Role.MODEL_ENGINEER).post(
        button, {"reason": "late", "generation": str(first.generation)}
    )
    assert "another version went live meanwhile" in text(answer)
    assert LiveSlot.objects.get().deployment == second


def test_who_may_not_roll_back_sees_the_target_and_no_button() -> None:
    first = installed().model
    promoted(scoring_version("2"))
    slot, client = LiveSlot.objects.get(), browser(Role.AUDITOR)
    button = path(LiveSlot, "roll_back", slot.pk)
    for address in (path(LiveSlot, "changelist"), path(LiveSlot, "change", slot.pk)):
        page = text(client.get(address))
        assert str(first) in page
        assert button not in page
    assert client.post(button, {"reason": "x"}).status_code == 403


def test_an_empty_list_says_whether_the_filters_empty_it() -> None:
    client = browser(Role.MODEL_ENGINEER)
    assert "Nothing here yet" in text(client.get(path(Alert, "changelist")))
    assert "Nothing matches" in text(client.get(path(Alert, "changelist"), {"q": "drift"}))
