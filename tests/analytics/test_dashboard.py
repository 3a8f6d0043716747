"""The dashboard of the admin and its numbers."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from analytics import queries
from feedback.review.enqueueing import enqueue_sampled_predictions
from modelops.monitoring import reporting
from modelops.monitoring.histograms import FigureSample, HistogramBinning, count_histograms
from modelops.monitoring.windows import TrafficSlice
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def page(role: str) -> str:
    client = Client()
    client.force_login(person(role))
    return client.get("/admin/").content.decode()


def test_traffic_counts_what_was_answered_since_then() -> None:
    user = person()
    stored_prediction(user=user, cached=True)
    stored_prediction(user=user, verdict="review")
    stored_prediction(user=user, created_at=timezone.now() - timedelta(days=2))
    traffic = queries.count_predictions(timezone.now() - timedelta(days=1))
    assert traffic.verdicts == {"immaterial": 1, "review": 1, "material": 0}
    assert (traffic.total, traffic.share("review"), traffic.cached_share) == (2, 0.5, 0.5)


def test_answers_of_every_day_are_told_by_verdict() -> None:
    champion = installed()
    of = TrafficSlice(champion.model, "general", "organisation")
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    reference = reporting.store_reference(of, _sample(_VERDICTS), "corpus")
    counts = count_histograms(
        _sample(["review"] * 3 + ["material"]), HistogramBinning.from_dict(reference.binning)
    )
    reporting.store_hourly_count(of, hour, 4, counts, reference)
    reporting.store_hourly_count(replace(of, source="bulk"), hour, 4, counts, reference)
    stored_prediction(user=person(), verdict="material")
    today = timezone.now().date()
    days = {row.day: row.verdicts for row in queries.list_daily_counts(today - timedelta(days=13), today)}
    assert len(days) == 14
    assert days[today]["material"] == 1
    assert days[hour.date()] == {"immaterial": 0, "review": 3, "material": 1}
    assert days[today - timedelta(days=13)] == {"immaterial": 0, "review": 0, "material": 0}


def _sample(verdicts: list[str]) -> FigureSample:
    numbers = {"material probability": np.linspace(0, 1, len(verdicts))}
    return FigureSample(numbers, {"verdict": verdicts}, len(verdicts))


_VERDICTS = ["immaterial", "review", "material"] * 20


def test_the_first_page_draws_answers_and_tells_of_alerts() -> None:
    installed()
    shown = page(Role.ADMINISTRATOR)
    assert "Predictions per day" in shown
    assert "Alerts firing" in shown
    assert "<svg" not in page(Role.APPROVER)


def test_without_traffic_every_share_is_nothing() -> None:
    traffic = queries.count_predictions(timezone.now())
    assert (traffic.total, traffic.share("material"), traffic.cached_share) == (0, 0.0, 0.0)


def test_the_queue_counts_what_waits_by_stream() -> None:
    stored_prediction(stream="uncertain", selection_probability=0.9)
    stored_prediction(stream="audit", selection_probability=0.02)
    enqueue_sampled_predictions()
    waiting = queries.summarise_queue()
    assert waiting.stream_counts == {"uncertain": 1, "audit": 1}
    assert waiting.total == 2
    assert waiting.oldest_at is not None


def test_a_lead_sees_traffic_queue_labels_and_what_is_live() -> None:
    installed()
    shown = page(Role.LEAD)
    for title in ("Predictions in 24 hours", "Review queue", "Labels waiting", "Generation "):
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
