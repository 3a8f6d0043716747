"""Batches over the API: results in order, errors in place, one generation, one insert."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from experiments import services as experiments
from experiments.enrolment import forget_running_experiments
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
    body_received: dict[str, Any] = answer.json()
    return body_received


def results(client: APIClient, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sent(client, 201, **body)["results"]
    return found


def test_results_come_in_the_order_of_the_pairs(client: APIClient) -> None:
    rows = results(client, pairs=[SAME, OTHER, SAME])
    assert [item["answer"]["verdict"] for item in rows] == ["immaterial", "material", "immaterial"]
    assert Prediction.objects.count() == 3


def test_an_answer_of_a_batch_is_the_answer_of_a_comparison(client: APIClient) -> None:
    single = client.post("/api/v1/compare", OTHER).json()
    batch_answer = results(client, pairs=[OTHER])[0]["answer"]
    apart = {"id", "created_at", "cached"}
    assert {k: v for k, v in batch_answer.items() if k not in apart} == {
        k: v for k, v in single.items() if k not in apart
    }
    again = client.get(f"/api/v1/predictions/{batch_answer['id']}").json()
    assert again == batch_answer


def test_the_profile_of_the_batch_holds_for_pairs_that_name_none(client: APIClient) -> None:
    rows = results(client, profile="strict", pairs=[SAME, {**SAME, "profile": "general"}])
    assert [item["answer"]["verdict"] for item in rows] == ["material", "immaterial"]


def test_a_bad_pair_gets_its_problem_and_the_others_their_answers(client: APIClient) -> None:
    bad = [{"name1": "Acme"}, "Acme", {**SAME, "profile": "common"}, {"name1": "...", "name2": "B"}]
    rows = results(client, pairs=[SAME, *bad, OTHER])
    assert [next(iter(item)) for item in rows] == ["answer", *["error"] * 4, "answer"]
    assert [item["error"]["errors"][0]["field"] for item in rows[1:-1]] == [
        "name2",
        "non_field_errors",
        "profile",
        "names",
    ]
    assert {item["error"]["status"] for item in rows[1:-1]} == {400}
    assert Prediction.objects.count() == 2


@pytest.mark.parametrize("body", [{}, {"pairs": []}, {"pairs": {}}, {"pairs": [SAME] * 1001}])
def test_a_batch_without_pairs_or_with_too_many_is_refused(client: APIClient, body: dict[str, Any]) -> None:
    assert sent(client, 400, **body)["errors"][0]["field"] == "pairs"


@pytest.mark.usefixtures("single_reads")
def test_a_batch_costs_the_same_few_queries_whatever_its_size(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    results(client, pairs=[SAME])
    # The user with their permissions; whether precedents answer; one insert.
    for size in (2, 200):
        with django_assert_num_queries(3):
            assert len(results(client, pairs=[SAME, OTHER] * (size // 2))) == size


def test_one_version_answers_the_whole_batch(client: APIClient, champion: Deployment) -> None:
    rows = results(client, pairs=[SAME, OTHER] * 5)
    assert {item["answer"]["model"]["version"] for item in rows} == {champion.model.version}
    assert set(Prediction.objects.values_list("generation", flat=True)) == {champion.generation}


def test_a_batch_takes_part_in_an_experiment_with_one_exposure(client: APIClient) -> None:
    model_b = scoring_version("2", log_odds=4.0)
    trial = Experiment.objects.create(
        name="trial", model_a=Deployment.objects.get(first=True).model, model_b=model_b
    )
    promoted(model_b, role="challenger")
    experiments.start_experiment(trial, person(), can_conclude=True)
    forget_running_experiments()
    rows = results(client, pairs=[SAME, OTHER])
    assert {item["answer"]["experiment"]["id"] for item in rows} == {str(trial.pk)}
    assert Exposure.objects.count() == 1


def test_each_pair_counts_against_the_allowance_of_pairs(client: APIClient, settings: Settings) -> None:
    settings.BATCH_RATE = "5/hour"
    first = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 3})
    assert '"pairs";q=5;w=3600' in first["RateLimit-Policy"]
    assert '"pairs";r=2' in first["RateLimit"]
    second = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 3})
    assert second.status_code == 429
    assert second.json()["violated-policies"] == ["pairs"]
    assert 0 < int(second["Retry-After"]) <= 720
    assert client.post("/api/v1/compare", SAME).status_code == 201
    assert Prediction.objects.count() == 4


def test_a_batch_larger_than_the_whole_allowance_takes_all_of_it(
    client: APIClient, settings: Settings
) -> None:
    settings.BATCH_RATE = "5/hour"
    answer = client.post("/api/v1/compare/batch", {"pairs": [SAME] * 8})
    assert answer.status_code == 201
    assert '"pairs";r=0' in answer["RateLimit"]


def test_a_batch_of_one_pair_counts_like_a_single_request(client: APIClient, settings: Settings) -> None:
    settings.API_RATE = "3/hour"
    results(client, pairs=[SAME])
    assert client.post("/api/v1/compare", SAME).status_code == 201
    results(client, pairs=[SAME])
    assert sent(client, 429, pairs=[SAME])["code"] == "throttled"


def test_long_names_cost_more_of_the_allowance_for_pairs(client: APIClient, settings: Settings) -> None:
    settings.BATCH_RATE = "10/hour"
    long = {"name1": "Acme " * 200, "name2": "Acme " * 150}
    results(client, pairs=[long])
    assert sent(client, 429, pairs=[SAME] * 4)["code"] == "throttled"
    assert len(results(client, pairs=[SAME] * 3)) == 3


def test_the_bytes_of_a_client_are_limited(client: APIClient, settings: Settings) -> None:
    settings.BYTE_RATE = "1000/hour"
    results(client, pairs=[SAME] * 5)
    sent(client, 429, pairs=[SAME] * 15)
    assert client.post("/api/v1/compare", {**SAME, "identifiers1": {"lei": "X" * 100}}).status_code == 201


@pytest.mark.parametrize("kind", ["organisation", "individual"])
@pytest.mark.parametrize(
    ("name1", "name2"),
    [
        ("\u00e9\u200b" * 500, "e" * 500),
        ("\u00e9\u200b" * 30 + "q " * 55, "e" * 100 + " r" * 24),
        (" ".join(f"Tavo{at}q" for at in range(59)), " ".join(f"T\u00e1vo{at}q" for at in range(59))),
        ("\u0430 " * 500, "a " * 500),
    ],
)
def test_what_is_stored_of_a_hostile_pair_is_bounded(
    client: APIClient, name1: str, name2: str, kind: str
) -> None:
    results(client, pairs=[{"name1": name1, "name2": name2, "kind": kind}])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(octet_length(row_to_json(predictions)::text)) FROM predictions")
        assert 0 < cursor.fetchone()[0] < 64_000


def test_an_identifier_with_a_long_name_is_refused(client: APIClient) -> None:
    pair = {**SAME, "identifiers1": {"k" * 41: "X"}}
    (found,) = results(client, pairs=[pair])
    assert "at most 40 characters" in str(found["error"])
