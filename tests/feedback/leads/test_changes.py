"""What a lead changes of many items at once: what is changed, what is left and why, and who may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from feedback.leads.changes import Urgency, assign_items, change_urgency, return_items, withdraw_items
from feedback.models import Feedback, ItemEvent, ReviewItem, ReviewRequest
from feedback.requests.service import request_review
from matching.models import PredictionReview
from tests.matters.cast import create_member, matter_of
from tests.models import create_item, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

LIST = "admin:feedback_reviewitem_changelist"


@pytest.fixture
def lead() -> User:
    """Somebody who leads."""
    return person(Role.LEAD)


def held(reviewer: User, **columns: Any) -> ReviewItem:
    until = timezone.now() + timedelta(minutes=5)
    return create_item(state="claimed", claimed_by=reviewer, claimed_until=until, **columns)


def decide(item: ReviewItem, reviewer: User) -> None:
    Feedback.objects.create(
        prediction=item.prediction, item=item, reviewer=reviewer, user_correction=True, source="review"
    )


def send(user: User, action: str, items: list[ReviewItem], **fields: str) -> Any:
    """Choose items in the list, ask for a change of them and send its form."""
    client = Client()
    client.force_login(user)
    keys = [str(item.pk) for item in items]
    form = {"action": action, "_selected_action": keys}
    asked = client.post(reverse(LIST), form)
    answer = client.post(reverse(LIST), {**form, "keys": keys, "apply": "1", **fields}, follow=True)
    return asked, answer


def test_nobody_is_assigned_what_they_decided_asked_for_or_passed_on(lead: User) -> None:
    rita = person(Role.REVIEWER)
    free, decided, asked, passed = create_item(), create_item(stage="second"), create_item(), create_item()
    decide(decided, rita)
    request_review(asked.prediction, rita, "x")
    ItemEvent.objects.create(item=passed, actor=rita, kind="skipped")
    others = [
        held(person(Role.REVIEWER)),
        create_item(state="parked"),
        create_item(for_lead=True),
        create_item(state="done", done_at=timezone.now() + timedelta(hours=1)),
        create_item(stream="gold", assigned_to=lead),
    ]
    keys = [item.pk for item in (free, decided, asked, passed, *others)]
    outcome = assign_items([*keys, uuid4()], rita, lead)
    assert list(ReviewItem.objects.filter(assigned_to=rita)) == [free]
    assert outcome.changed == 1
    assert outcome.refusals == {
        "decided by this person before": 1,
        "asked for by this person": 1,
        "left to others by this person": 1,
        "a reviewer has begun it": 1,
        "waits for a document": 1,
        "needs a lead": 1,
        "closed already": 1,
        "a gold item, which belongs to one reviewer": 1,
        "not there any more": 1,
    }
    assert outcome.describe().startswith("1 of 10 items changed. Left as they are: ")
    assert AuditEvent.objects.filter(action="review_item.assigned").count() == 1


def test_items_are_returned_from_whoever_has_them(lead: User) -> None:
    rita = person(Role.REVIEWER)
    later = timezone.now() + timedelta(days=1)
    taken = [
        held(rita, assigned_to=rita),
        create_item(assigned_to=rita),
        create_item(assigned_to=rita, not_before=later),
        create_item(state="parked", assigned_to=rita),
    ]
    outcome = return_items([*(item.pk for item in taken), create_item().pk], lead, "Rita is ill")
    assert (outcome.changed, outcome.refusals) == (4, {"free already": 1})
    now = timezone.now()
    assert ReviewItem.objects.filter(state="open", assigned_to=None, not_before__lte=now).count() == 5
    assert PredictionReview.objects.get(pk=taken[3].prediction_id).status == "queued"
    assert {event.reason for event in ItemEvent.objects.filter(kind="released")} == {"Rita is ill"}
    assert AuditEvent.objects.filter(action="review_item.released").count() == 4


def test_a_priority_sets_the_due_time_and_a_due_time_stands_alone(lead: User) -> None:
    item, asked = create_item(), create_item()
    soon = timezone.now() + timedelta(hours=1)
    request_review(asked.prediction, asked.prediction.user, "x", due_at=soon)
    keys = [item.pk, asked.pk]
    assert change_urgency(keys, lead, Urgency(30, None), "The client called").changed == 2
    item.refresh_from_db()
    asked.refresh_from_db()
    assert (item.priority, item.due_at - item.created_at) == (30, timedelta(hours=4))
    assert asked.due_at == soon
    tomorrow = timezone.now() + timedelta(days=1)
    change_urgency([item.pk], lead, Urgency(None, tomorrow), "No hurry")
    item.refresh_from_db()
    assert (item.priority, item.due_at) == (30, tomorrow)
    assert AuditEvent.objects.filter(action="review_item.urgency").count() == 3


def test_withdrawing_closes_the_request_and_keeps_what_the_rules_need(lead: User) -> None:
    asked = create_item()
    request_review(asked.prediction, asked.prediction.user, "x")
    second, decided, audited = create_item(stage="second"), create_item(), create_item(stream="audit")
    raised = create_item(stored_prediction(stream="audit", selection_probability=0.1), stream="request")
    decide(decided, person(Role.REVIEWER))
    kept = [second, decided, audited, raised, held(person(Role.REVIEWER))]
    outcome = withdraw_items([asked.pk, *(item.pk for item in kept)], lead, "Asked twice")
    assert outcome.changed == 1
    assert outcome.refusals == {
        "decided by a reviewer, and the rules require what follows": 2,
        "drawn by the random audit, which measures the product": 2,
        "a reviewer has begun it": 1,
    }
    assert list(ReviewItem.objects.filter(state="done")) == [asked]
    assert ReviewRequest.objects.get().withdrawn_at is not None
    assert PredictionReview.objects.get(pk=asked.prediction_id).status == "withdrawn"
    actions = AuditEvent.objects.filter(action__endswith=".withdrawn").values_list("action", flat=True)
    assert sorted(actions) == ["review_item.withdrawn", "review_request.withdrawn"]
    request_review(asked.prediction, asked.prediction.user, "Once more")
    asked.refresh_from_db()
    assert asked.state == "open"


def test_a_lead_changes_nothing_behind_the_wall_of_a_matter(lead: User) -> None:
    matter = matter_of(person())
    item = create_item(stored_prediction(matter=matter))
    urgency = Urgency(30, None)
    for outcome in (
        assign_items([item.pk], None, lead),
        return_items([item.pk], lead, "x"),
        change_urgency([item.pk], lead, urgency, "x"),
        withdraw_items([item.pk], lead, "x"),
    ):
        assert (outcome.changed, outcome.refusals) == (0, {"not there any more": 1})
    assert change_urgency([item.pk], create_member(matter, Role.LEAD), urgency, "x").changed == 1


def test_each_change_is_asked_for_on_a_page_of_its_own(lead: User) -> None:
    rita = person(Role.REVIEWER)
    one, two = create_item(), create_item(assigned_to=rita)
    for action, fields, text in (
        ("assign", {"person": str(rita.pk)}, "2 of 2 items changed."),
        ("change_urgency", {"priority": "30", "reason": "x"}, "2 of 2 items changed."),
        ("return_to_queue", {"reason": "x"}, "2 of 2 items changed."),
        ("withdraw", {"reason": "x"}, "2 of 2 items changed."),
        ("withdraw", {"reason": "x"}, "0 of 2 items changed. Left as they are: closed already (2)."),
    ):
        asked, answer = send(lead, action, [one, two], **fields)
        assert "2 chosen items" in asked.content.decode()
        assert text in answer.content.decode()


@pytest.mark.parametrize(
    ("action", "fields", "text"),
    [
        ("withdraw", {"reason": " "}, "This field is required."),
        ("return_to_queue", {}, "This field is required."),
        ("change_urgency", {"reason": "x"}, "Choose a priority or a due time."),
        ("change_urgency", {"reason": "x", "due_at": "2001-01-01T10:00"}, "That time has passed."),
    ],
)
def test_a_form_that_lacks_something_changes_nothing(
    lead: User, action: str, fields: dict[str, str], text: str
) -> None:
    item = create_item()
    _asked, answer = send(lead, action, [item], **fields)
    assert text in answer.content.decode()
    assert not AuditEvent.objects.filter(action__startswith="review_item.").exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR])
def test_nobody_but_a_lead_changes_items(role: str) -> None:
    item, user = create_item(), person(role)
    for action in ("assign", "return_to_queue", "change_urgency", "withdraw"):
        asked, _answer = send(user, action, [item], reason="x", priority="30", person=str(user.pk))
        assert "1 chosen item" not in asked.content.decode()
    item.refresh_from_db()
    assert (item.state, item.priority, item.assigned_to) == ("open", 0, None)


def test_one_change_takes_a_bounded_number_of_items(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.admin.item_changes.MAX_ITEMS", 1)
    items = [create_item(), create_item()]
    client = Client()
    client.force_login(lead)
    form = {"action": "withdraw", "_selected_action": [str(item.pk) for item in items]}
    answer = client.post(reverse(LIST), form, follow=True)
    assert "Choose at most 1 items at a time." in answer.content.decode()
