"""The technical dashboard: the numbers of Prometheus on a page."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from accounts.models import Role
from analytics.dashboards.program_metrics import (
    Latency,
    estimate_percentile,
    read_program_metrics,
    summarise_metrics,
)
from analytics.dashboards.technical import build_technical_page
from matching.models import BatchJob
from modelops.alerting.alerts import raise_alert
from modelops.models import JobRun, ModelMetric, ServingProcess, TrainingDecision
from tests.analytics.test_executive import find_cards, find_table
from tests.analytics.test_reports import count_everything
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/analytics/technical/"


def test_percentiles_are_estimated_from_buckets_as_prometheus_does() -> None:
    buckets = {0.01: 50.0, 0.02: 90.0, 0.05: 100.0, float("inf"): 100.0}
    assert estimate_percentile(buckets, 0.5) == pytest.approx(0.01)
    assert estimate_percentile(buckets, 0.7) == pytest.approx(0.015)
    assert estimate_percentile(buckets, 0.95) == pytest.approx(0.035)
    assert estimate_percentile({0.01: 0.0, float("inf"): 10.0}, 0.5) == 0.01


def test_counts_of_a_program_become_shares() -> None:
    responses = CounterMetricFamily("django_http_responses_total_by_status", "", labels=["status"])
    for status, count in (("200", 90), ("404", 8), ("500", 2)):
        responses.add_metric([status], count)
    lookups = CounterMetricFamily("lnc_comparison_cache", "", labels=["outcome"])
    lookups.add_metric(["hit"], 3)
    lookups.add_metric(["miss"], 1)
    times = HistogramMetricFamily("lnc_comparison_seconds", "")
    times.add_metric([], buckets=[("0.01", 10), ("+Inf", 10)], sum_value=1)
    program = summarise_metrics([responses, lookups, times])
    assert (program.responses, program.refusals, program.error_share) == (100, 8, 0.02)
    assert (program.cache_share, program.requests) == (0.75, Latency())
    assert program.comparisons.p50 == pytest.approx(0.005)


def test_requests_of_this_process_are_counted() -> None:
    before = read_program_metrics().responses
    Client().get("/sign-in")
    after = read_program_metrics()
    assert after.responses == before + 1
    assert after.requests.p50 is not None


def test_an_installation_is_shown_with_its_queues_jobs_models_alerts_and_decisions() -> None:
    champion, now = installed(), timezone.now()
    ServingProcess.objects.create(
        kind="web", host="one", pid=7, generation=champion.generation, last_swap_ms=80
    )
    ServingProcess.objects.create(kind="worker", host="one", pid=8, generation=0)
    JobRun.objects.create(name="monitor daily", window="x", status="failed", error="OSError", finished_at=now)
    TrainingDecision.objects.create(
        model=champion.model, should_train=False, reason="Too early.", conditions=[]
    )
    ModelMetric.objects.create(
        model=champion.model, metric_name="accuracy (labelled)", metric_value=Decimal("0.95"), n=200
    )
    BatchJob.objects.create(
        user=person(), rules_version="1", status="running", profile="kyc", file_key="", shape="[]",
        rows_total=500, rows_done=100,
    )  # fmt: skip
    raise_alert("training_failed", "", "The run ended.")
    stored_prediction(model=champion.model, source="api")
    count_everything()
    page = build_technical_page(timezone.now())
    cards = find_cards(page)
    assert (cards["Bulk jobs running"], cards["Rows waiting"]) == ("1", "400")
    assert {row[0] for row in find_table(page, "Queues of background tasks").rows} >= {"default", "monitor"}
    assert find_table(page, "Live now").rows[0][:3] == ["all profiles", "champion", "names 1"]
    states = {row[0]: row[3] for row in find_table(page, "Processes that answer").rows}
    assert states == {"one:7": "current", "one:8": "behind"}
    assert find_table(page, "Periodic jobs that failed").rows[0][2] == "OSError"
    assert find_table(page, "Champions").rows[0][:3] == ["Accuracy", "1", 0.95]
    assert find_table(page, "Newest decisions").rows[0][1] == "do not train"
    assert find_table(page, "Firing").rows[0][2] == "The run ended."
    assert find_table(page, "Numbers of the chart: Predictions per hour, files included").rows[-1][1] == 1


def test_the_number_of_queries_does_not_depend_on_history() -> None:
    champion = installed()
    counts = []
    for days in (0, 8):
        for _ in range(days):
            stored_prediction(model=champion.model, source="api")
            JobRun.objects.create(name="x", window=str(JobRun.objects.count()), status="failed")
        count_everything()
        with CaptureQueriesContext(connection) as queries:
            build_technical_page(timezone.now())
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.MODEL_ENGINEER, 200),
        (Role.APPROVER, 200),
        (Role.AUDITOR, 200),
        (Role.LEAD, 403),
        (Role.REVIEWER, 403),
    ],
)
def test_who_operates_sees_the_page_and_others_do_not(role: Role, status: int) -> None:
    client = Client()
    client.force_login(person(role))
    answer = client.get(ADDRESS)
    assert answer.status_code == status
    if status == 200:
        assert "No alert is firing." in answer.content.decode()
        assert client.get(f"{ADDRESS}?file=xlsx").status_code == 200
