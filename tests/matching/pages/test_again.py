"""A comparison asked again, and filters that are kept."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction, SavedFilter
from tests.models import erased, installed, promoted, scoring_version
from tests.people import person

pytestmark = pytest.mark.django_db

NAMES = ("Quince Holdings Ltd", "Quince Heron Holdings Ltd")


@pytest.fixture
def user() -> User:
    """Somebody who compares."""
    installed()
    return person()


@pytest.fixture
def client(user: User) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(user)
    return client


def test_a_comparison_is_asked_again_and_the_page_says_what_changed(client: Client, user: User) -> None:
    earlier = compare_and_store(user, CompareRequest(*NAMES, "kyc"))
    promoted(scoring_version("2", 5.0))
    answer = client.post(reverse("again-page", args=[earlier.pk]), follow=True)
    again = Prediction.objects.exclude(pk=earlier.pk).get()
    assert (again.name1, again.name2, again.profile, again.user) == (*NAMES, "kyc", user)
    page = answer.content.decode()
    assert "What changed" in page
    assert page.index("Model") < page.index('id="differences"')
    assert Prediction.objects.get(pk=earlier.pk).model.version == "1"


def test_without_a_change_the_page_says_so(client: Client, user: User) -> None:
    earlier = compare_and_store(user, CompareRequest(*NAMES))
    page = client.post(reverse("again-page", args=[earlier.pk]), follow=True).content.decode()
    assert "Nothing changed" in page


def test_nothing_is_asked_again_for_somebody_else_or_after_an_erasure(client: Client, user: User) -> None:
    other = compare_and_store(person(), CompareRequest(*NAMES))
    assert client.post(reverse("again-page", args=[other.pk])).status_code == 404
    own = erased(compare_and_store(user, CompareRequest(*NAMES)))
    page = client.post(reverse("again-page", args=[own.pk]), follow=True).content.decode()
    assert "The names were erased" in page
    assert Prediction.objects.count() == 2


def test_changes_are_shown_against_the_same_question_of_ones_own_only(client: Client, user: User) -> None:
    others = [
        compare_and_store(person(), CompareRequest(*NAMES)),
        compare_and_store(user, CompareRequest(*NAMES, "ucc")),
        compare_and_store(user, CompareRequest("Acme", "Acme Inc")),
    ]
    now = compare_and_store(user, CompareRequest(*NAMES))
    for since in (*(other.pk for other in others), now.pk, "nothing"):
        page = client.get(f"{reverse('answer-page', args=[now.pk])}?since={since}").content.decode()
        assert 'id="changes"' not in page


def test_a_filter_is_saved_once_named_by_its_choices_and_removed(client: Client) -> None:
    query = "verdict=material&created_from=2026-11-01&before=&nonsense=Quince"
    for _ in range(2):
        client.post(reverse("saved-filters-page"), {"query": query})
    row = SavedFilter.objects.get()
    assert row.query == "verdict=material&created_from=2026-11-01"
    page = client.get(reverse("history-page")).content.decode()
    assert "Material, from 1 Nov 2026" in page
    stranger = Client()
    stranger.force_login(person())
    address = reverse("saved-filter-delete-page", args=[row.pk])
    assert stranger.post(address).status_code == 404
    client.post(address)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("query", ["", "verdict=nothing", "nonsense=Quince"])
def test_a_filter_that_chooses_nothing_is_not_saved(client: Client, query: str) -> None:
    page = client.post(reverse("saved-filters-page"), {"query": query}, follow=True)
    assert b"chooses nothing" in page.content
    assert not SavedFilter.objects.exists()
