"""The executive dashboard: comparisons, reviews, accuracy, hours saved, risks; beside the period before."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Role
from analytics.dashboards.assumptions import DEFAULT_MINUTES, change_assumption, get_assumption
from analytics.dashboards.executive import build_executive_page
from analytics.dashboards.reviews import (
    Backlog,
    Turnaround,
    count_ages,
    count_flow,
    measure_backlog,
    measure_turnaround,
)
from analytics.models import ReportAssumption
from analytics.reports.content import Page, Table
from analytics.reports.period import EVERYTHING
from feedback.models import ReviewItem
from matching.models import ReviewStream
from modelops.alerting.alerts import raise_alert
from tests.analytics.test_reports import NOON, WEEK, count_everything, traffic
from tests.analytics.test_rollup import decision
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/analytics/executive/"


def item(minutes: float | None = None, stream: str = "uncertain", age: timedelta = timedelta()) -> ReviewItem:
    """A review item of yesterday noon, closed after some minutes; it is due after an hour."""
    created = NOON - age
    done = None if minutes is None else created + timedelta(minutes=minutes)
    return ReviewItem.objects.create(
        prediction=stored_prediction(created_at=created, source="api"),
        stream=stream, selection_probability=1, created_at=created, done_at=done,
        state="open" if done is None else "done", due_at=created + timedelta(hours=1),
    )  # fmt: skip


def show(role: str, query: str = "?preset=7") -> str:
    client = Client()
    client.force_login(person(role))
    return client.get(f"{ADDRESS}{query}").content.decode()


def find_cards(page: Page) -> dict[str, str]:
    return {str(card.title): card.value for section in page.sections for card in section.cards}


def find_table(page: Page, title: str) -> Table:
    return next(table for table in page.tables if table.title == title)


def test_turnaround_has_median_p90_and_the_share_closed_in_time() -> None:
    for minutes in (10, 20, 30, 40, 90):
        item(minutes)
    item(1, stream=ReviewStream.GOLD)
    item()
    measured = measure_turnaround(WEEK)
    assert (measured.closed, measured.in_time, measured.in_time_share) == (5, 4, 0.8)
    assert measured.median_seconds == pytest.approx(30 * 60)
    assert measured.p90_seconds == pytest.approx(70 * 60)
    assert measure_turnaround(WEEK.previous) == Turnaround()


def test_flow_and_ages_count_items_and_no_gold_items() -> None:
    item(10)
    item()
    item(age=timedelta(days=3))
    item(stream=ReviewStream.GOLD)
    came, closed = count_flow(WEEK)
    assert (came[NOON.date()], closed[NOON.date()], sum(came.values())) == (2, 1, 3)
    ages = count_ages(NOON + timedelta(hours=2))
    assert ages == {"under 1 day": 1, "1 to 3 days": 0, "3 to 7 days": 1, "over 7 days": 0}


@pytest.mark.parametrize(
    ("backlog", "sentence"),
    [
        (Backlog(0, 0, None, 3, 1), "The queue is empty."),
        (Backlog(20, 0, None, 1, 3), "Empty in about 10 days: 1.0 new and 3.0 closed"),
        (Backlog(20, 0, None, 3, 1), "It grows by 2.0 a day"),
        (Backlog(20, 0, None, 2, 2), "It stays as it is"),
    ],
)
def test_the_backlog_is_forecast_in_a_sentence(backlog: Backlog, sentence: str) -> None:
    assert backlog.forecast.startswith(sentence)


def test_the_backlog_counts_what_is_open_and_overdue() -> None:
    item()
    item(5)
    measured = measure_backlog(NOON + timedelta(hours=2))
    assert (measured.open, measured.overdue, measured.oldest_at) == (1, 1, NOON)
    assert (measured.inflow, measured.outflow) == (2 / 28, 1 / 28)


def test_the_summary_states_shares_hours_and_dangerous_errors() -> None:
    traffic()
    decision(stored_prediction(created_at=NOON, source="api"), True)
    count_everything()
    page = build_executive_page(WEEK, EVERYTHING, True, timezone.now())
    cards = find_cards(page)
    assert cards["Comparisons"] == "5"
    assert cards["Decided without a person"] == "80.0%"
    assert cards["Dangerous errors caught"] == "1"
    assert cards["Hours saved"] == "0"
    change_assumption(Decimal(60), person(Role.LEAD))
    assert find_cards(build_executive_page(WEEK, EVERYTHING, True, timezone.now()))["Hours saved"] == "4"
    assert find_table(page, "Top clients").rows[0][1] == 3


def test_risks_name_alerts_and_what_is_overdue() -> None:
    installed()
    empty = find_table(build_executive_page(WEEK, EVERYTHING, True, timezone.now()), "Open risks")
    assert empty.rows == []
    raise_alert("training_failed", "", "The run ended.")
    item()
    rows = find_table(build_executive_page(WEEK, EVERYTHING, True, timezone.now()), "Open risks").rows
    assert [str(row[0]).split(" ")[0] for row in rows] == ["Warning:", "1"]


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for fill in (lambda: None, traffic, lambda: [item(5) for _ in range(5)]):
        fill()
        with CaptureQueriesContext(connection) as queries:
            build_executive_page(WEEK, EVERYTHING, True, timezone.now())
        counts.append(len(queries))
    assert max(counts) <= 27


def test_the_assumption_is_shown_changed_by_a_lead_and_recorded() -> None:
    assert (get_assumption().minutes, "nobody measured it" in get_assumption().note) == (
        DEFAULT_MINUTES,
        True,
    )
    client = Client()
    client.force_login(person(Role.LEAD))
    answer = client.post("/admin/analytics/assumption/", {"minutes": "12.5"}, follow=True)
    assert "Assumed from now on: 12.5 minutes a comparison." in answer.content.decode()
    assert "Assumed: 12.5 minutes a comparison by hand (set " in answer.content.decode()
    event = AuditEvent.objects.get(action="report.assumption_changed")
    assert event.detail == {"before": "6", "after": "12.5"}
    client.force_login(person(Role.AUDITOR))
    assert client.post("/admin/analytics/assumption/", {"minutes": "1"}).status_code == 403
    assert client.get(ADDRESS).status_code == 200


@pytest.mark.parametrize("minutes", ["0", "-1", "481"])
def test_nobody_assumes_no_time_or_more_than_a_day(minutes: str) -> None:
    client = Client()
    client.force_login(person(Role.LEAD))
    client.post("/admin/analytics/assumption/", {"minutes": minutes})
    assert not ReportAssumption.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportAssumption.objects.create(minutes=Decimal(minutes), changed_by=person())


def test_the_page_shows_charts_with_their_numbers_and_sends_a_pdf() -> None:
    traffic()
    shown = show(Role.LEAD)
    assert shown.count("<canvas") == shown.count("Numbers of the chart</summary>") >= 2
    assert "No alert is firing, and nothing is overdue." in shown
    client = Client()
    client.force_login(person(Role.LEAD))
    assert client.get(f"{ADDRESS}?file=pdf").content.startswith(b"%PDF")


def test_an_empty_dashboard_says_what_will_appear_and_others_do_not_see_it() -> None:
    shown = show(Role.APPROVER)
    assert "<canvas" not in shown
    assert shown.count("ill appear") >= 4
    client = Client()
    client.force_login(person(Role.REVIEWER))
    assert client.get(ADDRESS).status_code == 403
