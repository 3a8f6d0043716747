"""What happens writes its event in its own transaction, once, for whom it is about, and without any name."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import UNDO_WINDOW
from feedback.requests.service import answer_reviewer, request_review
from feedback.review import queue
from feedback.review.decisions import revise_decision, submit_decision, undo_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.jobs import service as jobs
from matching.models import Prediction
from modelops.deployment.promotion import deploy_drill, rollback
from tests.jobs import csv_file, job_of, worked_off
from tests.models import installed, promoted, scoring_version, stored_prediction
from tests.people import person
from tests.reviews import claim_item
from tests.webhooks.customers import Subscribed, happen, list_told_events, open_message, subscribe
from webhooks.events import Occurrence, record_occurrence
from webhooks.models import EventType, WebhookEvent
from webhooks.sending import deliver_due_messages

pytestmark = pytest.mark.django_db

NAMES = ("Larkspur Holdings", "Larkspur Holdings, Inc.")


@pytest.fixture
def stranger() -> Iterator[Subscribed]:
    """Somebody else, subscribed to everything."""
    with subscribe(person(Role.CLIENT)) as endpoint:
        yield endpoint


@pytest.fixture
def prediction(user: User) -> Prediction:
    return stored_prediction(
        *NAMES, user=user, verdict="review", stream="uncertain", selection_probability=0.5
    )


def receive(customer: Subscribed, later: timedelta = timedelta()) -> list[dict[str, Any]]:
    """Deliver what is due, and return every payload that came so far."""
    endpoint, secret, hook = customer
    deliver_due_messages(endpoint.pk, timezone.now() + later)
    return [open_message(secret, post) for post in hook.posts]


def test_a_decision_is_told_to_who_asked_when_it_can_no_longer_be_undone(
    customer: Subscribed, stranger: Subscribed, prediction: Prediction
) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    row = submit_decision(claim_item(reviewer), reviewer, True)
    assert receive(customer) == []
    (payload,) = receive(customer, UNDO_WINDOW)
    assert payload == {
        "type": "prediction.decided",
        "timestamp": row.created_at.isoformat(),
        "data": {
            "prediction": str(prediction.pk),
            "verdict": "material",
            "decided_at": row.created_at.isoformat(),
        },
    }
    assert receive(stranger, UNDO_WINDOW) == []


@pytest.mark.usefixtures("prediction")
def test_of_a_decision_that_was_undone_nobody_hears(customer: Subscribed) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    row = submit_decision(claim_item(reviewer), reviewer, True)
    assert list_told_events(customer[0]) == ["prediction.decided"]
    item = undo_decision(row, reviewer)
    assert receive(customer, 2 * UNDO_WINDOW) == []
    submit_decision(item, reviewer, False)
    (payload,) = receive(customer, 2 * UNDO_WINDOW)
    assert payload["data"]["verdict"] == "immaterial"


@pytest.mark.usefixtures("prediction")
def test_of_a_decision_that_is_revised_at_once_only_the_last_is_told(customer: Subscribed) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    revise_decision(
        submit_decision(claim_item(reviewer), reviewer, True), reviewer, False, "I had overlooked it"
    )
    assert [payload["data"]["verdict"] for payload in receive(customer, 2 * UNDO_WINDOW)] == ["immaterial"]


def test_a_document_that_a_reviewer_waits_for_is_told_each_time_and_not_which(
    customer: Subscribed, user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide")
    reviewer = person(Role.REVIEWER)
    for _ in range(2):
        queue.park_item(claim_item(reviewer), reviewer, f"Extract of {NAMES[0]}")
        answer_reviewer(prediction, user, "Here it is")
    first, second = receive(customer)
    assert first["type"] == second["type"] == "review.needs_document"
    assert first["data"] == {"prediction": str(prediction.pk), "asked_at": first["timestamp"]}
    assert first["timestamp"] < second["timestamp"]


@pytest.mark.usefixtures("stranger")
def test_a_finished_job_is_told_once_with_its_counts(customer: Subscribed, user: User) -> None:
    installed()
    content = csv_file([("1", "Acme Ltd", "Acme Limited"), ("2", "", "x")])
    job = worked_off(job_of(user, content, "Larkspur Holdings.csv"))
    (payload,) = [payload for payload in receive(customer) if payload["type"] != "model.promoted"]
    assert job.finished_at is not None
    assert job.rows_failed > 0
    assert payload["type"] == "job.finished"
    assert payload["data"] == {
        "job": str(job.pk),
        "rows_total": 2,
        "rows_failed": job.rows_failed,
        "finished_at": job.finished_at.isoformat(),
    }


def test_a_failed_job_is_told_without_its_reason_and_a_cancelled_one_is_not(
    customer: Subscribed, user: User
) -> None:
    installed()
    content = csv_file([("1", *NAMES)])
    jobs.fail(job_of(user, content), f"Row 1 has {NAMES[0]}")
    jobs.cancel(job_of(user, content), user)
    (payload,) = [payload for payload in receive(customer) if payload["type"] != "model.promoted"]
    assert payload["type"] == "job.failed"
    assert set(payload["data"]) == {"job", "rows_total", "rows_failed", "finished_at"}


def test_a_promotion_and_a_rollback_are_told_to_every_subscriber(
    customer: Subscribed, stranger: Subscribed
) -> None:
    installed()
    second = scoring_version("2", 1.0)
    promoted(second)
    rollback("*", person(Role.MODEL_ENGINEER), "It answers badly")
    payloads = receive(customer)
    assert receive(stranger) == payloads
    assert [
        (payload["data"]["model"]["version"], payload["data"]["rolled_back"]) for payload in payloads[-2:]
    ] == [(second.version, False), (payloads[-2]["data"]["previous"]["version"], True)]


def test_a_shadow_and_a_drill_answer_nobody_and_are_not_told(customer: Subscribed) -> None:
    installed()
    before = len(list_told_events(customer[0]))
    promoted(scoring_version("2", 1.0), "shadow")
    deploy_drill(scoring_version("3", 1.0), person(Role.MODEL_ENGINEER))
    assert len(list_told_events(customer[0])) == before


def test_no_event_holds_a_name(customer: Subscribed, user: User) -> None:
    installed()
    prediction = stored_prediction(*NAMES, user=user, verdict="review")
    worked_off(job_of(user, csv_file([("1", *NAMES)]), "Larkspur Holdings.csv"))
    request_review(prediction, user, f"Is it {NAMES[0]}?")
    reviewer = person(Role.REVIEWER)
    queue.park_item(claim_item(reviewer), reviewer, f"Extract of {NAMES[0]}")
    answer_reviewer(prediction, user, f"{NAMES[1]} is right")
    submit_decision(claim_item(reviewer), reviewer, True, f"Because {NAMES[0]}")
    payloads = receive(customer, UNDO_WINDOW)
    assert {payload["type"] for payload in payloads} == {
        "job.finished",
        "review.needs_document",
        "prediction.decided",
        "model.promoted",
    }
    stored = json.dumps([*payloads, *WebhookEvent.objects.values_list("key", flat=True)])
    assert "Larkspur" not in stored


def test_an_event_that_is_not_subscribed_is_not_stored(user: User) -> None:
    with subscribe(user, "job.failed") as (endpoint, _, _):
        assert happen(user) is None
        assert happen(user, "job-2", EventType.JOB_FAILED) is not None
        assert list_told_events(endpoint) == ["job.failed"]


@pytest.mark.usefixtures("customer")
def test_what_is_rolled_back_is_not_told(user: User) -> None:
    with transaction.atomic():
        assert happen(user) is not None
        transaction.set_rollback(True)
    assert WebhookEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_no_event_is_written() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record_occurrence(Occurrence(EventType.JOB_FINISHED, "1", None, {}, timezone.now()))


def test_the_same_occurrence_is_stored_once_however_often_it_is_told(
    customer: Subscribed, user: User
) -> None:
    first, again = happen(user), happen(user)
    assert first.pk == again.pk
    assert len(receive(customer)) == 1
