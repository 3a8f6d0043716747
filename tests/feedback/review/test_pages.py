"""Saying on the page whether an answer was right."""

import html
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from feedback.models import Feedback, ReviewItem
from matching.models import Prediction
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """Somebody who got an answer."""
    return person()


@pytest.fixture
def browser(user: User) -> Client:
    """Their browser, signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def prediction(user: User) -> Prediction:
    """An answer that says: immaterial."""
    return stored_prediction(user=user, words="")


def told(browser: Client, prediction: Prediction, **given: str) -> Any:
    response: Any = browser.post(f"/predictions/{prediction.pk}/feedback", given)
    return response


def test_agreeing_needs_no_reason(browser: Client, prediction: Prediction, user: User) -> None:
    response = told(browser, prediction, user_correction="false", confidence_score="0.85")
    assert (response.status_code, response["Location"]) == (302, f"/predictions/{prediction.pk}")
    row = Feedback.objects.get()
    assert (row.user_correction, float(row.confidence_score or 0), row.reviewer) == (False, 0.85, user)
    assert AuditEvent.objects.filter(action="feedback.submitted").count() == 1
    assert "Thank you" in browser.get(response["Location"]).content.decode()


def test_overriding_needs_a_reason_and_then_goes_to_a_reviewer(
    browser: Client, prediction: Prediction
) -> None:
    response = told(browser, prediction, user_correction="true", feedback_text="  ")
    assert response.status_code == 422
    assert "Say why you decide otherwise" in response.content.decode()
    assert not Feedback.objects.exists()
    told(browser, prediction, user_correction="true", feedback_text="Two companies, see the register")
    assert Feedback.objects.get().feedback_text == "Two companies, see the register"
    assert ReviewItem.objects.get().prediction == prediction


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose one of the two answers."),
        ({"user_correction": "perhaps"}, "Choose one of the two answers."),
        ({"user_correction": "false", "feedback_text": "long " * 1_000}, "no more than 4000 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    browser: Client, prediction: Prediction, given: dict[str, str], said: str
) -> None:
    response = told(browser, prediction, **given)
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert said in page
    assert given.get("feedback_text", "").strip() in page


def test_the_first_word_stands(browser: Client, prediction: Prediction) -> None:
    told(browser, prediction, user_correction="false")
    response = told(browser, prediction, user_correction="true", feedback_text="On second thought")
    assert "the first one counts" in browser.get(response["Location"]).content.decode()
    assert Feedback.objects.get().user_correction is False


def test_only_the_owner_of_an_answer_is_asked(prediction: Prediction) -> None:
    other = Client()
    other.force_login(person())
    assert told(other, prediction, user_correction="false").status_code == 404
    assert not Feedback.objects.exists()


def test_the_form_is_posted_and_needs_a_token(prediction: Prediction, user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get(f"/predictions/{prediction.pk}/feedback").status_code == 405
    assert told(browser, prediction, user_correction="false").status_code == 403
