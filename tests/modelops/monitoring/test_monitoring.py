"""Windows, reports and references; thresholds with history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import DatabaseError, transaction

from accounts.models import AuditEvent, Role
from modelops.models import Alert, DriftReport, HourlyCount, Reference, Threshold
from modelops.monitoring import reporting, thresholds, windows
from modelops.monitoring.histograms import (
    FigureSample,
    HistogramBinning,
    build_binning,
    count_histograms,
    sum_histograms,
)
from modelops.monitoring.reporting import HOUR
from modelops.monitoring.thresholds import ThresholdError
from modelops.monitoring.windows import TrafficSlice
from tests.models import model_version
from tests.people import person

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)


def answers(n: int, seed: int, lacking_form: float = 0.1) -> FigureSample:
    """Predictions of an hour: one number, the verdicts, and the legal forms that some lack."""
    dice = np.random.default_rng(seed)
    forms = np.where(dice.random(n) < lacking_form, "none", "gmbh").tolist()
    verdicts = np.where(dice.random(n) < 0.5 + lacking_form, "material", "immaterial").tolist()
    return FigureSample({"distance": dice.random(n)}, {"legal form": forms, "verdict": verdicts}, n)


def reviewed(_of: TrafficSlice, start: datetime, end: datetime) -> tuple[int, int]:
    """Nine predictions were reviewed, two of them wrong."""
    assert start < end
    return 9, 2


@pytest.fixture
def watched() -> TrafficSlice:
    of = TrafficSlice(model_version(), "general", "organisation")
    reporting.store_reference(of, answers(2_000, 0), Reference.Origin.CORPUS)
    return of


def hour(of: TrafficSlice, number: int, n: int = 250, lacking_form: float = 0.1) -> DriftReport | None:
    """Store the counts of one hour and report on them."""
    reference = windows.find_reference(of)
    assert reference is not None
    at = START + number * HOUR
    counts = count_histograms(
        answers(n, 100 + number, lacking_form), HistogramBinning.from_dict(reference.binning)
    )
    reporting.store_hourly_count(of, at, n, counts, reference)
    return reporting.report_hours(of, at + HOUR, reviewed)


def test_a_figure_is_counted_the_same_way_for_ever() -> None:
    frame = build_binning(FigureSample({"x": np.arange(100.0)}, {"s": ["latin"] * 99 + ["han"]}, 100))
    again = HistogramBinning.from_dict(frame.to_dict())
    later = FigureSample({"x": np.array([-5.0, 500.0])}, {"s": ["latin", "thai"]}, 2)
    assert count_histograms(later, again) == {"x": [1, 0, 0, 0, 0, 0, 0, 0, 0, 1], "s": [0, 1, 1]}
    assert again.list_bin_labels("s") == ["han", "latin", "other"]
    assert len(again.list_bin_labels("x")) == 10


def test_counts_of_hours_add_up() -> None:
    assert sum_histograms([{"a": [1, 2], "b": [1]}, {"a": [3, 4]}]) == {"a": [4, 6]}
    assert sum_histograms([]) == {}


def test_counting_an_hour_again_replaces_it(watched: TrafficSlice) -> None:
    hour(watched, 0)
    hour(watched, 0)
    assert HourlyCount.objects.get().n == 250


def test_nothing_is_reported_before_there_are_enough_answers(watched: TrafficSlice) -> None:
    assert hour(watched, 0, n=150) is None
    report = hour(watched, 1, n=150)
    assert report is not None
    assert (report.n, report.start, report.end) == (300, START, START + 2 * HOUR)
    assert hour(watched, 2, n=150) is None


def test_without_change_nothing_is_seen(watched: TrafficSlice) -> None:
    reports = [hour(watched, number) for number in range(6)]
    assert not any(report and report.shifted_figures for report in reports)
    assert not Alert.objects.exists()


def test_a_shift_of_legal_forms_is_believed_after_five_hundred_answers_and_raises_one_alert(
    watched: TrafficSlice,
) -> None:
    first = hour(watched, 0, lacking_form=0.4)
    assert first is not None
    assert set(first.shifted_figures) == {"legal form", "verdict"}
    assert not first.drifted
    assert not Alert.objects.exists()
    second = hour(watched, 1, lacking_form=0.4)
    assert second is not None
    assert second.drifted
    assert 30 < second.changed_verdicts < 120
    assert second.summary == (
        f"This drift changed the verdict of {second.changed_verdicts} of 250 predictions; "
        "reviewers checked 9 of the 250 and found 2 wrong."
    )
    alert = Alert.objects.get()
    assert (alert.rule, alert.state) == ("drift", "firing")
    assert "legal form" in alert.observation
    assert "2 wrong" in alert.observation


def test_the_alert_ends_when_the_traffic_is_as_it_was(watched: TrafficSlice) -> None:
    for number in range(2):
        hour(watched, number, lacking_form=0.4)
    for number in range(2, 7):
        hour(watched, number)
    assert Alert.objects.get().state == "resolved"


def test_a_person_may_accept_the_new_traffic_as_the_reference(watched: TrafficSlice) -> None:
    reports = [hour(watched, number, lacking_form=0.4) for number in range(3)]
    assert reports[-1] is not None
    accepted = windows.accept_reference(reports[-1], person(Role.MODEL_ENGINEER), "a new client from Brazil")
    assert (
        accepted.counts["legal form"] == HourlyCount.objects.get(hour=START + 2 * HOUR).counts["legal form"]
    )
    following = hour(watched, 3, lacking_form=0.4)
    assert following is not None
    assert not following.shifted_figures
    assert not following.drifted
    assert AuditEvent.objects.filter(action="drift_reference.accepted").count() == 1


def test_a_day_is_judged_as_a_whole(watched: TrafficSlice) -> None:
    for number in range(24):
        hour(watched, number, n=20)
    report = reporting.report_day(watched, START + timedelta(days=1), reviewed)
    assert report is not None
    assert (report.n, report.span) == (480, "day")


def test_a_report_is_written_once_a_window(watched: TrafficSlice) -> None:
    hour(watched, 0, lacking_form=0.4)
    reporting.report_day(watched, START + HOUR, reviewed)
    reporting.report_day(watched, START + HOUR, reviewed)
    assert DriftReport.objects.filter(span="day").count() == 1


def test_a_limit_is_its_default_until_somebody_changes_it() -> None:
    actor = person(Role.APPROVER)
    assert thresholds.get_threshold("accuracy") == 0.85
    row = thresholds.change_threshold("accuracy", Decimal("0.9"), actor, "the contract asks for it")
    assert (thresholds.get_threshold("accuracy"), row.previous) == (0.9, Decimal("0.85"))
    thresholds.change_threshold("accuracy", Decimal("0.88"), actor, "met half-way")
    assert [str(row) for row in Threshold.objects.all()] == ["accuracy = 0.88", "accuracy = 0.9"]
    assert AuditEvent.objects.filter(action="threshold.changed", actor=actor).count() == 2


@pytest.mark.parametrize("value", ["0", "-1", "1.2", "0.85"])
def test_a_limit_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ThresholdError, match="accuracy"):
        thresholds.change_threshold("accuracy", Decimal(value), person(Role.APPROVER), "why")
    assert not Threshold.objects.exists()


@pytest.fixture
def changed() -> Threshold:
    return thresholds.change_threshold("drift", Decimal("0.2"), person(Role.APPROVER), "too many reports")


def test_history_of_limits_cannot_be_rewritten(changed: Threshold) -> None:
    row = Threshold.objects.filter(pk=changed.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.update(value=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    assert thresholds.get_threshold("drift") == 0.2
