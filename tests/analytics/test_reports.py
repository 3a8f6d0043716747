"""Reports: daily metrics, user activity and model performance, from the roll-ups."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from analytics import rollup
from analytics.reports.activity import get_user_activity
from analytics.reports.daily import get_daily_metrics
from analytics.reports.period import (
    MAX_DAYS,
    PRESETS,
    PeriodError,
    ReportFilter,
    ReportPeriod,
    build_period,
)
from analytics.reports.trends import Figure, get_model_performance_trends
from modelops.models import DriftReport, ModelMetric
from modelops.monitoring import reporting
from modelops.monitoring.histograms import FigureSample
from modelops.monitoring.windows import TrafficSlice
from tests.analytics.test_rollup import decision
from tests.models import installed, model_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()
NOON = datetime.combine(TODAY - timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=12)
WEEK = PRESETS["7"][1](TODAY)


def count_everything() -> None:
    rollup.roll_up(NOON - timedelta(days=60), rollup.floor_hour(timezone.now()) + rollup.HOUR)


def _sample(verdicts: list[str]) -> FigureSample:
    numbers = {"material probability": np.linspace(0, 1, len(verdicts))}
    return FigureSample(numbers, {"verdict": verdicts}, len(verdicts))


def traffic() -> tuple[User, User]:
    """Two clients with predictions of yesterday, of last week and of the week before."""
    first, second = person(Role.CLIENT), person(Role.CLIENT)
    for verdict, source in (("immaterial", "api"), ("material", "api"), ("review", "page")):
        stored_prediction(user=first, created_at=NOON, verdict=verdict, source=source)
    stored_prediction(user=second, created_at=NOON, source="batch", profile="kyc", confidence=0.79)
    stored_prediction(user=second, created_at=NOON - timedelta(days=8), source="api")
    count_everything()
    return first, second


def test_daily_metrics_count_by_verdict_profile_source_and_client() -> None:
    first, second = traffic()
    report = get_daily_metrics(WEEK, show_names=True)
    assert (report.total.total, report.total.immaterial, report.total.review, report.total.material) == (
        4, 2, 1, 1,
    )  # fmt: skip
    assert report.total.average_confidence == pytest.approx((0.99 + 0.99 + 0.79) / 3)
    assert report.before.total == 1
    assert {name: row.total for name, row in report.profiles.items()} == {"general": 3, "kyc": 1}
    assert {name: row.total for name, row in report.sources.items()} == {"api": 2, "batch": 1, "page": 1}
    assert {user.email: row.total for user, row in report.clients.items()} == {
        first.email: 3,
        second.email: 1,
    }
    assert len(report.days) == 7
    assert report.days[NOON.date()].total == 4
    assert report.days[TODAY].average_confidence is None


@pytest.mark.parametrize(
    ("restriction", "total"),
    [({"profile": "kyc"}, 1), ({"source": "api"}, 2), ({"kind": "individual"}, 0)],
)
def test_filters_restrict_what_is_counted(restriction: dict[str, str], total: int) -> None:
    traffic()
    assert get_daily_metrics(WEEK, ReportFilter(**restriction)).total.total == total  # type: ignore[arg-type]


def test_a_client_is_shown_without_name_to_who_may_not_see_users() -> None:
    first, _ = traffic()
    (user, volume), _ = get_daily_metrics(WEEK, ReportFilter(), show_names=False).clients.items()
    assert (user.email, user.id, volume.total) == (None, first.pk, 3)
    assert str(user) == f"User …{str(first.pk)[-6:]}"


def test_user_activity_joins_predictions_and_decisions() -> None:
    first, second = traffic()
    reviewer = person(Role.REVIEWER)
    prediction = stored_prediction(user=second, created_at=NOON, source="api")
    decision(prediction, True, reviewer=reviewer)
    count_everything()
    report = get_user_activity(WEEK, show_names=True)
    rows = {row.user.email: row for row in report.users}
    assert next(row.user.email for row in report.users) == first.email
    assert (rows[reviewer.email].reviews.decisions, rows[reviewer.email].reviews.overrides) == (1, 1)
    assert rows[second.email].volume.total == 2
    assert rows[first.email].last_at == NOON
    only = get_user_activity(WEEK, ReportFilter(client=reviewer.pk))
    assert [row.user.id for row in only.users] == [reviewer.pk]


def test_trends_show_versions_with_figures_intervals_and_drift() -> None:
    champion = installed()
    of = TrafficSlice(champion.model, "general", "organisation")
    reference = reporting.store_reference(of, _sample(["review", "material"] * 20), "corpus")
    midnight = NOON.replace(hour=0)
    for name, value in (("", "0.95"), (", at least", "0.9"), (", at most", "0.99")):
        for window in (f"{midnight:%Y-%m-%d}", f"{midnight:%Y-%m-%dT%H}"):
            ModelMetric.objects.create(
                model=champion.model, metric_name=f"accuracy (labelled{name})", window=window,
                metric_value=Decimal(value), n=120, recorded_at=midnight + timedelta(days=1),
            )  # fmt: skip
    DriftReport.objects.create(
        model=champion.model, profile="general", kind="organisation", span="day", n=10,
        start=midnight, end=midnight + timedelta(days=1), reference=reference, largest_psi=0.3,
    )  # fmt: skip
    stored_prediction(model=champion.model, created_at=NOON, source="api", verdict="review")
    other = model_version("2", b"two")
    for _ in range(2):
        stored_prediction(model=other, created_at=NOON, source="api")
    count_everything()
    first, second = get_model_performance_trends(WEEK).versions
    assert (first.version, first.total, first.newest) == ("names 2", 2, Figure())
    (day,) = second.days
    assert (day.day, day.volume.review_share, day.drift) == (NOON.date(), 1.0, 0.3)
    assert day.figures["accuracy"] == Figure(0.95, 0.9, 0.99, 120)
    stated = day.to_dict()
    assert (stated["accuracy_low"], stated["labels"], stated["recall"]) == (0.9, 120, None)


def test_the_number_of_queries_does_not_depend_on_the_period_or_the_traffic() -> None:
    counts = []
    for build in (lambda: None, traffic):
        build()
        for days in (1, 365):
            period = PRESETS[str(days)][1](TODAY)
            with CaptureQueriesContext(connection) as queries:
                get_daily_metrics(period)
                get_user_activity(period)
                get_model_performance_trends(period)
            counts.append(len(queries))
    assert max(counts) <= 17


def test_presets_end_today_or_with_a_month() -> None:
    today = date(2026, 3, 15)
    periods = {id_: build(today) for id_, (_, build) in PRESETS.items()}
    assert periods["1"] == ReportPeriod(today, today)
    assert periods["28"] == ReportPeriod(date(2026, 2, 16), today)
    assert periods["month"] == ReportPeriod(date(2026, 3, 1), today)
    assert periods["last-month"] == ReportPeriod(date(2026, 2, 1), date(2026, 2, 28))
    assert periods["28"].previous == ReportPeriod(date(2026, 1, 19), date(2026, 2, 15))


def test_two_dates_go_before_a_preset_and_a_long_or_reversed_period_is_refused() -> None:
    first, last = date(2026, 1, 1), date(2026, 1, 31)
    assert build_period("7", first, last, TODAY) == ReportPeriod(first, last)
    assert build_period("7", None, last, TODAY) == ReportPeriod(last, last)
    with pytest.raises(PeriodError, match="before it begins"):
        ReportPeriod(last, first)
    with pytest.raises(PeriodError, match="1,100 days"):
        ReportPeriod(last, last + timedelta(days=MAX_DAYS))
