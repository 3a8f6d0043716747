"""Asking a reviewer: once, by the owner, withdrawn before a decision, and never decided by who asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEvent, Role, User
from feedback.models import Feedback, ItemEvent, ReviewItem, ReviewRequest
from feedback.requests.service import request_review
from feedback.review import queue
from feedback.review.decisions import Reasons, submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.models import Prediction, PredictionReview
from tests.models import erased, stored_prediction
from tests.people import person, signed_in
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

REASON = "The register of Berlin names only one of them."


@pytest.fixture
def user() -> User:
    """Somebody who asks."""
    return person()


@pytest.fixture
def prediction(user: User) -> Prediction:
    """An answer that leaves the question to a person."""
    return stored_prediction(user=user, verdict="review")


def ask(prediction: Prediction, actor: User | None = None, **fields: Any) -> Any:
    """The response to a request."""
    address = f"/api/v1/predictions/{prediction.pk}/review-requests"
    return signed_in(actor or prediction.user).post(address, {"reason": REASON} | fields)


def withdraw(prediction: Prediction) -> Any:
    return signed_in(prediction.user).post(f"/api/v1/predictions/{prediction.pk}/review-requests/withdraw")


def decide(material: bool | None) -> Feedback:
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    text = "" if material is not None else "A register extract"
    return submit_decision(item, reviewer, material, Reasons(text))


def test_asking_queues_the_prediction_and_is_recorded(prediction: Prediction) -> None:
    answer = ask(prediction)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["review"]["status"], body["priority"], body["withdrawn_at"]) == ("queued", "normal", None)
    assert body["review"]["requested_at"] is not None
    item = ReviewItem.objects.get()
    assert (item.stream, item.prediction_id, item.priority) == ("request", prediction.pk, 20)
    event = AuditEvent.objects.get(action="review_request.created")
    assert event.detail == {"prediction": str(prediction.pk), "priority": "normal"}
    assert ReviewRequest.objects.get().reason == REASON


def test_asking_twice_is_one_request(prediction: Prediction) -> None:
    first, second = ask(prediction), ask(prediction, priority="urgent")
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert ReviewItem.objects.count() == ReviewRequest.objects.count() == 1
    assert AuditEvent.objects.filter(action="review_request.created").count() == 1


def test_an_urgent_request_and_a_due_time_come_first(prediction: Prediction, user: User) -> None:
    soon = timezone.now() + timedelta(hours=1)
    ask(prediction, priority="urgent")
    ask(stored_prediction(user=user), due_at=soon.isoformat())
    ask(stored_prediction(user=user))
    urgent, due, normal = ReviewItem.objects.order_by("id")
    assert due.due_at == soon
    assert due.due_at < urgent.due_at < normal.due_at


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"priority": "now"}, "priority"),
        ({"due_at": "2020-01-01T00:00:00Z"}, "due_at"),
    ],
)
def test_a_request_that_cannot_be_read_names_the_field(
    prediction: Prediction, fields: dict[str, Any], field: str
) -> None:
    answer = ask(prediction, **fields)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_only_the_owner_asks(prediction: Prediction) -> None:
    assert ask(prediction, person()).status_code == 404
    assert ask(prediction, person(Role.MODEL_ENGINEER)).status_code == 403
    assert not ReviewItem.objects.exists()


def test_erased_names_cannot_be_reviewed(prediction: Prediction) -> None:
    answer = ask(erased(prediction))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_review_possible")
    assert not PredictionReview.objects.exists()


def test_the_reason_is_erased_with_the_names(prediction: Prediction) -> None:
    ask(prediction)
    erased(prediction)
    assert ReviewRequest.objects.get().reason == ""


def test_what_reviewers_settled_is_not_asked_again_but_what_they_could_not_tell_is(
    prediction: Prediction,
) -> None:
    ask(prediction)
    decide(True)
    assert ask(prediction).json()["code"] == "no_review_possible"
    row = PredictionReview.objects.get()
    row.decision = "cannot_tell"
    row.save()
    assert ask(prediction).status_code == 201
    assert ReviewRequest.objects.filter(closed_at=None).count() == 1
    assert ReviewItem.objects.get(stage="first").state == "open"


def test_a_withdrawn_request_leaves_the_queue_and_can_be_asked_again(prediction: Prediction) -> None:
    ask(prediction)
    answer = withdraw(prediction)
    assert answer.status_code == 200
    assert (answer.json()["review"]["status"], answer.json()["review"]["requested_at"]) == ("withdrawn", None)
    assert ReviewItem.objects.get().state == "done"
    assert queue.claim_next_item(person(Role.REVIEWER)) is None
    assert ItemEvent.objects.get().kind == "withdrawn"
    assert AuditEvent.objects.filter(action="review_request.withdrawn").exists()
    assert ask(prediction).status_code == 201
    assert queue.claim_next_item(person(Role.REVIEWER)) is not None


def test_what_a_sample_drew_stays_in_the_queue_after_a_withdrawal(user: User) -> None:
    prediction = stored_prediction(user=user, stream="audit", selection_probability=0.5)
    enqueue_sampled_predictions()
    ask(prediction)
    answer = withdraw(prediction)
    assert answer.json()["review"]["status"] == "queued"
    item = ReviewItem.objects.get()
    assert (item.stream, item.state) == ("audit", "open")


def test_after_a_decision_nothing_is_withdrawn(prediction: Prediction) -> None:
    assert withdraw(prediction).json()["code"] == "not_withdrawn"
    ask(prediction)
    decide(False)
    assert withdraw(prediction).json()["code"] == "not_withdrawn"
    assert Feedback.objects.count() == 1


def test_nobody_decides_what_they_asked_for() -> None:
    reviewer = person(Role.REVIEWER)
    request_review(stored_prediction(user=reviewer), reviewer, REASON)
    assert queue.claim_next_item(reviewer) is None
    assert queue.claim_next_item(person(Role.REVIEWER)) is not None


def test_a_reviewer_reads_the_reason_after_the_decision_and_not_before(prediction: Prediction) -> None:
    ask(prediction)
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    browser = Client()
    browser.force_login(reviewer)
    blind = browser.get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert REASON not in blind
    assert prediction.user.email not in blind
    row = submit_decision(item, reviewer, True, "Two companies")
    assert REASON in browser.get(reverse("admin:review-decision", args=[row.pk])).content.decode()


def test_asking_costs_a_fixed_number_of_queries(
    prediction: Prediction, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        ask(prediction)
        withdraw(prediction)
    client = signed_in(prediction.user)
    address = f"/api/v1/predictions/{prediction.pk}/review-requests"
    with django_assert_num_queries(QUERIES):
        assert client.post(address, {"reason": REASON}).status_code == 201


QUERIES = 26
"""Who asks; their matters and the prediction (twice); the review locked, the request, the item, the event."""


def test_the_page_asks_and_withdraws(prediction: Prediction) -> None:
    browser = Client()
    browser.force_login(prediction.user)
    page = reverse("answer-page", args=[prediction.pk])
    assert "Ask a reviewer" in browser.get(page).content.decode()
    empty = browser.post(reverse("review-request-page", args=[prediction.pk]), {"reason": " "})
    assert empty.status_code == 422
    assert "Say what the reviewer should decide" in empty.content.decode()
    browser.post(
        reverse("review-request-page", args=[prediction.pk]), {"reason": REASON, "priority": "urgent"}
    )
    shown = browser.get(page).content.decode()
    assert "Waiting for a reviewer" in shown
    assert "Withdraw the request" in shown
    browser.post(reverse("review-withdraw-page", args=[prediction.pk]))
    assert "Review withdrawn" in browser.get(page).content.decode()


def test_an_answer_brings_a_parked_item_back_to_its_reviewer(prediction: Prediction) -> None:
    address = f"/api/v1/predictions/{prediction.pk}/review-requests/answer"
    ask(prediction)
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    client = signed_in(prediction.user)
    assert client.post(address, {"text": "HRB 1234"}).json()["code"] == "nobody_waits"
    queue.park_item(item, reviewer, "Which register number?")
    assert client.post(address, {"text": ""}).status_code == 400
    assert signed_in(person()).post(address, {"text": "HRB 1234"}).status_code == 404
    assert client.post(address, {"text": "HRB 1234"}).json()["status"] == "in_review"
    assert queue.claim_next_item(person(Role.REVIEWER)) is None
    assert queue.claim_next_item(reviewer) == item
    browser = Client()
    browser.force_login(reviewer)
    blind = browser.get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert "HRB 1234" in blind
    assert prediction.user.email not in blind
    assert AuditEvent.objects.filter(action="review_request.answered", actor=prediction.user).exists()
    erased(prediction)
    assert set(ItemEvent.objects.values_list("kind", flat=True)) == {"parked", "answered"}
    assert {event.reason for event in ItemEvent.objects.all()} == {""}


def test_the_page_sends_the_answer(prediction: Prediction) -> None:
    ask(prediction)
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    queue.park_item(item, reviewer, "Which register number?")
    browser = Client()
    browser.force_login(prediction.user)
    page = reverse("answer-page", args=[prediction.pk])
    assert "Which register number?" in browser.get(page).content.decode()
    form = reverse("review-answer-page", args=[prediction.pk])
    assert (
        "Write what the reviewer asks for" in browser.post(form, {"text": " "}, follow=True).content.decode()
    )
    assert "The review goes on" in browser.post(form, {"text": "HRB 1234"}, follow=True).content.decode()
    assert ReviewItem.objects.get().state == "open"


def test_a_withdrawn_request_does_not_show_reviewers_who_asked(prediction: Prediction) -> None:
    ask(prediction)
    withdraw(prediction)
    ask(prediction)
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    browser = Client()
    browser.force_login(reviewer)
    blind = browser.get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert prediction.user.email not in blind
    assert "withdrawn" not in blind.lower()
