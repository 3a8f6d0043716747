"""One pair under every profile over the API: parsed once, not stored."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from matching.engine import PROFILE_IDS
from matching.models import Prediction
from tests.models import promoted, scoring_version
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

PAIR = {"name1": "Acme Incorporated", "name2": "Acme, Inc."}


@pytest.fixture
def client() -> APIClient:
    """Somebody who may compare."""
    return signed_in(person())


def asked(client: APIClient, status: int = 200, **question: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/compare/profiles", {**PAIR, **question})
    assert answer.status_code == status, answer.content
    document: dict[str, Any] = answer.json()
    return document


def test_every_profile_says_what_it_would_say_alone(client: APIClient) -> None:
    by_profile = {row["profile"]: row for row in asked(client)["profiles"]}
    assert tuple(by_profile) == PROFILE_IDS
    for profile, row in by_profile.items():
        alone = client.post("/api/v1/compare", {**PAIR, "profile": profile}).json()
        assert {key: alone[key] for key in row.keys() - {"title", "profile"}} == {
            key: row[key] for key in row.keys() - {"title", "profile"}
        }


def test_nothing_is_stored(client: APIClient) -> None:
    asked(client)
    assert not Prediction.objects.exists()


def test_it_costs_no_query_beyond_knowing_who_asks(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked(client)
    with django_assert_num_queries(1):
        assert asked(client)["rules_version"]


def test_a_profile_with_a_champion_of_its_own_is_answered_by_it(client: APIClient) -> None:
    promoted(scoring_version("2", log_odds=4.0), profile="kyc")
    versions = {row["profile"]: row["model"]["version"] for row in asked(client)["profiles"]}
    assert (versions["kyc"], versions["general"]) == ("2", "1")


def test_names_that_cannot_be_compared_are_refused(client: APIClient) -> None:
    assert asked(client, 400, name1="...")["errors"][0]["field"] == "names"
    assert asked(client, 400, name1="")["errors"][0]["field"] == "name1"
