"""Lists of the API: the own predictions by page, and reference data by ETag."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.auth.users import issue_api_key
from accounts.ids import uuid7
from accounts.models import User
from matching.engine import PROFILE_IDS, RULES_VERSION
from matching.models import Prediction
from modelops.models import Deployment
from tests.models import erased, promoted, scoring_version, stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """Somebody with answers."""
    return person()


def listed(client: APIClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/predictions", query)
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def test_a_list_shows_ones_own_answers_newest_first_with_their_names(user: User) -> None:
    rows = [stored_prediction(name1=f"Acme {n}", user=user) for n in range(3)]
    stored_prediction(name1="Somebody Else")
    page = listed(signed_in(user))
    assert [row["name1"] for row in page["results"]] == ["Acme 2", "Acme 1", "Acme 0"]
    assert page["results"][0]["id"] == str(rows[2].pk)
    assert page["next"] is None


def test_pages_meet_without_gap_or_overlap(user: User) -> None:
    rows = [str(stored_prediction(user=user).pk) for _ in range(5)]
    client, ids, cursor = signed_in(user), [], None
    for _ in range(3):
        page = listed(client, limit=2, **({"cursor": cursor} if cursor else {}))
        ids += [row["id"] for row in page["results"]]
        cursor = page["next"]
    assert ids == rows[::-1]
    assert cursor is None


def test_a_list_is_narrowed_by_verdict_and_profile(user: User) -> None:
    stored_prediction(user=user, profile="kyc")
    stored_prediction(user=user, verdict="material", prediction=True)
    client = signed_in(user)
    assert [row["profile"] for row in listed(client, profile="kyc")["results"]] == ["kyc"]
    assert [row["verdict"] for row in listed(client, verdict="material")["results"]] == ["material"]
    assert listed(client, verdict="material", profile="kyc")["results"] == []


def test_a_list_is_narrowed_by_time(user: User) -> None:
    row, client = stored_prediction(user=user), signed_in(user)
    before, after = (row.created_at + timedelta(seconds=by) for by in (-1, 1))
    assert listed(client, created_from=before.isoformat(), created_to=after.isoformat())["results"]
    assert not listed(client, created_from=after.isoformat())["results"]
    assert not listed(client, created_to=before.isoformat())["results"]
    assert listed(client, created_from="0001-01-01T00:00:00Z", created_to="9999-12-31T00:00:00Z")["results"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "yesterday"}, "cursor"),
        ({"limit": "201"}, "limit"),
        ({"verdict": "maybe"}, "verdict"),
        ({"profile": "common"}, "profile"),
        ({"created_from": "soon"}, "created_from"),
    ],
)
def test_a_filter_that_cannot_be_read_names_itself(user: User, query: dict[str, str], field: str) -> None:
    answer = signed_in(user).get("/api/v1/predictions", query)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_after_erasure_a_list_shows_no_name(user: User) -> None:
    erased(stored_prediction(user=user))
    row = listed(signed_in(user))["results"][0]
    assert (row["name1"], row["name2"], row["verdict"]) == ("", "", "immaterial")


def test_a_list_costs_few_queries_whatever_its_length(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(user)
    for _ in range(2):
        for _ in range(10):
            stored_prediction(user=user)
        with django_assert_num_queries(3):
            assert listed(client)["results"]


@pytest.mark.usefixtures("champion")
@pytest.mark.parametrize("address", ["profiles", "categories", "models"])
def test_what_has_not_changed_is_not_sent_again(user: User, address: str) -> None:
    client = signed_in(user)
    first = client.get(f"/api/v1/{address}")
    again = client.get(f"/api/v1/{address}", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]


def test_the_profiles_and_categories_are_those_of_the_engine(user: User) -> None:
    client = signed_in(user)
    document = client.get("/api/v1/profiles").json()
    assert tuple(row["id"] for row in document["results"]) == PROFILE_IDS
    assert document["rules_version"] == RULES_VERSION
    kinds = client.get("/api/v1/categories").json()["results"]
    assert {row["id"] for row in kinds} == set(document["results"][0]["effects"])


def test_a_promotion_is_seen_in_the_list_of_models(user: User, champion: Deployment) -> None:
    client = signed_in(user)
    before = client.get("/api/v1/models")
    promoted(scoring_version("2"))
    after = client.get("/api/v1/models", headers={"If-None-Match": before["ETag"]})
    assert [row["version"] for row in before.json()["results"]] == [champion.model.version]
    assert [row["version"] for row in after.json()["results"]] == ["2"]


def test_me_tells_who_asks_and_with_which_key(user: User) -> None:
    mine = signed_in(user).get("/api/v1/me").json()
    assert (mine["email"], mine["role"], mine["api_key"]) == (user.email, "user", None)
    assert "matching.add_prediction" in mine["permissions"]
    _, key = issue_api_key(user, "nightly", None, scopes=["read"])
    by_key = APIClient(headers={"Authorization": f"Api-Key {key}"}).get("/api/v1/me").json()
    assert (by_key["api_key"]["name"], by_key["api_key"]["scopes"]) == ("nightly", ["read"])


def test_lists_need_somebody_who_asks() -> None:
    anybody = APIClient()
    for address in ("me", "predictions", "profiles", "categories", "models", "feedback"):
        assert anybody.get(f"/api/v1/{address}").status_code == 401


def test_a_cursor_of_nobody_is_a_place_like_any_other(user: User) -> None:
    stored_prediction(user=user, created_at=timezone.now())
    assert listed(signed_in(user), cursor=str(uuid4()))["next"] is None


def test_a_filter_that_finds_nothing_reads_no_history() -> None:
    user = person()
    row = stored_prediction(user=user)
    Prediction.objects.bulk_create([_copy(row) for _ in range(3_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE predictions")
    for verdict, profile in (("review", ""), ("", "lc"), ("review", "general")):
        plan = Prediction.objects.visible_to(user).filter_by(verdict, profile)[:51].explain(analyze=True)
        removed = sum(int(number) for number in re.findall(r"Rows Removed by Filter: (\d+)", plan))
        assert removed < 100, plan


def _copy(row: Prediction) -> Prediction:
    values = {field.attname: getattr(row, field.attname) for field in Prediction._meta.concrete_fields}
    return Prediction(**{**values, "id": uuid7()})
