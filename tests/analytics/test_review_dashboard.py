"""The review dashboard of a lead: coefficients only where n is enough, hasty decisions flagged."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from analytics.dashboards.review import build_review_page
from analytics.reports.content import Page
from feedback.models import GoldAnswer
from tests.analytics.test_executive import find_cards, find_table, item
from tests.analytics.test_reports import WEEK
from tests.analytics.test_rollup import decision
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/analytics/review/"


def decide_together(count: int) -> tuple[User, User]:
    """Two reviewers decide items blind; they differ on the first."""
    first, second = person(Role.REVIEWER), person(Role.REVIEWER)
    for at in range(count):
        prediction = stored_prediction(source="api", differences=[{"category": "O06"}])
        decision(prediction, at % 2 == 0, reviewer=first, seconds=30)
        decision(prediction, at % 2 == 0 and at > 0, reviewer=second, seconds=40, stage="second")
    return first, second


def page() -> Page:
    return build_review_page(WEEK, timezone.now())


def test_coefficients_are_hidden_under_twenty_items_and_shown_from_twenty_on() -> None:
    decide_together(19)
    n, share, *coefficients = find_table(page(), "Agreement").rows[0][1:]
    assert (n, coefficients) == (19, ["–", "–", "–"])
    assert "fewer than 20 items" in str(share)
    rows = find_table(page(), "Reviewers").rows
    assert [row[5] for row in rows] == ["19 items: too few"] * 2


def test_from_twenty_items_on_agreement_has_intervals_and_n() -> None:
    decide_together(24)
    n, share, kappa, ac1, alpha = find_table(page(), "Agreement").rows[0][1:]
    assert n == 24
    assert str(share).startswith("96% (")
    assert str(share).endswith("of 24")
    assert all(" to " in str(coefficient) for coefficient in (kappa, ac1))
    assert float(str(alpha)) > 0.8


def test_decisions_within_a_second_are_flagged_and_gold_accuracy_is_shown() -> None:
    first, _ = decide_together(2)
    decision(stored_prediction(source="api"), False, reviewer=first, seconds=0.4)
    gold = stored_prediction(stream="gold", selection_probability=1)
    GoldAnswer.objects.create(prediction=gold, material=True)
    decision(gold, True, reviewer=first, seconds=20, stream="gold")
    rows = {row[0]: row for row in find_table(page(), "Reviewers").rows}
    assert rows[first.email][3] == "⚠ 1"
    assert str(rows[first.email][4]).endswith("of 1")
    assert {row[3] for email, row in rows.items() if email != first.email} == {"none"}


def test_overrides_are_counted_by_rule() -> None:
    decide_together(4)
    (row,) = find_table(page(), "Overrides").rows
    assert str(row[0]).startswith("O06 ")
    assert row[1:3] == [3, 8]


def test_the_queue_has_age_turnaround_and_a_forecast() -> None:
    item(30)
    item()
    cards = find_cards(page())
    assert (cards["Waiting now"], cards["Median turnaround"], cards["Closed in time"]) == (
        "1",
        "30 min",
        "100.0%",
    )
    assert sum(int(str(row[1])) for row in find_table(page(), "Open items by age").rows) == 1


def test_only_a_lead_sees_reviewers_and_an_empty_page_says_what_will_appear() -> None:
    client = Client()
    client.force_login(person(Role.LEAD))
    shown = client.get(ADDRESS).content.decode()
    assert shown.count("ill appear here") >= 4
    for role in (Role.REVIEWER, Role.APPROVER, Role.AUDITOR):
        client.force_login(person(role))
        assert client.get(ADDRESS).status_code == 403
