"""The hourly and the daily look, on stored answers and real reviews."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import Feedback
from feedback.monitoring import performance
from feedback.tasks import monitor_daily, monitor_hourly
from matching.models import Prediction
from modelops.alerting import alerts
from modelops.models import Alert, Deployment, DriftReport, HourlyCount, JobRun, ModelMetric, TrainingDecision
from modelops.monitoring import reporting
from modelops.monitoring.histograms import FigureSample
from modelops.monitoring.windows import TrafficSlice
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(minute=30, second=0, microsecond=0)
HOUR = timedelta(hours=1)
THIS_HOUR = NOW.replace(minute=0)


def answered(
    deployment: Deployment,
    reviewer: User,
    right: int,
    wrong: int,
    said: bool = True,
    stream: str = "audit",
    profile: str = "general",
) -> None:
    """Answers of the last hour that a reviewer found right or wrong."""
    user = person()
    for number in range(right + wrong):
        row = stored_prediction(
            f"A {number}",
            user=user,
            model=deployment.model,
            prediction=said,
            profile=profile,
            verdict="material" if said else "immaterial",
            stream=stream,
            selection_probability=0.02,
            created_at=NOW - HOUR,
        )
        Feedback.objects.create(
            prediction=row,
            reviewer=reviewer,
            source="review",
            user_correction=said if number < right else not said,
        )


def metric(name: str, window: str) -> float:
    return float(ModelMetric.objects.get(metric_name=name, window=window).metric_value)


def window() -> str:
    return f"{THIS_HOUR - HOUR:%Y-%m-%dT%H}"


def test_an_hour_is_measured_with_labels_and_without() -> None:
    deployment, reviewer = installed(), person(Role.REVIEWER)
    answered(deployment, reviewer, right=45, wrong=5)
    look = performance.monitor_hour(THIS_HOUR - HOUR)
    assert (look.counted, look.reports) == (1, 0)
    assert metric("accuracy (estimated)", window()) == pytest.approx(0.99)
    assert metric("material share", window()) == 1.0
    later = performance.estimate_performance(deployment.model, timezone.now())
    assert (later.accuracy.value, later.accuracy.n) == (0.9, 50)


def test_labels_of_other_streams_say_nothing_of_accuracy() -> None:
    deployment, reviewer = installed(), person(Role.REVIEWER)
    answered(deployment, reviewer, right=0, wrong=30, stream="uncertain")
    assert performance.estimate_performance(deployment.model, timezone.now()).accuracy.n == 0


def test_an_answer_reviewed_twice_counts_once_with_the_last_word() -> None:
    deployment = installed()
    answered(deployment, person(Role.REVIEWER), right=0, wrong=1)
    row = Prediction.objects.get()
    Feedback.objects.create(
        prediction=row, reviewer=person(Role.REVIEWER), source="review", user_correction=True
    )
    estimate = performance.estimate_performance(deployment.model, timezone.now())
    assert (estimate.accuracy.n, estimate.accuracy.value) == (1, 1.0)


def test_too_little_accuracy_shown_by_labels_raises_an_alert_with_the_figures() -> None:
    deployment = installed()
    answered(deployment, person(Role.REVIEWER), right=60, wrong=60)
    performance.store_metrics(deployment.model, "now", NOW - HOUR, timezone.now())
    alert = Alert.objects.get(rule="accuracy_low", scope=deployment.model.version)
    assert alert.state == "firing"
    assert "120 audited answers say 50.0%" in alert.observation


def test_missed_material_differences_are_an_alert_of_their_own() -> None:
    deployment = installed()
    answered(deployment, person(Role.REVIEWER), right=60, wrong=60, said=False)
    answered(deployment, person(Role.REVIEWER), right=20, wrong=0)
    performance.store_metrics(deployment.model, "now", NOW - HOUR, timezone.now())
    assert {alert.rule for alert in Alert.objects.all()} == {"accuracy_low", "recall_low"}


def test_one_profile_that_fails_is_told_by_itself() -> None:
    deployment, reviewer = installed(), person(Role.REVIEWER)
    answered(deployment, reviewer, right=190, wrong=0)
    answered(deployment, reviewer, right=0, wrong=9, profile="lc")
    performance.store_metrics(deployment.model, "now", NOW - HOUR, timezone.now())
    version = deployment.model.version
    assert set(Alert.objects.values_list("rule", "scope")) == {
        ("accuracy_low", f"{version}, lc"),
        ("precision_low", f"{version}, lc"),
    }
    share = ModelMetric.objects.get(metric_name="accuracy (labelled)", slice="lc")
    assert (float(share.metric_value), share.n) == (0.0, 9)


def test_the_consequence_counts_reviewed_and_wrong_answers_of_the_window() -> None:
    deployment = installed()
    answered(deployment, person(Role.REVIEWER), right=7, wrong=3)
    of = TrafficSlice(deployment.model, "general", "organisation")
    assert performance.count_reviewed(of, NOW - 2 * HOUR, NOW) == (10, 3)
    assert performance.count_reviewed(of, NOW, NOW + HOUR) == (0, 0)
    assert performance.count_reviewed(replace(of, source="bulk"), NOW - 2 * HOUR, NOW) == (0, 0)


def test_measuring_a_window_again_replaces_it() -> None:
    deployment = installed()
    answered(deployment, person(Role.REVIEWER), right=3, wrong=0)
    for _ in range(2):
        rows = performance.store_metrics(deployment.model, "now", NOW - HOUR, timezone.now())
    assert ModelMetric.objects.filter(window="now").count() == len(rows) == 21


def test_an_audit_that_nobody_reviews_is_told_after_three_days() -> None:
    installed()
    for number in range(40):
        stored_prediction(f"A {number}", stream="audit", selection_probability=0.02, created_at=NOW - HOUR)
    for _ in range(3):
        performance._observe_audit_coverage(NOW)
    alert = Alert.objects.get(rule="labels_missing")
    assert (alert.state, alert.observation[:8]) == ("firing", "0 of 40 ")


def test_hours_from_before_anything_was_live_are_not_looked_at() -> None:
    assert performance.list_open_hours(NOW) == []
    installed()
    midnight = datetime(2030, 1, 1, 0, 1, tzinfo=UTC)
    hours = performance.list_open_hours(midnight)
    assert (len(hours), hours[-1]) == (24, datetime(2029, 12, 31, 22, tzinfo=UTC))
    assert performance.list_open_hours(timezone.now()) == []


def test_the_hourly_task_looks_at_each_hour_once_and_decides_once() -> None:
    installed()
    assert monitor_hourly() == []
    monitor_hourly()
    assert JobRun.objects.filter(name="training decision", status="succeeded").count() == 1
    assert TrainingDecision.objects.get().reason == "No condition is met."


def test_the_daily_task_runs_once_a_day() -> None:
    installed()
    assert monitor_daily()
    assert not monitor_daily()
    assert TrainingDecision.objects.count() == 1
    assert not DriftReport.objects.exists()


def test_nothing_is_decided_before_anything_is_live() -> None:
    monitor_hourly()
    assert not TrainingDecision.objects.exists()


def test_alerts_about_a_version_that_no_longer_answers_come_to_their_end() -> None:
    installed()
    alerts.record_observation("accuracy_low", "an older one", failing=True)
    alerts.record_observation("drift", "an older one, general, organisation", failing=True)
    for number in range(3):
        performance.monitor_hour(THIS_HOUR - number * HOUR)
    assert {alert.state for alert in Alert.objects.all()} == {"resolved"}


def test_hourly_histograms_are_kept_for_a_hundred_days() -> None:
    deployment = installed()
    of = TrafficSlice(deployment.model, "general", "organisation")
    reference = reporting.store_reference(
        of, FigureSample({"x": np.arange(5.0)}, {"verdict": ["review"] * 5}, 5), "corpus"
    )
    day = THIS_HOUR.replace(hour=0)
    for days in (0, 99, 101):
        reporting.store_hourly_count(of, day - days * 24 * HOUR, 0, {}, reference)
    performance.monitor_day(day)
    assert HourlyCount.objects.count() == 2
