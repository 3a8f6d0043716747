"""The queue: nobody gets another's item, nothing is lost, a client's word is never a label."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.models import Feedback, ReviewItem
from feedback.review import queue
from feedback.review.decisions import DuplicateFeedbackError, submit_client_feedback, submit_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from feedback.review.queue import ClaimLostError
from matching.models import Prediction
from modelops.models import TrainingRun
from tests.models import create_item, guideline, model_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> User:
    """Somebody who decides."""
    return person(Role.REVIEWER)


def picked(stream: str = "uncertain", count: int = 1) -> None:
    """Predictions that a stream picked."""
    user, model = person(), model_version(stream)
    for number in range(count):
        stored_prediction(
            f"Acme {number}", "Acme", user=user, model=model, stream=stream, selection_probability=0.5
        )


def claim(user: User) -> ReviewItem | None:
    return ReviewItem.objects.claim(user, timezone.now())


def claimed(user: User) -> ReviewItem:
    item = claim(user)
    assert item is not None
    return item


def test_what_the_streams_picked_is_collected_once() -> None:
    picked("uncertain", 3)
    picked("audit", 2)
    stored_prediction()
    assert enqueue_sampled_predictions() == 5
    assert enqueue_sampled_predictions() == 0
    assert {item.selection_probability for item in ReviewItem.objects.all()} == {0.5}


def test_collecting_misses_nothing_when_an_appeal_came_first() -> None:
    old = timezone.now() - timedelta(days=2)
    stored_prediction(stream="uncertain", selection_probability=0.5, created_at=old)
    submit_client_feedback(person(), stored_prediction("B Ltd", "C Ltd"), user_correction=True)
    assert enqueue_sampled_predictions() == 1


def test_the_most_urgent_item_comes_first(reviewer: User) -> None:
    picked("audit")
    picked("uncertain")
    enqueue_sampled_predictions()
    assert [claimed(reviewer).stream, claimed(reviewer).stream] == ["uncertain", "audit"]
    assert claim(reviewer) is None


def test_a_claim_that_ran_out_is_given_to_another(reviewer: User) -> None:
    picked()
    enqueue_sampled_predictions()
    item = claimed(reviewer)
    other = person(Role.REVIEWER)
    assert claim(other) is None
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert claimed(other) == item
    with pytest.raises(ClaimLostError):
        submit_decision(item, reviewer, material=True)
    assert not Feedback.objects.exists()


def test_a_decision_closes_the_item_and_is_recorded(reviewer: User) -> None:
    picked()
    enqueue_sampled_predictions()
    item = claimed(reviewer)
    row = submit_decision(
        item, reviewer, material=True, text="Another Acme is registered", guideline_version="1"
    )
    item.refresh_from_db()
    assert (item.state, item.claimed_by) == ("done", None)
    assert Feedback.objects.get(pk=row.pk).feedback_text == "Another Acme is registered"
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor) == ("feedback.submitted", reviewer)
    assert "Acme" not in str(event.detail)


def test_a_released_item_is_free_again(reviewer: User) -> None:
    picked()
    enqueue_sampled_predictions()
    item = claimed(reviewer)
    queue.release_item(item, reviewer, "lunch")
    assert claimed(person(Role.REVIEWER)) == item


def test_nobody_judges_the_same_prediction_twice(reviewer: User) -> None:
    picked()
    enqueue_sampled_predictions()
    item = claimed(reviewer)
    submit_decision(item, reviewer, material=True)
    submit_client_feedback(person(), item.prediction, user_correction=True)
    assert claim(reviewer) is None
    assert claimed(person(Role.REVIEWER)) == item


def test_a_clients_contradiction_becomes_an_urgent_appeal() -> None:
    client, prediction = person(), stored_prediction()
    submit_client_feedback(client, prediction, user_correction=True, feedback_text="They are two companies")
    item = ReviewItem.objects.get(prediction=prediction)
    assert (item.stream, item.state) == ("appeal", "open")
    with pytest.raises(DuplicateFeedbackError):
        submit_client_feedback(client, prediction, user_correction=False)


def test_a_clients_agreement_makes_no_work() -> None:
    submit_client_feedback(person(), stored_prediction(), user_correction=False)
    assert not ReviewItem.objects.exists()


def test_only_reviewers_words_are_labels_and_the_audit_stream_is_kept_apart(reviewer: User) -> None:
    submit_client_feedback(person(), stored_prediction(), user_correction=True)
    picked("audit")
    picked("uncertain")
    enqueue_sampled_predictions()
    for _ in range(3):
        submit_decision(claimed(reviewer), reviewer, material=False)
    labels = list(Feedback.objects.for_training())
    assert {row.source for row in labels} == {"review"}
    assert "audit" not in {row.prediction.stream for row in labels}
    assert len(labels) == 2


def test_the_last_word_on_a_prediction_is_its_label(reviewer: User) -> None:
    prediction = stored_prediction()
    clause = guideline().clauses.get()
    first = Feedback.objects.create(
        prediction=prediction, reviewer=reviewer, source="review", user_correction=True
    )
    last = Feedback.objects.create(
        prediction=prediction,
        reviewer=person(),
        source="adjudication",
        user_correction=False,
        adjudicated=True,
        clause=clause,
    )
    Feedback.objects.create(prediction=prediction, reviewer=person(), source="review", user_correction=True)
    assert [row.pk for row in Feedback.objects.for_training()] == [last.pk]
    assert first.pk != last.pk


def test_what_a_run_used_stays_a_label_and_no_longer_waits(reviewer: User) -> None:
    run = TrainingRun.objects.create(trigger="test")
    row = Feedback.objects.create(
        prediction=stored_prediction(), reviewer=reviewer, source="review", user_correction=True
    )
    with pytest.raises(IntegrityError, match="processed_by_a_run"), transaction.atomic():
        Feedback.objects.filter(pk=row.pk).update(processed=True)
    Feedback.objects.filter(pk=row.pk).update(processed=True, training_run=run)
    assert Feedback.objects.for_training().get() == row
    assert not Feedback.objects.for_training().pending().exists()


def test_what_waits_for_training_is_found_from_the_waiting_alone() -> None:
    used = {"processed": True, "training_run": TrainingRun.objects.create(trigger="test")}
    clause = guideline().clauses.get()

    def decide(prediction: Prediction, material: bool | None, **columns: Any) -> None:
        columns = {"source": "review", "reviewer": person(), **columns}
        Feedback.objects.create(prediction=prediction, user_correction=material, **columns)

    older, same, adjudicated, nobody, disputed = (
        stored_prediction(f"Larkspur {name}") for name in ("a", "a", "b", "c", "d")
    )
    decide(older, True, **used)
    decide(same, False)  # of the same pair: this one is its label
    decide(adjudicated, True, source="adjudication", adjudicated=True, clause=clause, **used)
    decide(adjudicated, False)  # newer, but no adjudication
    decide(nobody, True)
    decide(nobody, None)
    decide(disputed, True)
    create_item(disputed, stage="second")
    decide(stored_prediction("Larkspur a", profile="kyc"), True)
    decide(stored_prediction("Larkspur e", stream="audit", selection_probability=1.0), True)
    waiting = Feedback.objects.waiting_for_training()
    assert set(waiting) == set(Feedback.objects.for_training().pending())
    assert sorted(row.prediction.profile for row in waiting) == ["general", "kyc"]


@pytest.mark.django_db(transaction=True)
def test_eight_reviewers_at_once_never_get_the_same_item() -> None:
    picked(count=80)
    enqueue_sampled_predictions()
    reviewers = [person(Role.REVIEWER) for _ in range(8)]

    def work(user: User) -> list[str]:
        try:
            taken = []
            while item := claim(user):
                submit_decision(item, user, material=False)
                taken.append(str(item.pk))
            return taken
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as pool:
        taken = [pk for part in pool.map(work, reviewers) for pk in part]
    assert Counter(Counter(taken).values()) == {1: 80}
    assert Feedback.objects.count() == 80
