"""Planned looks at stored outcomes, and the forecast of what clients record."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import time_machine
from django.utils import timezone

from analytics.experiments.forecast import forecast_experiment
from analytics.experiments.results import get_experiment_results
from analytics.experiments.tables import build_tables
from experiments.models import Arm, Experiment, ExperimentPhase, RecordedMetric
from tests.analytics.test_experiment_results import exposed_users
from tests.experiments.test_services import draft, running
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 3, 2, 6, tzinfo=UTC)
END = datetime(2026, 3, 12, tzinfo=UTC)
MINUTES: dict[str, Any] = {
    "primary_metric": "recorded",
    "recorded_metric": "minutes",
    "higher_is_better": False,
}


def plan_experiment(days_later: float) -> Experiment:
    """An experiment of ten planned looks in which B takes less time, as recorded by clients."""
    row = running(**MINUTES)
    now = BEGIN + timedelta(days=days_later)
    Experiment.objects.filter(pk=row.pk).update(start_date=BEGIN, planned_end=END)
    ExperimentPhase.objects.filter(experiment=row).update(started_at=BEGIN)
    rng = np.random.default_rng(8)
    for arm, mean in ((Arm.A, 10.0), (Arm.B, 8.5)):
        for number, user in enumerate(exposed_users(row, arm, 60)):
            at = BEGIN + timedelta(hours=1) + timedelta(days=10 * number / 60)
            if at < now:
                RecordedMetric.objects.create(
                    experiment=row, user=user, phase=1, arm=arm, name="minutes",
                    value=float(rng.normal(mean, 1.5)), event="x", at=at,
                )  # fmt: skip
    row.refresh_from_db()
    return row


def sentence(row: Experiment, days_later: float) -> str:
    with time_machine.travel(BEGIN + timedelta(days=days_later)):
        return get_experiment_results(row).verdict.sentence


def test_before_the_end_of_the_first_day_nobody_has_looked() -> None:
    row = plan_experiment(0.5)
    assert sentence(row, 0.5) == (
        "Cannot conclude yet: the first of 10 planned looks is at the end of the day."
    )


def test_the_first_look_beyond_its_bound_decides_and_later_days_do_not_undo_it() -> None:
    row = plan_experiment(10)
    said = sentence(row, 9)
    assert said.startswith("B is better: minutes of B changes by -")
    decided = said.rsplit("Decided at look ", 1)[1]
    assert decided.endswith(" of 10.")
    assert 2 < int(decided.split()[0]) <= 9
    RecordedMetric.objects.filter(arm=Arm.B, at__gte=BEGIN + timedelta(days=8.8)).update(value=30)
    assert sentence(row, 9.9).endswith(f"Decided at look {decided}")


def test_looks_end_with_the_planned_end() -> None:
    row = plan_experiment(10)
    RecordedMetric.objects.filter(arm=Arm.B).update(value=10)
    RecordedMetric.objects.filter(arm=Arm.A).update(value=10)
    RecordedMetric.objects.filter(user__in=exposed_users(row, Arm.A, 1)).update(value=11)
    assert sentence(row, 4.5).endswith("Look 4 of 10.")
    after = sentence(row, 30)
    assert after.startswith("No difference was shown by the planned end")


def test_page_and_chart_show_the_intervals_of_the_looks() -> None:
    row = plan_experiment(10)
    with time_machine.travel(BEGIN + timedelta(days=6)):
        results = get_experiment_results(row)
        primary = results.metrics[0]
        assert primary.looks is not None
        assert primary.looks.taken == 6
        assert results.chart is not None
        assert len(results.chart.values) == 6
        assert primary.comparison is not None
        assert (
            primary.comparison.difference == primary.looks.intervals[(primary.looks.deciding_look or 6) - 1]
        )
        assert "planned look (one a day)" in build_tables(results)[0].note


def test_without_a_planned_end_any_moment_counts() -> None:
    row = running(**MINUTES)
    assert get_experiment_results(row).metrics[0].looks is None


def test_the_forecast_of_a_recorded_metric_uses_what_earlier_experiments_recorded() -> None:
    earlier = running(**MINUTES)
    users = exposed_users(earlier, Arm.A, 40)
    for at, user in enumerate(users):
        stored_prediction(user=user, profile="kyc", created_at=timezone.now() - timedelta(days=at % 20))
        RecordedMetric.objects.create(
            experiment=earlier, user=user, phase=1, arm="a", name="minutes", value=10 + at % 5, event="x"
        )
    row = draft(profile="kyc", smallest_effect=Decimal("0.05"), **MINUTES)
    any_time = forecast_experiment(row)
    assert "change of 5% of minutes needs" in any_time.sentence
    assert "by intervals that hold at any moment" in any_time.sentence
    row.planned_end = timezone.now() + timedelta(days=300)
    by_looks = forecast_experiment(row)
    assert "by daily looks until the planned end" in by_looks.sentence
    assert (by_looks.needed or 0) < (any_time.needed or 0)


def test_the_forecast_of_what_nobody_recorded_says_what_the_users_to_come_can_show() -> None:
    row = draft(**MINUTES)
    assert "which is too few" in forecast_experiment(row).sentence
    for at in range(28):
        stored_prediction(user=person(), model=row.model_a, created_at=timezone.now() - timedelta(days=at))
    row.planned_end = timezone.now() + timedelta(days=56)
    said = forecast_experiment(row)
    assert (said.can_conclude, said.needed) == (False, None)
    assert "About 56 users come in 56 days: they show a difference of 0.7" in said.sentence
