"""Feedback over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Role, User
from feedback.models import Feedback, ReviewItem
from tests.models import stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """Somebody who got an answer."""
    return person()


def given(client: APIClient, status: int, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/feedback", body)
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_an_objection_is_stored_and_put_before_a_reviewer(user: User) -> None:
    prediction = stored_prediction(user=user)
    answer = given(
        signed_in(user),
        201,
        prediction=str(prediction.pk),
        user_correction=True,
        confidence_score="0.9",
        feedback_text="Two companies in Delaware",
    )
    row = Feedback.objects.get(pk=answer["id"])
    assert (row.source, row.reviewer, row.processed) == ("api", user, False)
    assert answer["prediction"] == str(prediction.pk)
    assert ReviewItem.objects.get(prediction=prediction).stream == "appeal"


def test_a_second_word_contradicts_the_first(user: User) -> None:
    client, prediction = signed_in(user), stored_prediction(user=user)
    given(client, 201, prediction=str(prediction.pk), user_correction=False)
    problem = given(client, 409, prediction=str(prediction.pk), user_correction=True)
    assert problem["title"] == "Conflict"


def test_another_persons_prediction_does_not_exist(user: User) -> None:
    problem = given(signed_in(user), 400, prediction=str(stored_prediction().pk), user_correction=True)
    assert problem["errors"][0]["field"] == "prediction"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prediction": "7"}, "prediction"),
        ({"user_correction": "perhaps"}, "user_correction"),
        ({"confidence_score": "1.1"}, "confidence_score"),
        ({"feedback_text": "x" * 4001}, "feedback_text"),
    ],
)
def test_feedback_that_cannot_be_stored_names_the_field(
    user: User, change: dict[str, str], field: str
) -> None:
    whole = {"prediction": str(stored_prediction(user=user).pk), "user_correction": True}
    problem = given(signed_in(user), 400, **(whole | change))
    assert [error["field"] for error in problem["errors"]] == [field]


def test_an_auditor_gives_no_feedback() -> None:
    auditor = person(Role.AUDITOR)
    problem = given(
        signed_in(auditor), 403, prediction=str(stored_prediction(user=auditor).pk), user_correction=True
    )
    assert problem["status"] == 403


def test_feedback_costs_few_queries(user: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client, prediction = signed_in(user), stored_prediction(user=user)
    # Who and what they may, their matters, the prediction; begin, the row in a savepoint (3), event, commit.
    with django_assert_num_queries(9):
        assert given(client, 201, prediction=str(prediction.pk), user_correction=False)["id"]


def test_one_sees_what_one_said_page_by_page(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(user)
    for number in range(3):
        row = str(stored_prediction(user=user).pk)
        given(client, 201, prediction=row, user_correction=False, feedback_text=f"Word {number}")
    first = client.get("/api/v1/feedback", {"limit": 2}).json()
    assert [row["feedback_text"] for row in first["results"]] == ["Word 2", "Word 1"]
    with django_assert_num_queries(2):
        second = client.get("/api/v1/feedback", {"limit": 2, "cursor": first["next"]}).json()
    assert [row["feedback_text"] for row in second["results"]] == ["Word 0"]
    assert second["next"] is None


def test_nobody_sees_what_another_said(user: User) -> None:
    prediction = stored_prediction(user=user)
    given(signed_in(user), 201, prediction=str(prediction.pk), user_correction=False)
    assert signed_in(person()).get("/api/v1/feedback").json() == {"results": [], "next": None}
