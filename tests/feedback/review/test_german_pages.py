"""In German the pages of reviewers say nothing in English, with items, decisions and figures on them."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from feedback.models import Draft, Feedback, GoldAnswer, ReviewItem
from feedback.review.enqueueing import enqueue_prediction
from matching.compare import sampling
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction, ReviewStream
from tests.access.test_german import find_english
from tests.models import guideline, installed
from tests.people import person

pytestmark = pytest.mark.django_db

NAMES = ("Xylophonia Quince GmbH & Co. KG", "Xylophonia Quince GmbH")


@pytest.fixture(autouse=True)
def clause_id() -> int:
    """A guideline and a model, and a queue that nothing is drawn for."""
    sampling.cache_policy(sampling.SamplingPolicy(audit=0, second=0, gold=0, uncertain=0), 3600)
    installed()
    return guideline("1").clauses.get().pk


def browse(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *args: object) -> str:
    return reverse(f"admin:review-{name}", args=args)


def enqueue() -> Prediction:
    """A real answer of the engine, in the queue, which a reviewer overrides by *immaterial*."""
    prediction = compare_and_store(person(), CompareRequest(*NAMES))
    Prediction.objects.filter(pk=prediction.pk).update(prediction=True, verdict="material")
    enqueue_prediction(prediction, ReviewStream.APPEAL)
    return prediction


def claim(client: Client) -> ReviewItem:
    return ReviewItem.objects.get(pk=client.post(at("next"))["Location"].split("/")[-2])


def decide(client: Client, **form: object) -> Feedback:
    item = claim(client)
    client.post(at("decide", item.pk), form)
    return Feedback.objects.filter(item=item).latest("id")


def test_a_reviewer_reads_german_before_and_after_the_decision() -> None:
    reviewer = person(Role.REVIEWER)
    client = browse(reviewer)
    for answer in ({"do": "park", "reason": "X1"}, {"do": "postpone", "hours": "4", "reason": "X2"}):
        enqueue()
        client.post(at("pass", claim(client).pk), answer)
    enqueue()
    overridden = decide(client, decision="immaterial", text="")
    assert find_english(client, [at("decision", overridden.pk), at("queue"), at("quality-mine")]) == {}
    client.post(at("decision", overridden.pk), {"do": "reason", "text": "X3"})
    client.post(at("decision", overridden.pk), {"do": "revise", "decision": "material", "text": "X4"})
    enqueue()
    item = claim(client)
    Draft.objects.create(item=item, reviewer=reviewer, decision="material", text="X5", client_reason="X6")
    assert find_english(client, [at("decide", item.pk), at("decision", overridden.pk)]) == {}
    assert find_english(browse(person(Role.REVIEWER)), [at("decide", item.pk)]) == {}


def test_a_lead_reads_german_when_adjudicating_and_of_the_figures(clause_id: int) -> None:
    prediction = enqueue()
    decide(browse(person(Role.REVIEWER)), decision="immaterial", text="X1", confidence="0.6")
    decide(browse(person(Role.REVIEWER)), decision="material", text="X2", clause=clause_id)
    GoldAnswer.objects.create(prediction=prediction, material=True, why="X3")
    lead = browse(person(Role.LEAD))
    item = claim(lead)
    pages = [at("decide", item.pk), at("quality-team"), reverse("admin:feedback_goldanswer_changelist")]
    assert find_english(lead, pages) == {}
    lead.post(at("decide", item.pk), {"decision": "material", "text": "X4", "clause": clause_id})
    enqueue()
    assert find_english(lead, [at("decide", claim(lead).pk), at("queue")]) == {}
