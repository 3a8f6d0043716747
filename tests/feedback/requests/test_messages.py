"""Questions and answers about an item: encrypted, bounded, and the reviewer stays blind."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEvent, Role, User
from feedback.models import ItemEvent, ReviewItem, ReviewMessage
from feedback.requests.messages import find_result_word
from feedback.requests.service import request_review
from feedback.review import queue
from feedback.review.decisions import submit_decision
from matching.models import Prediction, PredictionReview
from tests.models import erased, stored_prediction
from tests.people import person, signed_in
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

QUESTION = "Which register number does the second company have?"
ANSWER = "HRB 1234, Amtsgericht Berlin."


@pytest.fixture
def prediction() -> Prediction:
    """An answer that leaves the question to a person."""
    return stored_prediction(verdict="review")


@pytest.fixture
def item(prediction: Prediction) -> ReviewItem:
    """The item of the prediction, claimed by a reviewer."""
    request_review(prediction, prediction.user, "Please look.")
    return claim_item(person(Role.REVIEWER))


def reviewer_of(item: ReviewItem) -> User:
    assert item.claimed_by is not None
    return item.claimed_by


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(item: ReviewItem, text: str = QUESTION, then: str = "go_on", reviewer: User | None = None) -> Any:
    address = reverse("admin:review-ask", args=[item.pk])
    return browser(reviewer or reviewer_of(item)).post(address, {"text": text, "then": then})


def write(prediction: Prediction, text: str = ANSWER) -> Any:
    return signed_in(prediction.user).post(f"/api/v1/predictions/{prediction.pk}/messages", {"text": text})


def blind_page(item: ReviewItem, reviewer: User | None = None) -> str:
    address = reverse("admin:review-decide", args=[item.pk])
    return browser(reviewer or reviewer_of(item)).get(address).content.decode()


def test_question_and_answer_are_on_both_pages_and_in_the_api_without_names_of_people(
    item: ReviewItem, prediction: Prediction
) -> None:
    reviewer = reviewer_of(item)
    reviewer.name = "Rosalind Reviewer"
    reviewer.save()
    assert ask(item).status_code == 302
    assert write(prediction).status_code == 201
    listed = signed_in(prediction.user).get(f"/api/v1/predictions/{prediction.pk}/messages").json()["results"]
    assert [(row["side"], row["author"], row["text"], row["is_held"]) for row in listed] == [
        ("reviewer", "A reviewer", QUESTION, False),
        ("requester", "You", ANSWER, False),
    ]
    page = browser(prediction.user).get(reverse("answer-page", args=[prediction.pk])).content.decode()
    assert QUESTION in page
    assert ANSWER in page
    assert "Rosalind" not in page
    shown = blind_page(item)
    assert QUESTION in shown
    assert ANSWER in shown
    assert prediction.user.email not in shown
    events = AuditEvent.objects.filter(action="review_message.sent").order_by("id")
    assert [event.detail["side"] for event in events] == ["reviewer", "requester"]
    assert ANSWER not in str([event.detail for event in events])


def test_reviewers_are_named_where_the_installation_shows_them(
    item: ReviewItem, prediction: Prediction, settings: Settings
) -> None:
    settings.REVIEWERS_NAMED_TO_CLIENTS = True
    ask(item)
    listed = signed_in(prediction.user).get(f"/api/v1/predictions/{prediction.pk}/messages").json()["results"]
    assert listed[0]["author"] == reviewer_of(item).get_full_name()


def test_a_message_that_nobody_asked_for_is_read_after_the_decision(
    item: ReviewItem, prediction: Prediction
) -> None:
    reviewer, text = reviewer_of(item), "They are certainly one company."
    assert write(prediction, text).json()["is_held"]
    assert text not in blind_page(item)
    ask(item)
    assert text not in blind_page(item)
    row = submit_decision(item, reviewer, True, "Two companies")
    shown = browser(reviewer).get(reverse("admin:review-decision", args=[row.pk])).content.decode()
    assert text in shown


def test_a_message_that_speaks_of_the_answer_is_held(item: ReviewItem, prediction: Prediction) -> None:
    ask(item, then="park")
    text = "Your program says immaterial, HRB 1234."
    assert write(prediction, text).json()["is_held"]
    assert PredictionReview.objects.get().status == "needs_document"
    page = reverse("review-messages-page", args=[prediction.pk])
    told = browser(prediction.user).post(page, {"text": text}, follow=True).content.decode()
    assert "Reviewers read it after their decision" in told
    assert not write(prediction).json()["is_held"]
    reviewer = ItemEvent.objects.get(kind="parked").actor
    assert queue.claim_next_item(reviewer) == item
    shown = blind_page(item, reviewer)
    assert "program says" not in shown
    assert ANSWER in shown


@pytest.mark.parametrize(
    "text",
    [
        "I think it is immaterial.",
        "That is not Material!",
        "The model says they match",
        "the verdict was yes",
        "it is 97 % sure",
        "with a confidence of 0.9",
        "your answer was wrong",
        "the\nmodel   thinks so",
    ],
)
def test_words_that_speak_of_an_answer_are_found(prediction: Prediction, text: str) -> None:
    assert find_result_word(text, prediction)


@pytest.mark.parametrize(
    "text",
    ["It holds 100% of the shares.", "HRB 1234, see the extract", "The system of registers is public."],
)
def test_facts_are_no_answer(prediction: Prediction, text: str) -> None:
    assert find_result_word(text, prediction) == ""


def test_a_word_of_the_names_is_a_fact() -> None:
    pair = stored_prediction(name1="Quartz Material Handling Ltd", verdict="review")
    assert find_result_word("Quartz Material Handling is in Leeds.", pair) == ""


def test_a_question_that_speaks_of_an_answer_is_refused(item: ReviewItem) -> None:
    refused = ask(item, "I hold this for material; is there an extract?")
    assert refused.status_code == 422
    assert "no answer may show before it is final" in refused.content.decode()
    assert "is there an extract?" in refused.content.decode()
    assert ask(item, " ").status_code == 422
    assert not ReviewMessage.objects.exists()


def test_only_who_holds_the_item_asks(item: ReviewItem) -> None:
    assert ask(item, reviewer=person(Role.REVIEWER)).status_code == 409
    assert not ReviewMessage.objects.exists()


def test_an_answer_brings_an_item_back_that_was_set_aside(item: ReviewItem, prediction: Prediction) -> None:
    reviewer = reviewer_of(item)
    ask(item, then="park")
    review = PredictionReview.objects.get()
    assert (review.status, review.missing_document) == ("needs_document", QUESTION)
    write(prediction)
    assert PredictionReview.objects.get().status == "in_review"
    assert queue.claim_next_item(reviewer) == item


def test_a_later_reviewer_reads_facts_and_not_who_asked(item: ReviewItem, prediction: Prediction) -> None:
    first = reviewer_of(item)
    ask(item)
    write(prediction)
    submit_decision(item, first, None, "A register extract")
    second = person(Role.REVIEWER)
    following = queue.claim_next_item(second)
    assert following is not None
    assert following.stage == "second"
    shown = blind_page(following, second)
    assert ANSWER in shown
    assert "A reviewer," in shown
    assert first.email not in shown


def test_messages_need_a_review_that_waits_and_are_bounded(
    prediction: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (write(prediction).status_code, write(prediction).json()["code"]) == (409, "no_reviewer")
    request_review(prediction, prediction.user, "Please look.")
    assert write(prediction, "x" * 2001).status_code == 400
    monkeypatch.setattr("feedback.requests.messages.MAX_MESSAGES", 1)
    assert [write(prediction).status_code, write(prediction).status_code] == [201, 409]
    stranger = signed_in(person())
    address = f"/api/v1/predictions/{prediction.pk}/messages"
    assert [stranger.get(address).status_code, stranger.post(address, {"text": "x"}).status_code] == [
        404,
        404,
    ]


def test_messages_are_erased_with_the_names(item: ReviewItem, prediction: Prediction) -> None:
    ask(item)
    write(prediction)
    erased(prediction)
    assert [row.text for row in ReviewMessage.objects.all()] == ["", ""]
