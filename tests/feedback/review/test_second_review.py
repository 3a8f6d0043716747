"""Second reviewers, third persons, precedents; taking back and revising; which words become labels."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role, User
from feedback.models import Draft, Feedback, Precedent, ReviewItem, ReviewStage
from feedback.retraining import labels
from feedback.review.decisions import (
    DecisionChangeError,
    revise_decision,
    submit_client_feedback,
    submit_decision,
    undo_decision,
)
from feedback.review.enqueueing import enqueue_prediction, enqueue_sampled_predictions
from feedback.review.queue import ClaimLostError
from matching.compare import sampling
from matching.models import Prediction, ReviewStream, ShadowScore
from modelops.models import TrainingRun
from tests.models import guideline, model_version, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db


def picked(name: str = "Acme", **columns: Any) -> Prediction:
    """A prediction that waits in the queue."""
    prediction = stored_prediction(
        name, "Acme Ltd", **{"stream": "uncertain", "selection_probability": 0.5, **columns}
    )
    enqueue_sampled_predictions()
    return prediction


def claimed(user: User, lead: bool = False) -> ReviewItem:
    item = ReviewItem.objects.claim(user, timezone.now(), lead)
    assert item is not None
    return item


def word(user: User, material: bool | None, lead: bool = False, **given: Any) -> Feedback:
    """What a person says about the next item."""
    return submit_decision(claimed(user, lead), user, material, **given)


def stages() -> dict[str, str]:
    return dict(ReviewItem.objects.values_list("stage", "state"))


def test_agreeing_with_the_model_needs_no_second_person() -> None:
    picked()
    word(person(Role.REVIEWER), material=False)
    assert stages() == {"first": "done"}


@pytest.mark.parametrize(
    ("model_says", "verdict", "reviewer_says"),
    [
        (False, "immaterial", True),  # disagrees
        (True, "material", False),  # overrides material to immaterial
        (True, "review", False),  # overrides a leaning to material
        (False, "immaterial", None),  # cannot tell
    ],
)
def test_a_second_person_looks_when_the_first_contradicts_the_model_or_cannot_tell(
    model_says: bool, verdict: str, reviewer_says: bool | None
) -> None:
    picked(prediction=model_says, verdict=verdict)
    word(person(Role.REVIEWER), reviewer_says)
    assert stages() == {"first": "done", "second": "open"}


def test_where_the_model_left_it_open_material_is_no_contradiction() -> None:
    picked(prediction=False, verdict="review")
    word(person(Role.REVIEWER), material=True)
    assert stages() == {"first": "done"}


def test_a_share_of_agreements_is_looked_at_twice() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(second=1.0), 60)
    picked()
    word(person(Role.REVIEWER), material=False)
    assert stages()["second"] == "open"


def test_the_second_person_is_never_the_first() -> None:
    picked()
    first = person(Role.REVIEWER)
    word(first, material=True)
    assert ReviewItem.objects.claim(first, timezone.now()) is None
    assert claimed(person(Role.REVIEWER)).stage == ReviewStage.SECOND


def test_two_who_agree_settle_it_and_two_who_differ_are_heard_by_a_third() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(second=1.0), 60)
    picked("Agree")
    word(person(Role.REVIEWER), material=False)
    word(person(Role.REVIEWER), material=False)
    assert "adjudication" not in stages()
    picked("Differ")
    word(person(Role.REVIEWER), material=False)
    word(person(Role.REVIEWER), material=True)
    assert stages()["adjudication"] == "open"
    assert ReviewItem.objects.claim(person(Role.REVIEWER), timezone.now()) is None
    assert claimed(person(Role.LEAD), lead=True).stage == ReviewStage.ADJUDICATION


def test_an_adjudication_cites_a_clause_and_becomes_a_precedent() -> None:
    clause = guideline().clauses.get()
    prediction = picked(differences=[{"category": "O06"}, {"category": "O01"}])
    word(person(Role.REVIEWER), material=True)
    word(person(Role.REVIEWER), material=False)
    lead = person(Role.LEAD)
    item = claimed(lead, lead=True)
    with pytest.raises(IntegrityError, match="cites_a_clause"), transaction.atomic():
        submit_decision(item, lead, material=True)
    row = submit_decision(item, lead, material=True, text="A different Acme", clause=clause)
    precedent = Precedent.objects.get()
    assert (row.source, row.adjudicated, precedent.clause) == ("adjudication", True, clause)
    assert (precedent.prediction, precedent.categories) == (prediction, ["O01", "O06"])
    assert Feedback.objects.for_training().get() == row


def test_nothing_is_a_label_before_it_is_settled() -> None:
    picked()
    word(person(Role.REVIEWER), material=True)
    assert not Feedback.objects.for_training().exists()
    second = word(person(Role.REVIEWER), material=True)
    assert Feedback.objects.for_training().get() == second


def test_a_pair_that_nobody_can_tell_is_no_label() -> None:
    clause = guideline().clauses.get()
    picked()
    word(person(Role.REVIEWER), material=True)
    word(person(Role.REVIEWER), material=False)
    word(person(Role.LEAD), None, lead=True, text="Needs the extract", clause=clause)
    assert not Feedback.objects.for_training().exists()
    assert Precedent.objects.get().material is None


def test_the_same_pair_under_the_same_profile_is_one_label() -> None:
    sampled = [picked("Twice"), picked("Twice"), picked("Twice", profile="ucc")]
    for _ in sampled:
        word(person(Role.REVIEWER), material=False)
    labels = Feedback.objects.for_training()
    assert {row.prediction.profile for row in labels} == {"general", "ucc"}
    assert labels.count() == 2


def test_a_word_keeps_where_it_came_from() -> None:
    prediction = picked()
    row = word(person(Role.REVIEWER), material=False, guideline_version="7")
    assert (row.stream, row.selection_probability, row.stage) == ("uncertain", 0.5, "first")
    assert (row.guideline_version, row.model_id, row.prediction_shown) == ("7", prediction.model_id, False)
    assert row.seconds is not None


def test_both_the_blind_word_and_its_revision_are_kept() -> None:
    picked()
    reviewer = person(Role.REVIEWER)
    first = word(reviewer, material=True)
    again = revise_decision(first, reviewer, material=False, text="The accent is the only difference")
    assert (first.user_correction, again.user_correction) == (True, False)
    assert (again.revises, again.prediction_shown) == (first, True)
    assert list(Feedback.objects.initial_decisions()) == [first]
    with pytest.raises(DecisionChangeError, match="before"):
        revise_decision(first, reviewer, material=True, text="No")


def test_a_decision_is_taken_back_within_ten_minutes_with_what_was_typed() -> None:
    picked()
    reviewer = person(Role.REVIEWER)
    row = word(reviewer, material=True, text="Another Acme")
    item = undo_decision(row, reviewer)
    draft = Draft.objects.get(item=item, reviewer=reviewer)
    assert (draft.decision, draft.text) == ("material", "Another Acme")
    assert stages() == {"first": "claimed"}
    assert not Feedback.objects.not_withdrawn().exists()
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(minutes=1))
    assert ReviewItem.objects.claim(reviewer, timezone.now()) == item
    submit_decision(item, reviewer, material=False)
    assert Feedback.objects.not_withdrawn().get().user_correction is False


def test_after_ten_minutes_a_decision_stands() -> None:
    picked()
    reviewer = person(Role.REVIEWER)
    row = word(reviewer, material=False)
    Feedback.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(DecisionChangeError, match="The time to undo it has passed"):
        undo_decision(row, reviewer)
    assert Feedback.objects.not_withdrawn().get() == row


def test_nobody_undoes_anothers_decision_nor_one_that_is_being_heard() -> None:
    picked()
    first, second, lead = person(Role.REVIEWER), person(Role.REVIEWER), person(Role.LEAD)
    row = word(first, material=True)
    with pytest.raises(DecisionChangeError, match="not a decision of yours"):
        undo_decision(row, second)
    word(second, material=False)
    claimed(lead, lead=True)
    with pytest.raises(DecisionChangeError, match="adjudication of this pair"):
        undo_decision(row, first)


def test_undoing_the_second_word_takes_the_adjudication_back() -> None:
    picked()
    second = person(Role.REVIEWER)
    word(person(Role.REVIEWER), material=True)
    row = word(second, material=False)
    assert stages()["adjudication"] == "open"
    undo_decision(row, second)
    assert stages() == {"first": "done", "second": "claimed"}


def test_an_appeal_reopens_a_settled_pair_and_takes_its_label_back() -> None:
    prediction = picked()
    reviewer = person(Role.REVIEWER)
    word(reviewer, material=False)
    submit_client_feedback(person(), prediction, user_correction=True)
    assert not Feedback.objects.for_training().exists()
    assert claimed(person(Role.REVIEWER)).stream == "appeal"


def test_an_appeal_does_not_take_the_item_out_of_a_reviewers_hands() -> None:
    prediction = picked()
    reviewer = person(Role.REVIEWER)
    item = claimed(reviewer)
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    submit_decision(item, reviewer, material=False)
    assert stages() == {"first": "done"}


def test_a_quota_takes_a_random_part_and_lowers_the_stored_chance() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(quotas={"uncertain": 4}), 60)
    for number in range(10):
        stored_prediction(f"Acme {number}", "Acme", stream="uncertain", selection_probability=0.5)
    assert enqueue_sampled_predictions() == 4
    assert enqueue_sampled_predictions() == 0
    assert [item.selection_probability for item in ReviewItem.objects.all()] == pytest.approx([0.2] * 4)
    kept = Prediction.objects.exclude(stream="")
    assert (kept.count(), kept.first().selection_probability) == (4, pytest.approx(0.2))  # type: ignore[union-attr]


def test_what_is_staked_higher_or_waits_longer_is_due_earlier() -> None:
    now = timezone.now()
    old_audit = picked("Old", stream="audit", created_at=now - timedelta(days=5))
    young = picked("Young", stream="uncertain")
    picked("Risky", stream="uncertain", profile="sanctions")
    appealed = picked("Appealed")
    enqueue_prediction(appealed, ReviewStream.APPEAL)
    reviewer = person(Role.REVIEWER)
    order = [claimed(reviewer).prediction for _ in range(4)]
    assert order[0] == old_audit
    assert [order[1].pk, order[3].pk] == [appealed.pk, young.pk]


def test_labels_are_claimed_in_batches_used_up_by_success_and_given_back_by_failure() -> None:
    for number in range(3):
        picked(f"Label {number}")
        word(person(Role.REVIEWER), material=False)
    first, second = (
        TrainingRun.objects.create(trigger="test", status="running"),
        TrainingRun.objects.create(trigger="test", status="running"),
    )
    assert len(labels.claim_labels(first, limit=2)) == 2
    assert len(labels.claim_labels(second)) == 1
    assert labels.release_labels(first) == 2
    assert labels.mark_labels_used(second) == 1
    assert Feedback.objects.for_training().pending().count() == 2


def test_a_lost_claim_stores_nothing() -> None:
    picked()
    item = claimed(person(Role.REVIEWER))
    with pytest.raises(ClaimLostError):
        submit_decision(item, person(Role.REVIEWER), material=True)
    assert not Feedback.objects.exists()


def test_answers_on_which_a_shadow_disagrees_are_put_before_a_reviewer_once() -> None:
    model = model_version("shadow")
    split, agreed = stored_prediction("Split", "Splitt"), stored_prediction("Agreed", "Agreed")
    for prediction, agrees in ((split, False), (agreed, True)):
        ShadowScore.objects.create(
            prediction=prediction,
            model=model,
            role="shadow",
            material_probability=0.9,
            verdict="material",
            agrees=agrees,
        )
    assert [enqueue_sampled_predictions(), enqueue_sampled_predictions()] == [1, 0]
    item = ReviewItem.objects.get()
    assert (item.prediction, item.stream, item.selection_probability) == (split, "disagreement", 1.0)
    split.refresh_from_db()
    assert (split.stream, split.selection_probability) == ("disagreement", 1.0)


def test_of_disagreements_the_share_that_leads_set_is_picked() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(disagreement=0.25), 60)
    model, user = model_version("shadow"), person()
    for number in range(80):
        row = stored_prediction(f"Split {number}", "Split", user=user, model=model)
        ShadowScore.objects.create(
            prediction=row,
            model=model,
            role="shadow",
            material_probability=0.9,
            verdict="material",
            agrees=False,
        )
    assert 5 <= enqueue_sampled_predictions() <= 40
    assert enqueue_sampled_predictions() == 0
    assert {item.selection_probability for item in ReviewItem.objects.all()} == {0.25}
