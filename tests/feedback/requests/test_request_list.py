"""The list of requests for review: for leads and auditors, by status, age and profile, without names."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from feedback.models import ReviewRequest
from feedback.requests.service import request_review, withdraw_request
from matching.models import Prediction
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

REASON = "I hold them for one company."
LIST = "admin:feedback_reviewrequest_changelist"


@pytest.fixture
def lead() -> Client:
    """The browser of a lead."""
    client = Client()
    client.force_login(person(Role.LEAD))
    return client


def ask(user: User, **columns: Any) -> Prediction:
    """A prediction of a user about which a reviewer is asked."""
    prediction = stored_prediction(user=user, verdict="review", **columns)
    request_review(prediction, user, REASON)
    return prediction


def list_requests(client: Client, **query: str) -> set[Any]:
    """The predictions of the requests on the page."""
    answer = client.get(reverse(LIST), query)
    return {row.prediction_id for row in answer.context["cl"].result_list}


def test_requests_are_filtered_by_status_age_and_profile_and_found_by_who_asked(lead: Client) -> None:
    first, second = person(), person()
    waiting, withdrawn, old = ask(first), ask(second), ask(second, profile="kyc")
    withdraw_request(withdrawn, second)
    ReviewRequest.objects.filter(prediction=old).update(requested_at=timezone.now() - timedelta(days=5))
    assert list_requests(lead) == {waiting.pk, withdrawn.pk, old.pk}
    assert list_requests(lead, status="withdrawn") == {withdrawn.pk}
    assert list_requests(lead, status="queued") == {waiting.pk, old.pk}
    assert list_requests(lead, age="day") == {waiting.pk, withdrawn.pk}
    assert list_requests(lead, age="week") == {old.pk}
    assert list_requests(lead, profile="kyc") == {old.pk}
    assert list_requests(lead, q=first.email) == {waiting.pk}
    assert list_requests(lead, q=str(withdrawn.pk)) == {withdrawn.pk}


def test_neither_list_nor_page_shows_names_or_the_reason(lead: Client) -> None:
    prediction = ask(person(), name1="Zebra Quartz Holdings")
    page = reverse("admin:feedback_reviewrequest_change", args=[ReviewRequest.objects.get().pk])
    for address in (reverse(LIST), page):
        shown = lead.get(address).content.decode()
        assert prediction.user.email in shown
        assert "Zebra" not in shown
        assert REASON not in shown


def test_reviewers_do_not_see_who_asked() -> None:
    client = Client()
    client.force_login(person(Role.REVIEWER))
    assert client.get(reverse(LIST)).status_code == 403


def test_a_longer_list_costs_no_further_queries(
    lead: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ask(person())
    lead.get(reverse(LIST))
    for _ in range(5):
        ask(person())
    with django_assert_max_num_queries(16):
        assert len(list_requests(lead)) == 6
