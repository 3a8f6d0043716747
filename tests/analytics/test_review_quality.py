"""Figures of review quality: the same on the page, in files and over the API; of people by permission."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.auth.users import issue_api_key
from accounts.models import Role, User
from analytics.reports.content import Style, format_cell
from analytics.reports.period import ReportPeriod
from analytics.reports.review_quality import get_review_quality, get_title
from feedback.models import Feedback, GoldAnswer, ReviewItem
from feedback.quality.agreement import cohen_kappa
from feedback.quality.figures import Figure, Measure, compute_median_interval
from matching.models import Prediction
from tests.models import guideline, stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

PAGE, API = "/admin/analytics/review-quality/", "/api/v1/reviews/quality"


def today() -> date:
    return timezone.now().date()


def period(days: int = 28) -> ReportPeriod:
    return ReportPeriod(today() - timedelta(days=days - 1), today())


def browse(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decide(prediction: Prediction, reviewer: User, material: bool | None, **columns: Any) -> Feedback:
    fields = {"source": "review", "stage": "first", "stream": "appeal", "seconds": 10.0, **columns}
    return Feedback.objects.create(
        prediction=prediction, reviewer=reviewer, user_correction=material, **fields
    )


def decide_twice(
    first: User, second: User, answers: Sequence[tuple[bool | None, bool | None]], **columns: Any
) -> list[Prediction]:
    """Items that two people decided so."""
    rows = []
    for number, (one, other) in enumerate(answers):
        rows.append(stored_prediction(f"Acme {number}", "Acme", profile=columns.pop("profile", "general")))
        decide(rows[-1], first, one, **columns)
        decide(rows[-1], second, other, stage="second", seconds=30.0, **columns)
    return rows


def adjudicate(prediction: Prediction, material: bool) -> None:
    clause = guideline(str(prediction.pk)[-12:]).clauses.get()
    decide(
        prediction,
        person(Role.LEAD),
        material,
        source="adjudication",
        stage="adjudication",
        adjudicated=True,
        clause=clause,
    )


def measure(**filters: Any) -> dict[Measure, Figure]:
    return {figure.measure: figure for figure in get_review_quality(period(), **filters).all}


@pytest.fixture
def team() -> None:
    """Two reviewers with 24 items in common, six of them decided differently."""
    anna, ben = person(Role.REVIEWER, "anna@example.com"), person(Role.REVIEWER, "=ben@example.com")
    decide_twice(anna, ben, [(True, True)] * 12 + [(False, False)] * 6 + [(True, False)] * 6)
    for number, answer in enumerate([True, True, False]):
        row = stored_prediction(f"Gold {number}", stream="gold", selection_probability=1.0)
        GoldAnswer.objects.create(prediction=row, material=True)
        decide(row, anna, answer, stream="gold")


@pytest.mark.usefixtures("team")
def test_every_figure_is_what_its_definition_says() -> None:
    figures = measure()
    pairs = [(True, True)] * 12 + [(False, False)] * 6 + [(True, False)] * 6
    kappa = cohen_kappa(pairs)
    assert kappa is not None
    assert figures[Measure.DECISIONS][1:] == (48, None, None, 48)
    assert figures[Measure.DECISION_SECONDS].value == 20.0
    assert (figures[Measure.SAME_DECISION].value, figures[Measure.SAME_DECISION].n) == (0.75, 24)
    assert figures[Measure.COHEN_KAPPA].value == round(kappa, 4)
    low, high = figures[Measure.COHEN_KAPPA].low, figures[Measure.COHEN_KAPPA].high
    assert low is not None
    assert high is not None
    assert low < kappa < high
    assert (figures[Measure.GOLD_ACCURACY].value, figures[Measure.GOLD_ACCURACY].n) == (0.6667, 3)
    assert figures[Measure.TURNAROUND_SECONDS].value is None


def test_a_first_decision_is_overturned_by_what_settles_it() -> None:
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    rows = decide_twice(anna, ben, [(True, True), (True, False), (True, False), (True, False), (None, None)])
    adjudicate(rows[1], material=True)
    adjudicate(rows[2], material=False)
    overturned = measure()[Measure.OVERTURN_RATE]
    assert (overturned.value, overturned.n) == (0.3333, 3), "the fourth and the fifth wait for a lead"
    by_person = get_review_quality(period(), show_people=True).reviewers
    assert by_person is not None
    of_each = {user.email: {row.measure: row.n for row in rows} for user, rows in by_person.items()}
    assert of_each[anna.email][Measure.OVERTURN_RATE] == 3
    assert of_each[ben.email][Measure.OVERTURN_RATE] == 0


def test_turnaround_runs_from_the_item_to_the_decision() -> None:
    row, now = stored_prediction(), timezone.now()
    item = ReviewItem.objects.create(
        prediction=row, stream="appeal", selection_probability=1, created_at=now - timedelta(hours=2)
    )
    decide(row, person(Role.REVIEWER), True, item=item, created_at=now)
    figure = measure()[Measure.TURNAROUND_SECONDS]
    assert (figure.value, figure.low, figure.n) == (7200.0, None, 1)


def test_period_profile_and_stream_filter() -> None:
    anna = person(Role.REVIEWER)
    decide(stored_prediction("A", profile="kyc"), anna, True)
    decide(stored_prediction("B", profile="ucc"), anna, True, stream="audit")
    decide(stored_prediction("C"), anna, True, created_at=timezone.now() - timedelta(days=40))
    counts = [
        measure(**filters)[Measure.DECISIONS].n
        for filters in ({}, {"profile": "kyc"}, {"stream": "audit"}, {"profile": "kyc", "stream": "audit"})
    ]
    assert counts == [2, 1, 1, 0]
    assert (
        get_review_quality(ReportPeriod(today() - timedelta(days=50), today() - timedelta(days=30))).all[0].n
        == 1
    )


@pytest.mark.usefixtures("team")
def test_page_file_and_api_state_the_same_numbers() -> None:
    lead = person(Role.LEAD)
    body = signed_in(lead).get(API).json()
    page = browse(lead).get(PAGE).content.decode()
    sent = browse(lead).get(PAGE, {"file": "csv"}).content.decode()
    lines = list(csv.reader(io.StringIO(signed_in(lead).get(API, {"file": "csv"}).content.decode())))
    people = [("", body["figures"])] + [
        (row["reviewer"]["email"], row["figures"]) for row in body["reviewers"]
    ]
    assert {name for name, _ in people} == {"", "anna@example.com", "=ben@example.com"}
    expected = [
        [
            f"'{name}" if name.startswith("=") else name,
            *("" if cell is None else str(cell) for cell in figure.values()),
        ]
        for name, figures in people
        for figure in figures
    ]
    assert lines == [["reviewer", "measure", "value", "low", "high", "n"], *expected]
    for name, figures in people:
        for figure in figures:
            if not figure["n"] and name:
                continue  # the table of a reviewer leaves out what there is nothing of
            title = get_title(Measure(figure["measure"]))
            numbers = [figure["value"], figure["low"], figure["high"]]
            raw = ["" if cell is None else str(cell) for cell in numbers]
            assert [title, *raw, str(figure["n"])] in list(csv.reader(io.StringIO(sent)))
            for number in numbers:
                assert format_cell(number, Style.FIGURE) in page


@pytest.mark.usefixtures("team")
def test_reviewers_are_shown_to_whom_may_see_users_alone() -> None:
    approver = person(Role.APPROVER)
    body = signed_in(approver).get(API).json()
    assert body["reviewers"] is None
    assert body["figures"][0]["n"] == 48
    page = browse(approver).get(PAGE).content.decode()
    assert "anna@example.com" not in page
    assert "Figures of each reviewer are shown to those who may see users." in page
    assert "anna@example.com" not in signed_in(approver).get(API, {"file": "csv"}).content.decode()


@pytest.mark.parametrize("role", [Role.USER, Role.CLIENT, Role.REVIEWER])
def test_others_see_no_figure(role: Role) -> None:
    user = person(role)
    assert signed_in(user).get(API).status_code == 403
    assert browse(user).get(PAGE).status_code in (302, 403)


def test_the_permission_is_one_of_its_own() -> None:
    lead = person(Role.LEAD)
    lead.groups.get().permissions.remove(Permission.objects.get(codename="view_review_quality"))
    assert signed_in(lead).get(API).status_code == 403
    assert browse(lead).get(PAGE).status_code == 403
    assert signed_in(lead).get("/api/v1/analytics/daily-metrics").status_code == 200


def test_a_key_without_the_scope_and_a_wrong_filter_are_refused() -> None:
    lead = person(Role.LEAD)
    _, key = issue_api_key(lead, "compares", None, ["compare"])
    assert Client().get(API, headers={"Authorization": f"Api-Key {key}"}).status_code == 403
    refused = signed_in(lead).get(API, {"stream": "nonsense", "file": "pdf"})
    assert refused.status_code == 400
    assert {"stream", "file"} <= set(json.dumps(refused.json()).replace('"', " ").split())


def test_coefficients_are_stated_from_twenty_items_on() -> None:
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    decide_twice(anna, ben, [(True, True)] * 10 + [(False, True)] * 9)
    figures = measure()
    assert (figures[Measure.COHEN_KAPPA].value, figures[Measure.COHEN_KAPPA].n) == (None, 19)
    assert figures[Measure.SAME_DECISION].low is not None
    decide_twice(anna, ben, [(False, False)])
    assert measure()[Measure.COHEN_KAPPA].value is not None


def test_without_a_decision_every_figure_says_so() -> None:
    lead = person(Role.LEAD)
    body = signed_in(lead).get(API).json()
    assert {row["n"] for row in body["figures"]} == {0}
    assert {row["value"] for row in body["figures"][1:]} == {None}
    assert browse(lead).get(PAGE).status_code == 200


@pytest.mark.usefixtures("team")
def test_figures_take_as_many_queries_whatever_the_number_of_reviewers(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(4):
        before = get_review_quality(period(), show_people=True).reviewers
    for number in range(4):
        decide(stored_prediction(f"More {number}"), person(Role.REVIEWER), True)
    with django_assert_num_queries(4):
        after = get_review_quality(period(), show_people=True).reviewers
    assert (len(before or ()), len(after or ())) == (2, 6)


def test_the_interval_of_a_median_holds_it() -> None:
    assert compute_median_interval([1.0] * 5) is None
    assert compute_median_interval([float(n) for n in range(1, 102)]) == (40.0, 62.0)
    assert compute_median_interval([3.0, 1.0, 2.0, 6.0, 5.0, 4.0]) == (1.0, 6.0)
