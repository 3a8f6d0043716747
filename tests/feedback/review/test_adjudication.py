"""A lead who adjudicates sees both decisions side by side, and cites a clause of the guideline in force."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from feedback.guideline.service import publish_guideline, start_draft
from feedback.models import Clause, Feedback, Precedent, ReviewItem
from feedback.review import queue
from feedback.review.decisions import Reasons, revise_decision, submit_decision
from feedback.review.enqueueing import enqueue_prediction
from matching.compare import sampling
from matching.models import PredictionReview, ReviewStream
from tests.models import guideline, installed, stored_prediction
from tests.people import browse, person, text
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clause() -> Clause:
    """A guideline of one clause, and a queue that nothing is drawn for."""
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=0), 3600)
    installed()
    return guideline("1").clauses.get()


def decide_differently(clause: Clause | None = None) -> tuple[Feedback, Feedback]:
    """Two decisions that differ, so that a lead adjudicates."""
    prediction = stored_prediction("Kestrel Foods", "Kestrel Foods Ltd", differences=[])
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    first = submit_decision(
        claim_item(anna), anna, True, Reasons("Another form."), Decimal("0.6"), "1", clause
    )
    second = submit_decision(claim_item(ben), ben, False, Reasons("The same <company>.", "One company."))
    return first, second


def open_adjudication(lead: User) -> tuple[Client, ReviewItem]:
    client = browse(lead)
    return client, claim_item(lead, lead=True)


def page_of(item: ReviewItem) -> str:
    return reverse("admin:review-decide", args=[item.pk])


def test_both_decisions_stand_side_by_side_with_reason_clause_and_certainty(clause: Clause) -> None:
    first, second = decide_differently(clause)
    revise_decision(second, second.reviewer, None, "On reflection a fact is missing.")
    client, item = open_adjudication(person(Role.LEAD))
    page = text(client.get(page_of(item)))
    assert "What the two reviewers decided" in page
    assert page.index("Another form.") < page.index("The same &lt;company&gt;.")
    assert f'href="{clause.get_absolute_url()}"' in page
    assert "Not very sure" in page
    assert "On reflection a fact is missing." in page
    assert "One company." in page
    assert first.reviewer.email not in page
    assert first.reviewer.get_full_name() not in page


def test_a_clause_of_an_earlier_version_is_marked_as_such(clause: Clause) -> None:
    decide_differently(clause)
    lead = person(Role.LEAD)
    publish_guideline(start_draft(lead, "2"), lead)
    client, item = open_adjudication(lead)
    assert "version 1, no longer in force" in text(client.get(page_of(item)))


def test_an_adjudication_needs_a_reason_and_a_clause_in_force(clause: Clause) -> None:
    decide_differently()
    lead = person(Role.LEAD)
    client, item = open_adjudication(lead)
    form = {"decision": "material", "text": "", "client_reason": "", "confidence": "", "clause": ""}
    refused = client.post(page_of(item), form)
    assert refused.status_code == 422
    assert "Give the reason" in text(refused)
    assert "Cite the clause that decides it." in text(refused)
    publish_guideline(start_draft(lead, "2"), lead)
    late = client.post(page_of(item), {**form, "text": "Another form.", "clause": str(clause.pk)})
    assert late.status_code == 422
    assert "This clause is not in the guideline in force" in text(late)
    current = Clause.objects.get(guideline__version="2")
    done = client.post(page_of(item), {**form, "text": "Another form.", "clause": str(current.pk)})
    assert done.status_code == 302
    assert Precedent.objects.get().clause == current
    shown = text(client.get(done["Location"]))
    assert f'href="{current.get_absolute_url()}"' in shown


def test_a_reviewer_may_cite_a_clause_and_the_requester_reads_it(clause: Clause) -> None:
    prediction = stored_prediction("Kestrel Foods", "Kestrel Foods Ltd", differences=[])
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    anna = person(Role.REVIEWER)
    client, item = browse(anna), claim_item(anna)
    assert "Cite a clause" in text(client.get(page_of(item)))
    form = {"decision": "immaterial", "text": "", "client_reason": "", "confidence": ""}
    assert client.post(page_of(item), {**form, "clause": str(clause.pk)}).status_code == 302
    decision = Feedback.objects.get(prediction=prediction)
    assert decision.clause == clause
    assert PredictionReview.objects.get(pk=prediction.pk).clause == str(clause)
    assert not Precedent.objects.exists()
    again = revise_decision(decision, anna, False, "Still so.")
    assert again.clause == clause


def test_the_second_reviewer_sees_neither_the_first_decision_nor_its_clause(clause: Clause) -> None:
    prediction = stored_prediction("Kestrel Foods", "Kestrel Foods Ltd", differences=[])
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    anna, ben = person(Role.REVIEWER), person(Role.REVIEWER)
    submit_decision(claim_item(anna), anna, True, Reasons("Another form."), clause=clause)
    item = queue.claim_next_item(ben)
    assert item is not None
    page = text(browse(ben).get(page_of(item)))
    assert "Another form." not in page
    assert "What the two reviewers decided" not in page
