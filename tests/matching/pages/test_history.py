"""The history page, and the earlier comparisons of a pair beside an answer."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction, PredictionReview, PredictionSource
from matching.pages.history import PAGE_SIZE
from tests.models import erased
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

SAME = ("Heron Paving, LLC", "Heron Paving LLC")
OTHER = ("Crane Fund II LP", "Crane Fund III LP")


def compare(user: User, pair: tuple[str, str], profile: str = "general") -> Prediction:
    return compare_and_store(user, CompareRequest(*pair, profile), PredictionSource.PAGE)


def show(browser: Client, **filters: str) -> str:
    return read(browser.get("/history", filters))


def refuse(browser: Client, **filters: str) -> str:
    return read(browser.get("/history", filters), 422)


def find(browser: Client, pair: tuple[str, str], status: int = 200) -> str:
    return read(browser.post("/history", {"name1": pair[0], "name2": pair[1]}), status)


def read(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_nobody_sees_it_without_the_permission_and_everybody_only_their_own(browser: Client) -> None:
    foreign = compare(person(), SAME)
    stranger = Client()
    assert stranger.get("/history")["Location"].endswith("?next=/history")
    approver = Client()
    approver.force_login(person(Role.APPROVER))
    assert approver.get("/history").status_code == 403
    assert "Heron" not in show(browser)
    assert str(foreign.pk) not in find(browser, SAME)


def test_an_empty_history_says_what_will_be_here(browser: Client) -> None:
    page = show(browser)
    assert "Compare two names</a>, and the answer is kept here." in page
    assert "None of your comparisons is like this." in show(browser, verdict="material")


def test_comparisons_are_shown_newest_first_with_names_and_verdicts(user: User, browser: Client) -> None:
    compare(user, SAME)
    compare(user, OTHER)
    page = show(browser)
    assert page.index(OTHER[1]) < page.index(SAME[1])
    assert "Immaterial</span>" in page
    assert "No review needed" in page


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"verdict": "material"}, "Crane"),
        ({"verdict": "immaterial"}, "Heron"),
        ({"profile": "kyc"}, "Crane"),
        ({"profile": "general"}, "Heron"),
    ],
)
def test_filters_select(user: User, browser: Client, filters: dict[str, str], shown: str) -> None:
    compare(user, SAME)
    compare(user, OTHER, "kyc")
    page = show(browser, **filters)
    (hidden,) = {"Heron", "Crane"} - {shown}
    assert shown in page
    assert hidden not in page


def test_both_days_of_a_period_belong_to_it(user: User, browser: Client) -> None:
    day = compare(user, SAME).created_at.date()
    before, after = (str(day + timedelta(days=days)) for days in (-1, 1))
    assert "Heron" in show(browser, created_from=str(day), created_to=str(day))
    assert "Heron" not in show(browser, created_from=after)
    assert "Heron" not in show(browser, created_to=before)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"created_from": "2026-03-05", "created_to": "2026-03-04"}, "ends before it begins"),
        ({"created_from": "yesterday"}, "Enter a valid date."),
        ({"verdict": "perhaps"}, "Select a valid choice."),
    ],
)
def test_a_wrong_filter_is_named_and_nothing_is_shown(
    user: User, browser: Client, filters: dict[str, str], message: str
) -> None:
    compare(user, SAME)
    page = refuse(browser, **filters)
    assert message in page
    assert "Nothing was looked for yet." in page
    assert "Heron" not in page


def test_older_comparisons_are_a_page_away_and_keep_the_filter(user: User, browser: Client) -> None:
    oldest = compare(user, SAME)
    for _ in range(PAGE_SIZE):
        compare(user, SAME)
    newest = show(browser, verdict="immaterial")
    assert str(oldest.pk) not in newest
    link = newest.split('href="?')[1].split('"')[0]
    assert "verdict=immaterial" in link
    older = read(browser.get(f"/history?{link}"))
    assert str(oldest.pk) in older
    assert "Older" not in older
    assert "Newest" in older
    refuse(browser, before="no page")


def test_a_pair_is_found_in_either_order_and_never_through_the_address(user: User, browser: Client) -> None:
    prediction = compare(user, SAME)
    compare(user, OTHER)
    for pair in (SAME, SAME[::-1]):
        page = find(browser, pair)
        assert str(prediction.pk) in page
        assert OTHER[0] not in page
    assert "None of your comparisons is like this." in find(browser, (SAME[0], OTHER[0]))
    assert "This field is required." in find(browser, (SAME[0], ""), 422)


def test_what_reviewers_decided_is_shown_beside_the_verdict(user: User, browser: Client) -> None:
    prediction = compare(user, SAME)
    now = timezone.now()
    PredictionReview.objects.create(
        prediction=prediction,
        user=user,
        status="decided",
        decision="material",
        decided_by="reviewers",
        decided_at=now - timedelta(hours=2),
        released_at=now - timedelta(hours=1),
        people=1,
    )
    page = show(browser, review_status="decided")
    assert "badge--immaterial" in page
    assert "badge--material" in page


def test_an_erased_comparison_stays_without_its_names(user: User, browser: Client) -> None:
    erased(compare(user, SAME))
    page = show(browser)
    assert "Names erased" in page
    assert "Heron" not in page


def test_a_long_page_takes_the_queries_of_a_short_one(
    user: User, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(PAGE_SIZE + 1):
        compare(user, SAME)
    show(browser)
    with django_assert_num_queries(7):
        page = show(browser)
    assert page.count("<tr") == PAGE_SIZE + 1


def test_an_answer_shows_the_pair_before_and_whether_the_verdict_changed(user: User, browser: Client) -> None:
    first = compare(user, SAME)
    compare(user, OTHER)
    Prediction.objects.filter(pk=first.pk).update(verdict="material", rules_version="2026.1+old")
    compare(user, SAME[::-1], "kyc")
    last = compare(user, SAME)
    page = read(browser.get(f"/predictions/{last.pk}"))
    section = page.split('id="earlier"')[1].split("</section>")[0]
    assert section.count("<li>") == 2
    assert section.count("another verdict then, under rules 2026.1+old") == 1
    assert 'id="earlier"' not in read(browser.get(f"/predictions/{first.pk}"))
