"""A request repeated with the same idempotency key runs once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import IdempotentResponse, User
from accounts.tasks import delete_expired_responses
from feedback.models import Feedback
from matching.models import Prediction
from tests.models import erased, installed, stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

PAIR = {"name1": "Granite Ridge Paving, LLC", "name2": "Granite Ridge, LLC"}
KEY = "5f0c1a52-1f5c-4a2e-9d53-0f3a4a7e3a10"


@pytest.fixture
def user() -> User:
    """A user of an installation with a live model."""
    installed()
    return person()


@pytest.fixture
def client(user: User) -> APIClient:
    """A signed-in client of that user."""
    return signed_in(user)


def sent(client: APIClient, body: Any, key: str = KEY, address: str = "compare") -> Any:
    return client.post(f"/api/v1/{address}", body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_get_the_first_answer_again(client: APIClient) -> None:
    first, second = sent(client, PAIR), sent(client, dict(reversed(PAIR.items())))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert Prediction.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(client: APIClient) -> None:
    sent(client, PAIR)
    problem = sent(client, {**PAIR, "profile": "kyc"})
    assert (problem.status_code, problem.json()["code"]) == (422, "idempotency_key_reused")
    assert Prediction.objects.count() == 1


def test_a_key_belongs_to_one_person_and_one_address(client: APIClient) -> None:
    sent(client, PAIR)
    assert sent(signed_in(person()), PAIR).status_code == 201
    assert sent(client, {"pairs": [PAIR]}, address="compare/batch").status_code == 201
    assert Prediction.objects.count() == 3


def test_a_batch_and_a_feedback_are_done_once_too(client: APIClient, user: User) -> None:
    batches = [sent(client, {"pairs": [PAIR, {}]}, address="compare/batch").json() for _ in range(2)]
    assert batches[0] == batches[1]
    assert Prediction.objects.count() == 1
    word = {"prediction": str(stored_prediction(user=user).pk), "user_correction": False}
    words = [sent(client, word, address="feedback") for _ in range(2)]
    assert [answer.status_code for answer in words] == [201, 201]
    assert words[0].json() == words[1].json()
    assert Feedback.objects.count() == 1


def test_a_refused_request_leaves_its_key_free(client: APIClient) -> None:
    assert sent(client, {"name1": "A"}).status_code == 400
    assert not IdempotentResponse.objects.exists()
    assert sent(client, PAIR).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "ключ"])
def test_a_key_that_is_none_is_refused(client: APIClient, key: str) -> None:
    problem = sent(client, PAIR, key)
    assert problem.status_code == 400
    assert problem.json()["errors"][0]["field"] == "Idempotency-Key"
    assert not Prediction.objects.exists()


def test_after_a_day_a_key_is_new_again(client: APIClient) -> None:
    sent(client, PAIR)
    IdempotentResponse.objects.update(created_at=timezone.now() - timedelta(hours=25))
    again = sent(client, {**PAIR, "profile": "kyc"})
    assert (again.status_code, again.json()["profile"]) == (201, "kyc")
    assert IdempotentResponse.objects.get().created_at > timezone.now() - timedelta(minutes=1)


def test_expired_answers_are_deleted_and_others_are_not(client: APIClient) -> None:
    sent(client, PAIR)
    assert delete_expired_responses() == 0
    IdempotentResponse.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert delete_expired_responses() == 1
    assert not IdempotentResponse.objects.exists()


def test_what_is_kept_holds_no_name_and_no_key_in_clear(client: APIClient) -> None:
    sent(client, PAIR)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(kept)::text FROM kept_answers kept")
        row = cursor.fetchone()[0].lower()
    assert KEY not in row
    assert not any(word in row for word in ("granite", "paving"))


def test_an_erased_name_is_not_repeated(client: APIClient) -> None:
    sent(client, PAIR)
    erased(Prediction.objects.get())
    assert not IdempotentResponse.objects.exists()


@pytest.mark.usefixtures("single_reads")
def test_a_key_costs_few_queries(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.post("/api/v1/compare", PAIR)
    # User and permissions; begin, claim, the prediction, store the response, commit.
    with django_assert_num_queries(6):
        assert sent(client, PAIR).status_code == 201
    with django_assert_num_queries(5):
        assert sent(client, PAIR)["Idempotent-Replayed"]


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_with_one_key_do_the_work_once() -> None:
    installed()
    client = signed_in(person())

    def send(_: int) -> tuple[int, str]:
        try:
            answer = sent(client, PAIR)
            return answer.status_code, answer.json()["id"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=10) as crowd:
        answers = set(crowd.map(send, range(10)))
    assert answers == {(201, str(Prediction.objects.get().pk))}
