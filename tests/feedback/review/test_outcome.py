"""The reviewers' decision comes back to whoever asked, and the model's own verdict stays what it was."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import AuditEvent, Role, User
from feedback.models import UNDO_WINDOW, Clause, Feedback
from feedback.review import queue
from feedback.review.decisions import (
    Reasons,
    close_erased_item,
    revise_decision,
    submit_client_feedback,
    submit_decision,
    undo_decision,
)
from feedback.review.enqueueing import enqueue_prediction, enqueue_sampled_predictions
from matching.models import Prediction, PredictionReview, ReviewStatus, ReviewStream
from tests.models import erased, guideline, stored_prediction
from tests.people import person, signed_in
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

FOR_REQUESTER = "Both forms mean a company limited by shares."


@pytest.fixture
def user() -> User:
    """Somebody who asked."""
    return person()


@pytest.fixture
def prediction(user: User) -> Prediction:
    """An answer that leaves the question to a person, drawn for review."""
    return stored_prediction(user=user, verdict="review", stream="uncertain", selection_probability=0.5)


def decide(reviewer: User, material: bool | None = False, **details: Any) -> Feedback:
    """Claim the next item and decide it."""
    return submit_decision(claim_item(reviewer, reviewer.role == Role.LEAD), reviewer, material, **details)


def release() -> None:
    """Let the time pass in which decisions can be undone."""
    for name in ("decided_at", "released_at"):
        PredictionReview.objects.filter(**{f"{name}__isnull": False}).update(
            **{name: timezone.now() - (UNDO_WINDOW if name == "decided_at" else timedelta(seconds=1))}
        )


def review(prediction: Prediction) -> dict[str, Any]:
    """The review as the API shows it to the user."""
    answer = signed_in(prediction.user).get(f"/api/v1/predictions/{prediction.pk}")
    assert answer.status_code == 200, answer.content
    shown: dict[str, Any] = answer.json()["review"]
    return shown


@pytest.mark.parametrize(("verdict", "status"), [("review", "available"), ("material", "not_needed")])
def test_without_a_reviewer_the_verdict_says_whether_one_is_needed(verdict: str, status: str) -> None:
    shown = review(stored_prediction(verdict=verdict))
    assert shown.pop("status") == status
    assert set(shown.values()) == {None}


def test_a_prediction_goes_from_the_queue_to_the_decision(prediction: Prediction) -> None:
    assert review(prediction)["status"] == "available"
    enqueue_sampled_predictions()
    assert review(prediction)["status"] == "queued"
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    assert review(prediction)["status"] == "in_review"
    reasons = Reasons("The model overlooked the form", FOR_REQUESTER)
    submit_decision(item, reviewer, False, reasons, guideline_version="1")
    release()
    shown = review(prediction)
    assert (shown["status"], shown["verdict"], shown["decided_by"]) == ("decided", "immaterial", "reviewers")
    assert (shown["reason"], shown["guideline"], shown["people"]) == (FOR_REQUESTER, "1", 1)
    assert shown["reviewers"] is None
    assert Prediction.objects.get(pk=prediction.pk).verdict == "review"


def test_an_internal_reason_is_never_shown_to_the_requester(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    decide(person(Role.REVIEWER), text="The model overlooked the form")
    release()
    client = signed_in(prediction.user)
    for address in ("", "/memo?file=json"):
        answer = client.get(f"/api/v1/predictions/{prediction.pk}{address}")
        assert answer.status_code == 200
        assert "overlooked" not in answer.content.decode()


def test_a_decision_is_shown_when_it_can_no_longer_be_undone(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    row = decide(reviewer, material=True)
    assert PredictionReview.objects.get().status == ReviewStatus.DECIDED
    shown = review(prediction)
    assert (shown["status"], shown["verdict"]) == ("in_review", None)
    undo_decision(row, reviewer)
    assert PredictionReview.objects.get().status == ReviewStatus.IN_REVIEW
    assert not Feedback.objects.get(pk=row.pk).can_be_undone(timezone.now() + UNDO_WINDOW)


def test_a_revised_decision_replaces_the_first_one(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    row = decide(reviewer, material=False, text=Reasons("", FOR_REQUESTER))
    revise_decision(row, reviewer, True, "The register shows two companies")
    release()
    shown = review(prediction)
    assert (shown["verdict"], shown["reason"], shown["people"]) == ("material", None, 1)


def test_two_reviewers_who_differ_are_settled_by_a_lead_with_a_clause(prediction: Prediction) -> None:
    guideline("3")
    enqueue_sampled_predictions()
    stored = decide(person(Role.REVIEWER), material=None, text="An extract of the register")
    assert review(prediction)["status"] == "in_review"
    decide(person(Role.REVIEWER), material=False)
    release()
    assert review(prediction)["status"] == "in_review"
    decide(
        person(Role.LEAD),
        material=True,
        text=Reasons("Precedent", FOR_REQUESTER),
        guideline_version="3",
        clause=Clause.objects.get(),
    )
    release()
    shown = review(prediction)
    assert (shown["verdict"], shown["people"], shown["clause"]) == ("material", 3, "1.1 Same words")
    assert stored.decision.value == "cannot_tell"


def test_a_parked_item_says_which_document_is_missing(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    item = queue.park_item(claim_item(reviewer), reviewer, "Certificate of name change")
    shown = review(prediction)
    assert (shown["status"], shown["missing_document"]) == ("needs_document", "Certificate of name change")
    queue.resume_item(item, reviewer, "It arrived")
    assert review(prediction)["missing_document"] is None
    assert review(prediction)["status"] == "in_review"


def test_an_objection_of_the_client_is_queued_again_after_a_decision(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    decide(person(Role.REVIEWER), material=False)
    release()
    Prediction.objects.filter(pk=prediction.pk).update(prediction=False)
    submit_client_feedback(prediction.user, Prediction.objects.get(pk=prediction.pk), user_correction=True)
    assert review(prediction)["status"] == "in_review"
    assert review(prediction)["verdict"] is None


def test_a_gold_item_is_no_review_of_its_prediction() -> None:
    prediction = stored_prediction(stream="gold", selection_probability=1.0)
    enqueue_sampled_predictions()
    assert review(prediction)["status"] == "not_needed"


def test_after_erasure_nobody_decides_and_no_text_is_left(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    item = queue.park_item(claim_item(reviewer), reviewer, "The statutes of Acme Incorporated")
    erased(prediction)
    assert PredictionReview.objects.get().missing_document == ""
    close_erased_item(item, reviewer)
    assert review(prediction)["status"] == "withdrawn"


def test_names_of_reviewers_are_shown_where_the_installation_says_so(
    prediction: Prediction, settings: Settings
) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    decide(reviewer)
    release()
    settings.REVIEWERS_NAMED_TO_CLIENTS = True
    assert review(prediction)["reviewers"] == [reviewer.get_full_name()]


@pytest.mark.parametrize("status", ReviewStatus.values)
def test_lists_and_exports_filter_by_the_status(user: User, status: str) -> None:
    rows = {
        "available": stored_prediction(user=user, verdict="review"),
        "not_needed": stored_prediction(user=user),
        "queued": stored_prediction(user=user),
        "in_review": stored_prediction(user=user),
        "needs_document": stored_prediction(user=user),
        "decided": stored_prediction(user=user),
        "withdrawn": stored_prediction(user=user),
    }
    for name in ("queued", "in_review", "needs_document", "withdrawn"):
        PredictionReview.objects.create(prediction=rows[name], user=user, status=name)
    PredictionReview.objects.create(prediction=rows["decided"], user=user, **build_decision())
    client = signed_in(user)
    page = client.get("/api/v1/predictions", {"review_status": status}).json()
    shown = [(row["id"], row["review"]["status"]) for row in page["results"]]
    assert shown == [(str(rows[status].pk), status)]
    export = client.get("/api/v1/predictions/export", {"review_status": status, "file": "jsonl"})
    assert b"".join(export.streaming_content).count(f'"review_status": "{status}"'.encode()) == 1  # type: ignore[attr-defined]


def build_decision(released: bool = True) -> dict[str, Any]:
    now = timezone.now()
    return {
        "status": "decided",
        "decision": "material",
        "decided_by": "reviewers",
        "decided_at": now - UNDO_WINDOW,
        "released_at": now if released else now + UNDO_WINDOW,
        "people": 1,
    }


def test_a_decision_that_can_be_undone_is_listed_as_in_review(user: User) -> None:
    row = stored_prediction(user=user)
    PredictionReview.objects.create(prediction=row, user=user, **build_decision(released=False))
    client = signed_in(user)
    pages = {
        name: client.get("/api/v1/predictions", {"review_status": name}).json()["results"]
        for name in ("decided", "in_review")
    }
    assert (len(pages["decided"]), len(pages["in_review"])) == (0, 1)


def test_reading_reviews_costs_no_further_query(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(user)
    for _ in range(5):
        row = stored_prediction(user=user)
        PredictionReview.objects.create(prediction=row, user=user, **build_decision())
    for address in ("predictions", f"predictions/{row.pk}", "predictions?review_status=decided"):
        with django_assert_num_queries(3):
            assert "decided" in client.get(f"/api/v1/{address}").content.decode()


def test_a_status_is_found_by_the_index_of_the_user(user: User) -> None:
    rows = Prediction.objects.visible_to(user).filter_by(review_status="queued")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows[:50].explain()
    assert "prediction_reviews_of_user" in plan


def test_feedback_shows_the_review_of_its_prediction(
    prediction: Prediction, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    submit_client_feedback(prediction.user, prediction, user_correction=True)
    client = signed_in(prediction.user)
    with django_assert_num_queries(2):
        rows = client.get("/api/v1/feedback").json()["results"]
    assert [row["review"]["status"] for row in rows] == ["queued"]


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "decided"},
        {"status": "queued", "decision": "material"},
        {"status": "available"},
        build_decision() | {"people": 0},
        build_decision() | {"released_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_the_database_refuses_half_a_decision(user: User, columns: dict[str, Any]) -> None:
    row = stored_prediction(user=user)
    with pytest.raises(IntegrityError), transaction.atomic():
        PredictionReview.objects.create(prediction=row, user=user, **columns)


def test_the_memo_is_for_the_requester_alone_and_after_the_decision(prediction: Prediction) -> None:
    address = f"/api/v1/predictions/{prediction.pk}/memo"
    enqueue_sampled_predictions()
    client = signed_in(prediction.user)
    assert client.get(address).json()["code"] == "no_memo"
    reviewer = person(Role.REVIEWER)
    decide(reviewer, text=Reasons("internal words", FOR_REQUESTER), guideline_version="1")
    assert client.get(address).status_code == 409
    release()
    memo = client.get(address, {"file": "json"}).json()
    assert (memo["final"], memo["names"][0]) == ("immaterial", prediction.name1)
    assert memo["decisions"][0]["reason"] == FOR_REQUESTER
    assert memo["decisions"][0]["who"].startswith("one reviewer, ")
    assert reviewer.email not in str(memo)
    assert client.get(address).content.startswith(b"%PDF")
    assert signed_in(person()).get(address).status_code == 404
    assert AuditEvent.objects.filter(action="memo.issued", actor=prediction.user).count() == 2


def test_the_page_shows_the_decision_before_the_automatic_answer(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    browser = Client()
    browser.force_login(prediction.user)
    address = reverse("answer-page", args=[prediction.pk])
    assert "Waiting for a reviewer" in browser.get(address).content.decode()
    decide(person(Role.REVIEWER), text=Reasons("", FOR_REQUESTER), guideline_version="1")
    release()
    page = browser.get(address).content.decode()
    assert page.index("Reviewers: Immaterial") < page.index("Automatic answer before: A person must look")
    assert FOR_REQUESTER in page
    assert "Decided by one reviewer, " in page
    memo = browser.get(reverse("memo-page", args=[prediction.pk]))
    assert memo["Content-Type"] == "application/pdf"


def test_the_decision_page_takes_a_reason_for_the_requester(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    browser = Client()
    browser.force_login(reviewer)
    answer = browser.post(
        reverse("admin:review-decide", args=[item.pk]),
        {"decision": "immaterial", "text": "internal", "client_reason": FOR_REQUESTER, "confidence": ""},
    )
    assert answer.status_code == 302
    assert Feedback.objects.get().client_reason == FOR_REQUESTER
    release()
    assert review(prediction)["reason"] == FOR_REQUESTER


def test_an_appeal_shows_the_status_without_a_draw(user: User) -> None:
    row = stored_prediction(user=user)
    enqueue_prediction(row, ReviewStream.APPEAL)
    assert review(row)["status"] == "queued"


def test_earlier_reviews_are_filled_in_by_the_migration(prediction: Prediction) -> None:
    enqueue_sampled_predictions()
    decide(person(Role.REVIEWER), material=True, guideline_version="1")
    open_one = stored_prediction(stream="audit", selection_probability=0.5)
    enqueue_sampled_predictions()
    before = list(PredictionReview.objects.order_by("pk").values(*COMPARED))
    PredictionReview.objects.all().delete()
    migration = import_module("feedback.migrations.0007_reviews_of_earlier_predictions")
    with connection.cursor() as cursor:
        cursor.execute(migration.FILL)
    assert list(PredictionReview.objects.order_by("pk").values(*COMPARED)) == before
    assert review(open_one)["status"] == "queued"
    assert PredictionReview.objects.get(pk=prediction.pk).reason is None


COMPARED = (
    "prediction",
    "user",
    "status",
    "decision",
    "decided_by",
    "decided_at",
    "released_at",
    "guideline_version",
    "clause",
    "people",
    "reviewers",
)


def test_nobody_reads_the_review_of_another(prediction: Prediction) -> None:
    client: APIClient = signed_in(person())
    assert client.get(f"/api/v1/predictions/{prediction.pk}").status_code == 404
