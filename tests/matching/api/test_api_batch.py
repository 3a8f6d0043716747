"""Batches over the API: results in order, errors in place, one generation, one insert."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from experiments import services as experiments
from experiments.models import Experiment, Exposure
from matching.models import Prediction
from modelops.models import Deployment
from tests.models import promoted, scoring_version
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

SAME = {"name1": "Acme Incorporated", "name2": "Acme, Inc."}
OTHER = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}


@pytest.fixture
def client() -> APIClient:
    """Somebody who may compare."""
    return signed_in(person())


def sent(client: APIClient, status: int, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/compare/batch", body)
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def results(client: APIClient, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sent(client, 201, **body)["results"]
    return found


def test_results_come_in_the_order_of_the_pairs(client: APIClient) -> None:
    found = results(client, pairs=[SAME, OTHER, SAME])
    assert [item["answer"]["verdict"] for item in found] == ["immaterial", "material", "immaterial"]
    assert Prediction.objects.count() == 3


def test_an_answer_of_a_batch_is_the_answer_of_a_comparison(client: APIClient) -> None:
    single = client.post("/api/v1/compare", OTHER).json()
    one = results(client, pairs=[OTHER])[0]["answer"]
    apart = {"id", "created_at", "cached"}
    assert {k: v for k, v in one.items() if k not in apart} == {
        k: v for k, v in single.items() if k not in apart
    }
    again = client.get(f"/api/v1/predictions/{one['id']}").json()
    assert again == one


def test_the_profile_of_the_batch_holds_for_pairs_that_name_none(client: APIClient) -> None:
    found = results(client, profile="strict", pairs=[SAME, {**SAME, "profile": "general"}])
    assert [item["answer"]["verdict"] for item in found] == ["material", "immaterial"]


def test_a_bad_pair_gets_its_problem_and_the_others_their_answers(client: APIClient) -> None:
    bad = [{"name1": "Acme"}, "Acme", {**SAME, "profile": "common"}, {"name1": "...", "name2": "B"}]
    found = results(client, pairs=[SAME, *bad, OTHER])
    assert [next(iter(item)) for item in found] == ["answer", *["error"] * 4, "answer"]
    assert [item["error"]["errors"][0]["field"] for item in found[1:-1]] == [
        "name2",
        "non_field_errors",
        "profile",
        "names",
    ]
    assert {item["error"]["status"] for item in found[1:-1]} == {400}
    assert Prediction.objects.count() == 2


@pytest.mark.parametrize("body", [{}, {"pairs": []}, {"pairs": {}}, {"pairs": [SAME] * 1001}])
def test_a_batch_without_pairs_or_with_too_many_is_refused(client: APIClient, body: dict[str, Any]) -> None:
    assert sent(client, 400, **body)["errors"][0]["field"] == "pairs"


def test_a_batch_costs_the_same_few_queries_whatever_its_size(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    results(client, pairs=[SAME])
    # The user with their permissions; one insert.
    for size in (2, 200):
        with django_assert_num_queries(2):
            assert len(results(client, pairs=[SAME, OTHER] * (size // 2))) == size


def test_one_version_answers_the_whole_batch(client: APIClient, champion: Deployment) -> None:
    found = results(client, pairs=[SAME, OTHER] * 5)
    assert {item["answer"]["model"]["version"] for item in found} == {champion.model.version}
    assert set(Prediction.objects.values_list("generation", flat=True)) == {champion.generation}


def test_a_batch_takes_part_in_an_experiment_with_one_exposure(client: APIClient) -> None:
    model_b = scoring_version("2", log_odds=4.0)
    trial = Experiment.objects.create(
        name="trial", model_a=Deployment.objects.get(first=True).model, model_b=model_b
    )
    promoted(model_b, role="challenger")
    experiments.start_experiment(trial, person())
    experiments._running_experiments.invalidate()
    found = results(client, pairs=[SAME, OTHER])
    assert {item["answer"]["experiment"]["id"] for item in found} == {str(trial.pk)}
    assert Exposure.objects.count() == 1


def test_each_pair_counts_against_the_allowance_of_pairs(client: APIClient, settings: Settings) -> None:
    settings.BATCH_RATE = "5/hour"
    first = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 3})
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("5", "2")
    second = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 3})
    assert second.status_code == 429
    assert 0 < int(second["Retry-After"]) <= 720
    assert client.post("/api/v1/compare", SAME).status_code == 201
    assert Prediction.objects.count() == 4


def test_a_batch_larger_than_the_whole_allowance_takes_all_of_it(
    client: APIClient, settings: Settings
) -> None:
    settings.BATCH_RATE = "5/hour"
    answer = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 8})
    assert (answer.status_code, answer["RateLimit-Remaining"]) == (201, "0")
