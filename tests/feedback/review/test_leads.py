"""What leads do in the admin: set shares, write the guideline, add known answers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from feedback.guideline.publication import preview_publication
from feedback.models import GoldAnswer, Guideline
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.compare import sampling
from matching.models import ReviewPolicy
from tests.models import guideline, installed
from tests.people import person

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(table: str, what: str, *args: object) -> str:
    return reverse(f"admin:{table}_{what}", args=args)


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def lead() -> User:
    """Somebody who leads."""
    return person(Role.LEAD)


@pytest.fixture
def client(lead: User) -> Client:
    """Their browser."""
    return browser(lead)


def test_shares_and_quotas_are_changed_with_a_reason_and_kept_as_history(client: Client, lead: User) -> None:
    sampling.cache_policy(sampling.SamplingPolicy(), 0)
    shares = {"audit": "0.05", "uncertain": "1", "disagreement": "1", "second": "0.5", "gold": "0.03"}
    page = at("matching_reviewpolicy", "change_policy")
    assert "less than or equal to 1" in text(client.post(page, {**shares, "audit": "7", "reason": "x"}))
    assert not ReviewPolicy.objects.exists()
    client.post(page, {**shares, "quota_uncertain": "200", "reason": "More second looks"})
    row = ReviewPolicy.objects.get()
    assert (row.second_share, row.quotas, row.set_by, row.reason) == (
        0.5,
        {"uncertain": 200},
        lead,
        "More second looks",
    )
    assert (sampling.get_policy().second, sampling.get_policy().quotas) == (0.5, {"uncertain": 200})
    assert AuditEvent.objects.filter(action="review_policy.changed", actor=lead).exists()


def test_only_leads_change_shares() -> None:
    page = at("matching_reviewpolicy", "change_policy")
    for role in (Role.REVIEWER, Role.AUDITOR, Role.MODEL_ENGINEER):
        assert browser(person(role)).get(page).status_code in (302, 403)


def test_a_guideline_is_drafted_edited_and_published_on_screen(client: Client) -> None:
    guideline("1")
    client.post(at("feedback_guideline", "create_draft"), {"version": "2"})
    draft = Guideline.objects.get(version="2")
    clause = draft.clauses.get()
    form = {
        "version": "2",
        "summary": "Clearer",
        "clauses-TOTAL_FORMS": "1",
        "clauses-INITIAL_FORMS": "1",
        "clauses-0-id": str(clause.pk),
        "clauses-0-guideline": str(draft.pk),
        "clauses-0-chapter": "Names",
        "clauses-0-number": "1.1",
        "clauses-0-title": "Accents",
        "clauses-0-text": "Accents are writing.",
        "clauses-0-categories": "O06",
        "clauses-0-position": "0",
    }
    answer = client.post(at("feedback_guideline", "change", draft.pk), form)
    assert answer.status_code == 302, text(answer)
    confirmed = {
        "summary": "Clearer",
        "is_confirmed": "1",
        "fingerprint": preview_publication(draft).fingerprint,
    }
    client.post(at("feedback_guideline", "publish_draft", draft.pk), confirmed)
    draft.refresh_from_db()
    assert (draft.status, draft.clauses.get().text) == ("published", "Accents are writing.")
    again = client.post(at("feedback_guideline", "change", draft.pk), {**form, "clauses-0-text": "No"})
    assert again.status_code == 403
    assert draft.clauses.get().text == "Accents are writing."


def test_reviewers_read_the_guideline_and_change_nothing() -> None:
    row = guideline("1")
    reviewer = browser(person(Role.REVIEWER))
    assert "Same words" in text(reviewer.get(at("feedback_guideline", "change", row.pk)))
    assert reviewer.post(at("feedback_guideline", "create_draft"), {"version": "2"}).status_code == 403


def test_known_answers_are_added_and_retired_by_leads_and_hidden_from_reviewers(
    client: Client, lead: User
) -> None:
    installed()
    form = {
        "name1": "Acme I",
        "name2": "Acme II",
        "profile": "general",
        "answer": "material",
        "why": "I, II",
    }
    client.post(at("feedback_goldanswer", "add_gold_item"), form)
    row = GoldAnswer.objects.get()
    assert (row.material, row.why, row.prediction.stream) == (True, "I, II", "gold")
    assert enqueue_sampled_predictions() == 0
    page = at("feedback_goldanswer", "changelist")
    assert browser(person(Role.REVIEWER)).get(page).status_code == 403
    retire = at("feedback_goldanswer", "retire", row.pk)
    assert browser(person(Role.REVIEWER)).post(retire, {"reason": "x"}).status_code == 403
    client.post(retire, {"reason": ""})
    assert GoldAnswer.objects.filter(retired_at=None).count() == 1
    client.post(retire, {"reason": "Its answer is disputed"})
    row.refresh_from_db()
    assert row.retired_at is not None
    assert (row.retired_by, row.retired_reason) == (lead, "Its answer is disputed")


def test_a_known_answer_that_cannot_be_compared_is_refused_with_the_reason(client: Client) -> None:
    installed()
    form = {"name1": "!!", "name2": "Acme", "profile": "general", "answer": "material", "why": "x"}
    answer = client.post(at("feedback_goldanswer", "add_gold_item"), form)
    assert "at least one letter or digit" in text(answer)
    assert not GoldAnswer.objects.exists()
