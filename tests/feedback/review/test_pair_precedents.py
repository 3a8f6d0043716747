"""A settled pair is answered by its decision: the same question only, and only while that holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.dates import format_moment
from accounts.models import AuditEvent, Role, User
from feedback.guideline.service import publish_guideline, start_draft
from feedback.guideline.starting_guideline import publish_starting_guideline
from feedback.models import Feedback, Guideline, ReviewItem
from feedback.review import queue
from feedback.review.decisions import Reasons, revise_decision, submit_client_feedback, submit_decision
from feedback.review.enqueueing import enqueue_prediction, enqueue_sampled_predictions
from feedback.review.precedents import PrecedentError, revoke_precedent
from matching.compare import sampling
from matching.compare.precedents import compute_precedent_key
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store, compare_batch
from matching.engine import Context
from matching.models import PairPrecedent, Prediction, PredictionReview, ReviewStream
from tests.models import erased, guideline, installed
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

CONTEXT = Context(
    jurisdiction_left="DE",
    jurisdiction_right="US-DE",
    register="right",
    identifiers_left={"lei": "1"},
    identifiers_right={"lei": "2"},
)
REQUEST = CompareRequest("Larkspur Holdings", "Larkspur Holdings, Inc.", "kyc", context=CONTEXT)
SWAPPED = CompareRequest(
    REQUEST.name2,
    REQUEST.name1,
    "kyc",
    context=Context(
        jurisdiction_left="US-DE",
        jurisdiction_right="DE",
        register="left",
        identifiers_left={"lei": "2"},
        identifiers_right={"lei": "1"},
    ),
)


@pytest.fixture(autouse=True)
def installation() -> None:
    """A live model and a guideline in force; a pair that needs a person is not drawn by itself."""
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=0), 3600)
    installed()
    guideline("1")


@pytest.fixture
def user() -> User:
    """Somebody who asks."""
    return person()


def decide(
    user: User, request: CompareRequest = REQUEST, material: bool | None = True, version: str = "1"
) -> Feedback:
    """A decision of a reviewer on a pair of the user, final."""
    prediction = compare_and_store(user, request)
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    return settle(material, version)


def settle(material: bool | None = True, version: str = "1") -> Feedback:
    """Decide what waits, also in second review, and let the time to undo it pass."""
    text, rows = Reasons("internal", "Two companies are registered."), []
    while item := queue.claim_next_item(reviewer := person(Role.REVIEWER)):
        rows.append(submit_decision(item, reviewer, material, text, guideline_version=version))
    release()
    return rows[0]


def release() -> None:
    """Let the time pass in which the decisions can be undone."""
    past = timezone.now() - timedelta(seconds=1)
    PairPrecedent.objects.update(active_from=past)
    for row in PredictionReview.objects.filter(status="decided"):
        row.decided_at, row.released_at = past, past
        row.save()


def answer(user: User, request: CompareRequest = REQUEST) -> str:
    """How the API answers: the decision of a precedent, or nothing."""
    prediction = compare_and_store(user, request)
    review = prediction.current_review
    if review is None:
        assert not PredictionReview.objects.filter(pk=prediction.pk).exists()
        return ""
    assert review.decided_by == "precedent"
    return review.decision


def test_a_settled_pair_is_answered_in_either_order(user: User) -> None:
    assert answer(user) == ""
    decide(user)
    assert (answer(user), answer(user, SWAPPED)) == ("material", "material")


def test_the_response_has_the_earlier_decision_and_the_own_verdict_of_the_model(user: User) -> None:
    decide(user)
    client = signed_in(user)
    body = {"name1": "Larkspur Holdings", "name2": "Larkspur Holdings, Inc.", "profile": "kyc"}
    assert client.post("/api/v1/compare", body).json()["review"]["status"] == "available"
    decide(user, CompareRequest(body["name1"], body["name2"], "kyc"))
    shown = client.post("/api/v1/compare", body).json()
    assert (shown["verdict"], shown["review"]["verdict"]) == ("review", "material")
    assert (shown["review"]["status"], shown["review"]["decided_by"]) == ("decided", "precedent")
    assert shown["review"]["reason"] == "Two companies are registered."
    assert client.get(f"/api/v1/predictions/{shown['id']}").json()["review"] == shown["review"]
    memo = client.get(shown["review"]["memo"], {"file": "json"}).json()
    assert (memo["decisions"][0]["stage"], memo["final"]) == ("Precedent", "material")
    page = Client()
    page.force_login(user)
    assert "Precedent: Material" in page.get(reverse("answer-page", args=[shown["id"]])).content.decode()


OTHER_QUESTIONS = {
    "another profile": replace(REQUEST, profile="general"),
    "another kind": replace(REQUEST, kind="individual"),
    "another name": replace(REQUEST, name1="Larkspur Holding"),
    "another letter case": replace(REQUEST, name1="LARKSPUR HOLDINGS"),
    "another jurisdiction": replace(REQUEST, context=replace(CONTEXT, jurisdiction_left="FR")),
    "another registered name": replace(REQUEST, context=replace(CONTEXT, register="left")),
    "another identifier": replace(REQUEST, context=replace(CONTEXT, identifiers_right={"lei": "3"})),
    "identifiers exchanged": replace(
        REQUEST, context=replace(CONTEXT, identifiers_left={"lei": "2"}, identifiers_right={"lei": "1"})
    ),
    "no context": replace(REQUEST, context=Context()),
    "names exchanged without their facts": replace(REQUEST, name1=REQUEST.name2, name2=REQUEST.name1),
}


@pytest.mark.parametrize("question", OTHER_QUESTIONS)
def test_another_question_is_not_answered(user: User, question: str) -> None:
    decide(user)
    assert answer(user, OTHER_QUESTIONS[question]) == ""


def test_another_user_is_answered_only_where_the_installation_shares(user: User, settings: Settings) -> None:
    decide(user)
    other = person()
    assert answer(other) == ""
    settings.PRECEDENTS_SHARED = True
    assert answer(other) == "material"
    shown = PredictionReview.objects.get(user=other)
    assert shown.reason == ""


def test_an_installation_switches_it_off_for_a_profile(user: User, settings: Settings) -> None:
    decide(user)
    settings.PRECEDENTS_OFF_PROFILES = ["kyc"]
    assert answer(user) == ""
    settings.PRECEDENTS_OFF_PROFILES = ["ucc"]
    assert answer(user) == "material"


def publish(version: str, **changes: str) -> None:
    """Put another version in force, in which clauses of these categories or titles read otherwise."""
    draft = start_draft(person(Role.LEAD), version)
    for name, value in changes.items():
        lookup = {"categories": [value]} if name == "category" else {f"title__{name}": value}
        assert draft.clauses.filter(**lookup).update(text="It reads otherwise now.")
    publish_guideline(draft, person(Role.LEAD))


def test_a_change_of_a_clause_that_a_pair_rests_on_asks_again(user: User) -> None:
    """`Inc.` is missing on one side: O11. The whole starting guideline is in force."""
    Guideline.objects.all().delete()
    publish_starting_guideline()
    assert decide(user).prediction.categories == {"O11"}
    publish("2", category="O11")
    assert answer(user) == ""
    assert PairPrecedent.objects.get().end_reason == "guideline"
    event = AuditEvent.objects.filter(action="guideline.published").latest("at")
    assert event.detail["precedents_ended"] == 1


@pytest.mark.parametrize(
    ("changes", "answered"),
    [
        ({"category": "O08"}, "material"),
        ({"endswith": "(ucc)"}, "material"),
        ({"endswith": "(kyc)"}, ""),
        ({"startswith": "One letter"}, ""),
        ({"startswith": "Reasons"}, ""),
    ],
)
def test_a_guideline_ends_the_precedents_that_its_changes_touch(
    user: User, changes: dict[str, str], answered: str
) -> None:
    """Another category or another profile touches nothing; a principle touches every decision."""
    Guideline.objects.all().delete()
    publish_starting_guideline()
    decide(user)
    publish("2", **changes)
    assert answer(user) == answered
    publish("3", category="O11")
    assert answer(user) == ""


def test_renumbered_clauses_touch_no_precedent(user: User) -> None:
    decide(user)
    draft = start_draft(person(Role.LEAD), "2")
    draft.clauses.update(number="7.1")
    publish_guideline(draft, None)
    assert answer(user) == "material"


def test_a_pair_whose_cited_clause_changes_is_asked_again(user: User) -> None:
    """The clause that an adjudication cites counts whatever its categories are."""
    clause = Guideline.objects.get().clauses.create(
        number="1.2", title="Endings", text="They count.", categories=["O33"]
    )
    row = decide(user)
    Feedback.objects.filter(pk=row.pk).update(clause=clause)
    publish("2", category="O33")
    assert answer(user) == ""


def test_a_pair_without_a_known_difference_is_asked_again(user: User) -> None:
    row = decide(user)
    Prediction.objects.filter(pk=row.prediction_id).update(differences=[])
    publish("2", category="O06")
    assert answer(user) == ""


def test_a_difference_that_the_reviewers_were_not_shown_is_a_new_question(user: User) -> None:
    row = decide(user)
    Prediction.objects.filter(pk=row.prediction_id).update(differences=[{"category": "O08"}])
    assert answer(user) == ""


def test_a_decision_says_when_its_guideline_was_replaced(user: User) -> None:
    row, client = decide(user), signed_in(user)
    address = f"/api/v1/predictions/{row.prediction_id}"
    assert client.get(address).json()["review"]["guideline_replaced_at"] is None
    publish("2", category="O06")
    published = Guideline.objects.get(version="2").published_at
    assert published
    review = client.get(address).json()["review"]
    assert (review["guideline"], review["guideline_replaced_at"]) == ("1", published.isoformat())
    kept = compare_and_store(user, REQUEST)
    page = Client()
    page.force_login(user)
    for prediction in (row.prediction_id, kept.pk):
        shown = page.get(reverse("answer-page", args=[prediction])).content.decode()
        assert f"guideline 1 (in force until {format_moment(published)})" in shown


def test_a_decision_under_an_earlier_guideline_answers_nothing(user: User) -> None:
    decide(user, version="0")
    assert answer(user) == ""
    decide(user, replace(REQUEST, profile="strict"), version="")
    assert not PairPrecedent.objects.exists()


def test_a_decision_revised_under_another_guideline_answers_nothing(user: User) -> None:
    row = decide(user)
    publish_guideline(start_draft(person(Role.LEAD), "2"), None)
    revise_decision(row, row.reviewer, False, "Looked again")
    release()
    assert answer(user) == ""


def test_cannot_tell_is_no_precedent(user: User) -> None:
    decide(user, material=None)
    assert not PairPrecedent.objects.exists()


def test_a_decision_that_can_be_undone_answers_nothing_yet(user: User) -> None:
    decide(user)
    PairPrecedent.objects.update(active_from=timezone.now() + timedelta(minutes=1))
    assert answer(user) == ""


def test_a_reopened_decision_answers_nothing(user: User) -> None:
    row = decide(user)
    submit_client_feedback(user, row.prediction, user_correction=not row.prediction.prediction)
    assert answer(user) == ""
    assert PairPrecedent.objects.get().end_reason == "reopened"


def test_the_same_decision_again_replaces_and_the_opposite_one_ends_both(user: User) -> None:
    decide(user)
    decide(user)
    assert answer(user) == "material"
    assert PairPrecedent.objects.filter(ended_at=None).count() == 1
    decide(user, material=False)
    assert answer(user) == ""
    assert set(PairPrecedent.objects.values_list("end_reason", flat=True)) == {"replaced", "contradicted"}


def test_two_users_whose_decisions_differ_have_no_shared_precedent(user: User, settings: Settings) -> None:
    settings.PRECEDENTS_SHARED = True
    settings.PRECEDENTS_OFF_PROFILES = ["kyc"]
    decide(user)
    decide(person(), material=False)
    settings.PRECEDENTS_OFF_PROFILES = []
    assert PairPrecedent.objects.filter(ended_at=None).count() == 2
    assert answer(person()) == ""


def test_a_revoked_precedent_is_not_used_and_its_answers_are_withdrawn(user: User) -> None:
    decide(user)
    assert answer(user) == "material"
    lead = person(Role.LEAD)
    precedent = PairPrecedent.objects.get()
    assert revoke_precedent(precedent, lead, "The register was misread") == 1
    assert answer(user) == ""
    withdrawn = PredictionReview.objects.get(precedent=precedent)
    assert (withdrawn.status, withdrawn.decision) == ("withdrawn", "")
    event = AuditEvent.objects.get(action="pair_precedent.revoked")
    assert (event.actor, event.detail) == (lead, {"reason": "The register was misread", "answers": 1})
    with pytest.raises(PrecedentError):
        revoke_precedent(precedent, lead, "again")


def test_leads_revoke_in_the_admin_and_reviewers_do_not(user: User) -> None:
    decide(user)
    address = reverse("admin:matching_pairprecedent_revoke", args=[PairPrecedent.objects.get().pk])
    browser = Client()
    browser.force_login(person(Role.REVIEWER))
    assert browser.post(address, {"reason": "no", "confirm": "yes"}).status_code == 403
    browser.force_login(person(Role.LEAD))
    browser.post(address, {"reason": "The register was misread", "confirm": "yes"})
    assert PairPrecedent.objects.get().end_reason == "revoked"


def test_erased_names_are_no_precedent_and_leave_no_digest(user: User) -> None:
    row = decide(user)
    erased(row.prediction)
    assert answer(user) == ""
    precedent = PairPrecedent.objects.get()
    assert (precedent.key, precedent.end_reason) == ("", "erased")


def test_an_answered_pair_is_drawn_for_the_audit_only(user: User) -> None:
    decide(user)
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=1), 3600)
    assert compare_and_store(user, REQUEST).stream == ""
    assert compare_and_store(user, replace(REQUEST, context=Context())).stream == "uncertain"
    sampling.cache_policy(sampling.SamplingPolicy(audit=1, second=0, gold=0), 3600)
    audited = compare_and_store(user, REQUEST)
    assert audited.stream == "audit"
    enqueue_sampled_predictions()
    assert PredictionReview.objects.get(pk=audited.pk).decided_by == "precedent"
    assert ReviewItem.objects.filter(prediction=audited).exists()


def test_an_audit_that_decides_differently_replaces_the_answer(user: User) -> None:
    decide(user)
    audited = compare_and_store(user, REQUEST)
    Prediction.objects.filter(pk=audited.pk).update(stream="audit", selection_probability=1.0)
    enqueue_sampled_predictions()
    settle(material=False)
    review = PredictionReview.objects.get(pk=audited.pk)
    assert (review.decided_by, review.decision, review.precedent) == ("reviewers", "immaterial", None)
    assert answer(user) == ""


@pytest.mark.usefixtures("single_reads")
def test_a_batch_looks_all_pairs_up_at_once(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    decide(user)
    fresh = [replace(REQUEST, name1=f"Larkspur Holdings {number}") for number in range(20)]
    with django_assert_num_queries(2):  # the look-up, the predictions
        compare_batch(user, fresh)
    with django_assert_num_queries(6):  # the look-up, the precedent; begin, predictions, reviews, commit
        outcomes = compare_batch(user, [REQUEST, *fresh, SWAPPED])
    answered = [row for row in outcomes if isinstance(row, Prediction) and row.current_review]
    assert len(answered) == 2


def test_the_cache_of_the_process_holds_no_precedent(user: User) -> None:
    assert answer(user) == ""
    row = decide(user)
    assert compare_and_store(user, REQUEST).cached
    assert answer(user) == "material"
    revoke_precedent(PairPrecedent.objects.get(), row.reviewer, "misread")
    assert answer(user) == ""


def test_the_key_is_the_same_in_either_order_and_hides_the_names() -> None:
    key = compute_precedent_key(REQUEST, "organisation")
    assert key == compute_precedent_key(SWAPPED, "organisation")
    others = {compute_precedent_key(request, "organisation") for request in OTHER_QUESTIONS.values()}
    assert key not in others - {compute_precedent_key(OTHER_QUESTIONS["another kind"], "organisation")}
    assert len(key) == 64


@pytest.mark.parametrize("columns", [{"guideline_version": ""}, {"key": ""}, {"end_reason": "revoked"}])
def test_the_database_refuses_half_a_precedent(user: User, columns: dict[str, Any]) -> None:
    decide(user)
    row = PairPrecedent.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PairPrecedent.objects.filter(pk=row.pk).update(**columns)
