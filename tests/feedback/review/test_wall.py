"""Review behind the wall of a matter: who gets its items, whom it is told, what its decisions answer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from feedback.guideline.service import find_precedents, list_pair_history
from feedback.leads.changes import assign_items
from feedback.models import Feedback, Precedent, ReviewItem, ReviewStage
from feedback.requests.service import request_review
from feedback.review import queue
from feedback.review.decisions import Reasons, submit_decision
from feedback.review.enqueueing import enqueue_prediction, enqueue_sampled_predictions
from feedback.review.routing import open_follow_up_item
from feedback.review.undecided import build_undecided_condition
from matching.compare import sampling
from matching.compare.cached_compare import comparison_cache
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import PairPrecedent, Prediction, PredictionReview, ReviewStream
from matters.models import Matter
from matters.service import remove_member
from notifications.models import Notification
from tests.matters.cast import create_member, matter_of
from tests.models import guideline, installed, stored_prediction
from tests.people import person
from tests.reviews import claim_item
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

REQUEST = CompareRequest("Larkspur Holdings", "Larkspur Holdings, Inc.", "kyc")


@pytest.fixture(autouse=True)
def installation() -> None:
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=1), 3600)
    installed()
    guideline("1")


@pytest.fixture
def matter() -> Matter:
    return matter_of(person())


def ask_about_pair(matter: Matter, user: User | None = None) -> Prediction:
    """A comparison of a matter that a member asked a reviewer about."""
    author = user or matter.created_by
    prediction = compare_and_store(author, REQUEST, matter=matter)
    request_review(prediction, author, "Please decide")
    return prediction


def decide_pair(matter: Matter, user: User | None = None) -> Prediction:
    """The same, decided by a member, final."""
    prediction = ask_about_pair(matter, user)
    reviewer = create_member(matter, Role.REVIEWER)
    reasons = Reasons("internal", "Two companies.")
    submit_decision(claim_item(reviewer), reviewer, True, reasons, None, "1", None)
    past = timezone.now() - timedelta(minutes=11)
    PredictionReview.objects.filter(pk=prediction.pk).update(decided_at=past, released_at=past)
    PairPrecedent.objects.update(active_from=past)
    return prediction


def test_an_item_of_a_matter_goes_to_members_alone(matter: Matter) -> None:
    prediction = ask_about_pair(matter)
    for role in (Role.REVIEWER, Role.LEAD):
        assert queue.claim_next_item(person(role), lead=True) is None
    assert claim_item(create_member(matter, Role.REVIEWER)).prediction == prediction


def test_an_escalated_item_goes_to_a_lead_who_is_a_member(matter: Matter) -> None:
    ask_about_pair(matter)
    ReviewItem.objects.update(for_lead=True)
    assert queue.claim_next_item(person(Role.LEAD), lead=True) is None
    assert queue.claim_next_item(create_member(matter, Role.LEAD), lead=True) is not None


def test_a_lead_who_is_a_member_assigns_one_item_to_a_reviewer_who_is_none(matter: Matter) -> None:
    ask_about_pair(matter)
    other = ask_about_pair(matter, create_member(matter))
    item = ReviewItem.objects.earliest("id")
    reviewer, lead = person(Role.REVIEWER), create_member(matter, Role.LEAD)
    assert assign_items([item.pk], reviewer, person(Role.LEAD)).changed == 0
    assert assign_items([item.pk], reviewer, lead).changed == 1
    assert claim_item(reviewer) == item
    client = Client()
    client.force_login(reviewer)
    page = client.get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert "Larkspur" in page
    stranger = Client()
    stranger.force_login(person(Role.REVIEWER))
    assert stranger.get(reverse("admin:review-decide", args=[item.pk])).status_code == 404
    others = ReviewItem.objects.get(prediction=other)
    assert client.get(reverse("admin:review-decide", args=[others.pk])).status_code == 404


def test_no_stream_draws_a_comparison_of_a_matter(matter: Matter) -> None:
    inside = compare_and_store(matter.created_by, REQUEST, matter=matter)
    outside = compare_and_store(matter.created_by, REQUEST)
    assert (inside.verdict, inside.stream, outside.stream) == ("review", "", "uncertain")
    enqueue_sampled_predictions()
    assert ReviewItem.objects.get().prediction == outside


def test_a_decision_answers_again_in_the_same_matter_alone(matter: Matter) -> None:
    decide_pair(matter)
    author, member = matter.created_by, create_member(matter)

    def answers(user: User, place: Matter | None) -> bool:
        row = compare_and_store(user, REQUEST, matter=place)
        return PredictionReview.objects.filter(prediction=row, decided_by="precedent").exists()

    assert answers(author, matter)
    assert answers(member, matter)
    assert not answers(author, None)
    assert not answers(author, matter_of(author, "0008"))
    review = PredictionReview.objects.filter(decided_by="precedent").latest("pk")
    assert (review.user, review.reason) == (member, "Two companies.")


def test_a_decision_outside_of_matters_does_not_answer_inside(matter: Matter) -> None:
    author = matter.created_by
    enqueue_prediction(compare_and_store(author, REQUEST), ReviewStream.APPEAL)
    reviewer = person(Role.REVIEWER)
    submit_decision(claim_item(reviewer), reviewer, True, Reasons("x", "y"), None, "1", None)
    PairPrecedent.objects.update(active_from=timezone.now() - timedelta(minutes=11))
    inside = compare_and_store(author, REQUEST, matter=matter)
    assert not PredictionReview.objects.filter(prediction=inside).exists()


def test_a_comparison_of_a_matter_does_not_show_that_the_pair_was_asked_before(matter: Matter) -> None:
    comparison_cache.clear()
    compare_and_store(matter.created_by, REQUEST, matter=matter)
    assert compare_and_store(person(), REQUEST).cached is False
    assert compare_and_store(person(), REQUEST).cached is True
    assert compare_and_store(matter.created_by, REQUEST, matter=matter).cached is False


def test_similar_pairs_and_earlier_decisions_stay_behind_the_wall(matter: Matter) -> None:
    member, stranger = create_member(matter, Role.REVIEWER), person(Role.REVIEWER)
    clause = guideline("2").clauses.get()
    rows = []
    for place in (matter, None):
        row = stored_prediction("Acme", "Acme Ltd", matter=place, differences=[{"category": "O06"}])
        fields = {"prediction": row, "source": "adjudication", "reviewer": member, "clause": clause}
        decision = Feedback.objects.create(**fields, user_correction=True)
        fields = {"prediction": row, "clause": clause, "kind": "organisation", "categories": ["O06"]}
        rows.append(Precedent.objects.create(adjudication=decision, **fields))
    inside, outside = rows
    walled = stored_prediction("Acme", "Acme Ltd", matter=matter, differences=[{"category": "O06"}])
    free = stored_prediction("Acme", "Acme Ltd", differences=[{"category": "O06"}])
    assert set(find_precedents(walled, member)) == {inside, outside}
    assert find_precedents(walled, stranger) == find_precedents(free, member) == [outside]
    counts = [len(list_pair_history(row, who)) for row in (walled, free) for who in (member, stranger)]
    assert counts == [2, 1, 1, 1]


def test_that_a_pair_waits_behind_a_wall_hides_no_answer_outside(matter: Matter) -> None:
    ask_about_pair(matter)
    outside = compare_and_store(person(), REQUEST)
    Prediction.objects.filter(pk=outside.pk).update(stream="", selection_probability=None)
    assert not Prediction.objects.filter(build_undecided_condition(), pk=outside.pk).exists()
    assert Prediction.objects.filter(build_undecided_condition(), matter=matter).exists()


def test_who_has_left_is_told_nothing_and_holds_nothing(matter: Matter) -> None:
    member, reviewer = create_member(matter), create_member(matter, Role.REVIEWER)
    prediction = decide_pair(matter, member)
    ask_about_pair(matter, matter.created_by)
    assert Notification.objects.filter(user=member).count() == 1
    waiting = ReviewItem.objects.open().get()
    assign_items([waiting.pk], reviewer, create_member(matter, Role.LEAD))
    claim_item(reviewer)
    for user in (member, reviewer):
        remove_member(matter, user.pk, matter.created_by)
    assert not Notification.objects.filter(user=member).exists()
    assert not WebhookEvent.objects.filter(user=member).exists()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.claimed_by, waiting.assigned_to) == ("open", None, None)
    ReviewItem.objects.filter(prediction=prediction).update(state="open", done_at=None)
    lead = create_member(matter, Role.LEAD)
    submit_decision(claim_item(lead), lead, False, Reasons("x", "y"), None, "1", None)
    assert not Notification.objects.filter(user=member).exists()


def test_of_an_adjudication_in_a_matter_its_leads_are_told(matter: Matter) -> None:
    stranger, lead = person(Role.LEAD), create_member(matter, Role.LEAD)
    ask_about_pair(matter)
    item = ReviewItem.objects.select_related("prediction").get()
    open_follow_up_item(item, ReviewStage.ADJUDICATION)
    told = Notification.objects.filter(kind="adjudication_waits")
    assert [row.user for row in told] == [lead]
    assert not Notification.objects.filter(user=stranger).exists()
