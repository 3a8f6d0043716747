"""The review pages in the admin: blind before the decision, nothing lost, each button does what it says."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.leads.changes import assign_items
from feedback.models import Absence, Draft, Feedback, GoldAnswer, ItemEvent, ReviewItem
from feedback.review import queue
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.compare import sampling
from matching.compare.request import CompareRequest
from matching.compare.service import compare_and_store
from matching.models import Prediction
from tests.models import guideline, installed
from tests.people import person

pytestmark = pytest.mark.django_db

NAMES = ("Xylophonia Quince GmbH & Co. KG", "Xylophonia Quince GmbH")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *args: object) -> str:
    return reverse(f"admin:review-{name}", args=args)


def text(response: Any) -> str:
    return str(response.content.decode())


def picked(**columns: Any) -> Prediction:
    """A real answer of the engine, put into the queue; columns say what the model answered."""
    if not Prediction.objects.exists():
        installed()
    prediction = compare_and_store(person(), CompareRequest(*NAMES))
    fields = {"stream": "uncertain", "selection_probability": 0.5, **columns}
    Prediction.objects.filter(pk=prediction.pk).update(**fields)
    enqueue_sampled_predictions()
    return Prediction.objects.get(pk=prediction.pk)


def taken(client: Client) -> ReviewItem:
    """The item that a reviewer gets by the button."""
    answer = client.post(at("next"))
    return ReviewItem.objects.get(pk=answer["Location"].split("/")[-2])


@pytest.fixture
def reviewer() -> User:
    """Somebody who decides."""
    return person(Role.REVIEWER)


@pytest.fixture
def client(reviewer: User) -> Client:
    """Their browser."""
    return browser(reviewer)


def test_take_judge_and_see_the_models_answer(client: Client, reviewer: User) -> None:
    picked()
    item = taken(client)
    shown = text(client.get(at("decide", item.pk)))
    assert all(word in shown for word in ("Xylophonia", "Quince", "Legal form changed", "ISO 20275"))
    answer = client.post(at("decide", item.pk), {"decision": "material", "text": "A partnership"})
    word = Feedback.objects.get()
    assert answer["Location"] == at("decision", word.pk)
    assert (word.user_correction, word.reviewer, word.prediction_shown) == (True, reviewer, False)
    after = text(client.get(answer["Location"]))
    assert "Model: Material" in after
    assert "Under other profiles" in after


def test_before_the_decision_the_page_says_nothing_of_the_models_answer(client: Client) -> None:
    picked(confidence="0.8731", material_probability="0.1269")
    shown = text(client.get(at("decide", taken(client).pk)))
    plain = re.sub(r"<[^>]+>", " ", shown)
    assert not re.search(r"0[.,]8731|87(\.3)? ?%|0[.,]1269|12(\.7)? ?%", shown)
    assert not re.search(r"Another name:|A rule decided|confidence\b|log-odds|leaning|uncertain", plain)
    assert "effect--" not in shown
    assert "verdict--" not in shown


def test_whatever_the_model_answered_the_page_before_the_decision_is_the_same(client: Client) -> None:
    picked()
    item = taken(client)
    words = {"decided_by": "model", "reason": "Quite another reason", "contributions": {"o_x": 2.5}}
    pages = []
    for verdict, prediction, confidence in (("material", True, "0.99"), ("review", False, None)):
        row = Prediction.objects.get()
        row.verdict, row.prediction, row.confidence = verdict, prediction, confidence
        effect = {"material": "material", "review": "equal"}[verdict]
        row.differences = [{**difference, "effect": effect} for difference in row.differences]
        row.stream = {"material": "audit", "review": "uncertain"}[verdict]
        row.words = re.sub(r'"decided_by": "\w+"', f'"decided_by": "{words["decided_by"]}"', row.words)
        row.save()
        ReviewItem.objects.update(stream=row.stream)
        page = text(client.get(at("decide", item.pk)))
        pages.append(re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", page))
    assert pages[0] == pages[1]


def test_a_second_reviewer_sees_neither_the_first_word_nor_that_there_was_one(client: Client) -> None:
    picked(prediction=False, verdict="immaterial")
    first = taken(client)
    blind = text(client.get(at("decide", first.pk)))
    client.post(at("decide", first.pk), {"decision": "material", "text": "Zanzibar is the reason"})
    other = browser(person(Role.REVIEWER))
    second = taken(other)
    assert second.stage == "second"
    shown = text(other.get(at("decide", second.pk)))
    assert "Zanzibar" not in shown
    assert "econd review" not in shown
    assert shown.count("<section") == blind.count("<section")


def test_the_third_person_hears_both_cites_a_clause_and_makes_a_precedent_that_appears(
    client: Client,
) -> None:
    clause = guideline().clauses.get()
    picked(prediction=True, verdict="material")
    client.post(at("decide", taken(client).pk), {"decision": "immaterial", "text": "Zanzibar"})
    other = browser(person(Role.REVIEWER))
    other.post(at("decide", taken(other).pk), {"decision": "material", "text": "Timbuktu"})
    lead = browser(person(Role.LEAD))
    item = taken(lead)
    shown = text(lead.get(at("decide", item.pk)))
    assert "Zanzibar" in shown
    assert "Timbuktu" in shown
    refused = lead.post(at("decide", item.pk), {"decision": "material", "text": "So be it"})
    assert refused.status_code == 422
    assert "Cite the clause" in text(refused)
    assert "So be it" in text(refused)
    lead.post(at("decide", item.pk), {"decision": "material", "text": "So be it", "clause": clause.pk})
    picked()
    judging = text(client.get(at("decide", taken(client).pk)))
    assert "clause 1.1 Same words" in judging
    assert judging.index('id="precedents"') < judging.index("clause 1.1 Same words")


def test_showing_an_item_is_recorded_with_the_precedents_shown(client: Client, reviewer: User) -> None:
    prediction = picked()
    item = taken(client)
    client.get(at("decide", item.pk))
    event = AuditEvent.objects.filter(action="prediction.names_revealed").latest("id")
    assert (event.actor, event.object_id, event.detail) == (reviewer, str(prediction.pk), {"precedents": []})


def test_who_cannot_tell_says_what_is_missing_and_nothing_typed_is_lost(client: Client) -> None:
    picked()
    item = taken(client)
    refused = client.post(at("decide", item.pk), {"decision": "cannot_tell", "text": ""})
    assert refused.status_code == 422
    assert "Say which fact is missing" in text(refused)
    client.post(at("decide", item.pk), {"decision": "cannot_tell", "text": "The extract"})
    assert Feedback.objects.get().user_correction is None


def test_a_submit_after_the_claim_ran_out_keeps_the_draft_and_says_so(client: Client, reviewer: User) -> None:
    picked()
    item = taken(client)
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    late = client.post(at("decide", item.pk), {"decision": "material", "text": "Two companies"})
    assert late.status_code == 409
    assert "Your claim on this item ran out" in text(late)
    assert "Two companies" in text(late)
    assert not Feedback.objects.exists()
    back = client.post(at("reclaim", item.pk), follow=True)
    assert "Two companies" in text(back)
    assert Draft.objects.get().reviewer == reviewer
    client.post(at("decide", item.pk), {"decision": "material", "text": "Two companies"})
    assert Feedback.objects.get().feedback_text == "Two companies"
    assert not Draft.objects.exists()


def test_an_item_that_another_took_meanwhile_is_not_given_back(client: Client) -> None:
    picked()
    item = taken(client)
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    client.post(at("decide", item.pk), {"decision": "material", "text": "Kept words"})
    taken(browser(person(Role.REVIEWER)))
    answer = client.post(at("reclaim", item.pk), follow=True)
    assert "Somebody else has this item" in text(answer)
    assert Draft.objects.get().text == "Kept words"


def test_the_same_form_sent_twice_decides_once(client: Client) -> None:
    picked()
    item = taken(client)
    form = {"decision": "material", "text": "x"}
    answers = [client.post(at("decide", item.pk), form)["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert Feedback.objects.count() == 1


def test_an_item_of_another_is_not_shown(client: Client) -> None:
    picked()
    item = taken(client)
    shown = text(browser(person(Role.REVIEWER)).get(at("decide", item.pk)))
    assert "Xylophonia" not in shown
    assert "not yours" in shown


def test_the_next_item_is_the_one_in_hand(client: Client) -> None:
    picked()
    picked()
    assert taken(client) == taken(client)


def test_a_heartbeat_extends_the_claim_and_keeps_what_is_typed(client: Client) -> None:
    picked()
    item = taken(client)
    ReviewItem.objects.update(claimed_until=timezone.now() + timedelta(seconds=5))
    assert client.post(at("heartbeat", item.pk), {"text": "So far"}).json() == {"held": True}
    item.refresh_from_db()
    assert item.claimed_until is not None
    assert item.claimed_until > timezone.now() + timedelta(minutes=10)
    assert "So far" in text(client.get(at("decide", item.pk)))
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=5))
    assert client.post(at("heartbeat", item.pk), {"text": "And on"}).json() == {"held": False}
    assert Draft.objects.get().text == "And on"


@pytest.mark.parametrize("do", ["skip", "postpone", "escalate", "park"])
def test_passing_an_item_on_needs_a_reason(client: Client, do: str) -> None:
    picked()
    item = taken(client)
    refused = client.post(at("pass", item.pk), {"do": do, "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in text(refused)
    assert ReviewItem.objects.get().state == "claimed"


def test_a_skipped_item_goes_to_somebody_else(client: Client) -> None:
    picked()
    item = taken(client)
    client.post(at("pass", item.pk), {"do": "skip", "reason": "I know Quince"})
    assert "Nothing is waiting" in text(client.post(at("next"), follow=True))
    assert taken(browser(person(Role.REVIEWER))) == item
    assert ItemEvent.objects.get().reason == "I know Quince"
    assert "Quince" not in str(list(AuditEvent.objects.values("detail")))


def test_a_postponed_item_comes_back_to_the_same_person(client: Client) -> None:
    picked()
    item = taken(client)
    client.post(at("pass", item.pk), {"do": "postpone", "hours": "4", "reason": "Lunch"})
    assert "Nothing is waiting" in text(client.post(at("next"), follow=True))
    assert "Lunch" in text(client.get(at("queue")))
    ReviewItem.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    assert ReviewItem.objects.claim(person(Role.REVIEWER), timezone.now()) is None
    assert taken(client) == item


def test_an_escalated_item_goes_to_a_lead(client: Client) -> None:
    picked()
    item = taken(client)
    client.post(at("pass", item.pk), {"do": "escalate", "reason": "No clause fits"})
    assert ReviewItem.objects.claim(person(Role.REVIEWER), timezone.now()) is None
    lead = browser(person(Role.LEAD))
    assert taken(lead) == item
    assert "No clause fits" in text(lead.get(at("decide", item.pk)))


def test_an_item_waits_for_a_document_and_comes_back_with_a_note(client: Client) -> None:
    picked()
    item = taken(client)
    client.post(at("pass", item.pk), {"do": "park", "reason": "Certificate of name change"})
    assert "Certificate of name change" in text(client.get(at("queue")))
    assert "Nothing is waiting" in text(client.post(at("next"), follow=True))
    client.post(at("resume", item.pk), {"note": "Certificate of 3 May"})
    assert taken(client) == item
    assert "Certificate of 3 May" in text(client.get(at("decide", item.pk)))


def test_overriding_the_model_without_a_reason_stops_before_the_next_item(client: Client) -> None:
    picked(prediction=False, verdict="immaterial")
    client.post(at("decide", taken(client).pk), {"decision": "material", "text": ""})
    word = Feedback.objects.get()
    picked()
    stopped = client.post(at("next"), follow=True)
    assert "say why" in text(stopped)
    client.post(at("decision", word.pk), {"do": "reason", "text": "Two registers"})
    word.refresh_from_db()
    assert word.feedback_text == "Two registers"
    assert "/decide" in client.post(at("next"))["Location"]


def test_an_answer_is_revised_once_and_with_a_reason(client: Client) -> None:
    picked()
    client.post(at("decide", taken(client).pk), {"decision": "immaterial", "text": "x"})
    word = Feedback.objects.get()
    refused = client.post(at("decision", word.pk), {"do": "revise", "decision": "material", "text": ""})
    assert "the reason of the revision" in text(refused)
    client.post(at("decision", word.pk), {"do": "revise", "decision": "material", "text": "The form"})
    assert "Revised:" in text(client.get(at("decision", word.pk)))
    assert sorted(str(row.user_correction) for row in Feedback.objects.all()) == ["False", "True"]


def test_undo_brings_the_item_back_with_what_was_typed(client: Client) -> None:
    picked()
    item = taken(client)
    client.post(at("decide", item.pk), {"decision": "material", "text": "Hasty words"})
    back = client.post(at("undo", Feedback.objects.get().pk), follow=True)
    assert "Hasty words" in text(back)
    assert ReviewItem.objects.get(pk=item.pk).state == "claimed"


def test_anothers_decision_is_neither_seen_nor_undone(client: Client) -> None:
    picked()
    client.post(at("decide", taken(client).pk), {"decision": "material", "text": "x"})
    word = Feedback.objects.get()
    other = browser(person(Role.REVIEWER))
    assert other.get(at("decision", word.pk)).status_code == 404
    other.post(at("undo", word.pk))
    assert Feedback.objects.not_withdrawn().exists()


def test_somebody_out_of_office_gets_nothing_and_holds_nothing(client: Client, reviewer: User) -> None:
    picked()
    item = taken(client)
    client.post(at("absence"), {"until": str(timezone.now().date())})
    assert ReviewItem.objects.get().state == "open"
    assert "out of office" in text(client.post(at("next"), follow=True))
    with pytest.raises(queue.ReviewerAbsentError):
        assign_items([item.pk], reviewer, person(Role.LEAD))
    client.post(at("absence"), {"back": "1"})
    assert taken(client) == item
    assert "passed" in text(client.post(at("absence"), {"until": "2001-01-01"}, follow=True))
    assert Absence.objects.count() == 1


def test_what_a_lead_assigns_comes_first_and_to_nobody_else(client: Client, reviewer: User) -> None:
    early, late = picked(), picked()
    item = ReviewItem.objects.get(prediction=late)
    assert assign_items([item.pk], reviewer, person(Role.LEAD)).changed == 1
    assert taken(browser(person(Role.REVIEWER))).prediction_id == early.pk
    assert taken(client) == item


def test_a_known_answer_looks_like_any_item_and_is_told_afterwards(client: Client) -> None:
    gold = picked(stream="gold", selection_probability=1.0)
    GoldAnswer.objects.create(prediction=gold, material=True, why="The form is another")
    sampling.cache_policy(sampling.SamplingPolicy(second=0, gold=1.0), 60)
    item = taken(client)
    shown = text(client.get(at("decide", item.pk)))
    assert "known" not in re.sub(r"<[^>]+>", " ", shown)
    client.post(at("decide", item.pk), {"decision": "immaterial", "text": "x"})
    after = text(client.get(at("decision", Feedback.objects.get().pk)))
    assert "The form is another" in after
    assert not Feedback.objects.for_training().exists()
    assert "Nothing is waiting" in text(client.post(at("next"), follow=True))


def test_an_item_whose_names_were_erased_is_closed(client: Client) -> None:
    picked()
    item = taken(client)
    Prediction.objects.update(erased_at=timezone.now())
    assert "erased meanwhile" in text(client.get(at("decide", item.pk), follow=True))
    assert ReviewItem.objects.get().state == "done"


def test_only_reviewers_open_the_review_queue() -> None:
    for role in (Role.MODEL_ENGINEER, Role.AUDITOR, Role.APPROVER):
        assert browser(person(role)).get(at("queue")).status_code in (302, 403)
    assert browser(person(Role.REVIEWER)).get(at("queue")).status_code == 200


def test_the_queue_does_not_tell_a_reviewer_why_an_item_was_picked(client: Client) -> None:
    picked()
    page = reverse("admin:feedback_reviewitem_changelist")
    assert "Verdict: review" not in text(client.get(page))
    assert "Verdict: review" in text(browser(person(Role.LEAD)).get(page))


def test_the_page_of_an_item_takes_a_fixed_number_of_queries(client: Client) -> None:
    for _ in range(6):
        picked()
    item = taken(client)
    client.get(at("decide", item.pk))
    with CaptureQueriesContext(
        connection,
    ) as spent:
        client.get(at("decide", item.pk))
    assert len(spent) <= 22
