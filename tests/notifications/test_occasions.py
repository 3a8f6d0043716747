"""What happens is told to whom it concerns, in its own transaction, once, and without any name."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.auth.users import issue_api_key, revoke_api_key
from accounts.models import Role, User
from feedback.leads.changes import assign_items
from feedback.models import UNDO_WINDOW, ReviewItem
from feedback.monitoring.reminders import remind_reviewers
from feedback.requests.messages import ask_requester, write_to_reviewers
from feedback.requests.service import answer_reviewer, request_review
from feedback.review import queue
from feedback.review.decisions import submit_decision, undo_decision
from feedback.review.enqueueing import enqueue_sampled_predictions
from matching.api.export_requests import request_export
from matching.jobs import service as jobs
from matching.models import ExportRequest, Prediction
from matters.service import add_member, remove_member
from modelops.deployment.promotion import request_promotion
from notifications.key_expiry import warn_owners
from notifications.kinds import find_page
from notifications.models import Kind, Notification
from notifications.sending import send_due_mail
from tests.jobs import csv_file, job_of, worked_off
from tests.matters.cast import matter_of
from tests.models import installed, scoring_version, stored_prediction
from tests.notifications.mail import list_told_kinds, text_of
from tests.people import person
from tests.receivers import Mailbox
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

NAMES = ("Larkspur Holdings", "Larkspur Holdings, Inc.")


@pytest.fixture
def user() -> User:
    return person(Role.USER)


@pytest.fixture
def prediction(user: User) -> Prediction:
    return stored_prediction(
        *NAMES, user=user, verdict="review", stream="uncertain", selection_probability=0.5
    )


def test_a_decision_is_told_to_who_asked_when_it_can_no_longer_be_undone(
    mailbox: Mailbox, user: User, prediction: Prediction
) -> None:
    enqueue_sampled_predictions()
    reviewer, stranger = person(Role.REVIEWER), person()
    submit_decision(claim_item(reviewer), reviewer, True)
    now = timezone.now()
    assert (list_told_kinds(user), send_due_mail(now)) == ([], 0)
    assert send_due_mail(now + UNDO_WINDOW) == 1
    ((to, letter),) = mailbox.letters
    assert to == user.email
    assert "Reviewers decided one of your comparisons: material." in text_of(letter)
    assert "Larkspur" not in letter
    row = Notification.objects.get(user=user)
    assert "Larkspur" not in json.dumps(row.data)
    assert row.data["prediction"] == str(prediction.pk)
    assert list_told_kinds(stranger) == []


@pytest.mark.usefixtures("prediction")
def test_a_decision_that_is_undone_is_never_told(mailbox: Mailbox, user: User) -> None:
    enqueue_sampled_predictions()
    reviewer = person(Role.REVIEWER)
    decision = submit_decision(claim_item(reviewer), reviewer, True)
    assert Notification.objects.filter(user=user).count() == 1
    item = undo_decision(decision, reviewer)
    assert Notification.objects.filter(user=user).count() == 0
    submit_decision(item, reviewer, False)
    assert send_due_mail(timezone.now() + UNDO_WINDOW) == 1
    assert "comparisons: immaterial." in text_of(mailbox.letters[0][1])


def test_a_missing_document_is_told_at_once_each_time_it_is_asked_for(
    mailbox: Mailbox, user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide.")
    reviewer = person(Role.REVIEWER)
    queue.park_item(claim_item(reviewer), reviewer, "The register extract of Larkspur")
    assert list_told_kinds(user) == ["document_asked"]
    assert send_due_mail(timezone.now()) == 1
    assert "Larkspur" not in mailbox.letters[0][1]
    answer_reviewer(prediction, user, "Here it is.")
    queue.park_item(claim_item(reviewer), reviewer, "And the other one")
    assert list_told_kinds(user) == ["document_asked", "document_asked"]


def test_a_question_and_its_answer_are_told_without_their_words(
    mailbox: Mailbox, user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide.")
    reviewer, other = person(Role.REVIEWER), person(Role.REVIEWER)
    item = claim_item(reviewer)
    write_to_reviewers(prediction, user, "Nobody asked for this.")
    assert list_told_kinds(reviewer) == []
    ask_requester(item, reviewer, "Where is Larkspur registered?")
    assert (list_told_kinds(user), list_told_kinds(reviewer)) == (["question_asked"], [])
    write_to_reviewers(prediction, user, "Your program says material.")
    assert list_told_kinds(reviewer) == []
    write_to_reviewers(prediction, user, "Larkspur is registered in Delaware.")
    assert (list_told_kinds(reviewer), list_told_kinds(other)) == (["answer_arrived"], [])
    assert send_due_mail(timezone.now()) == 2
    assert [address for address, _ in mailbox.letters] == [user.email, reviewer.email]
    assert not any("Larkspur" in letter for _, letter in mailbox.letters)
    links = [find_page(row, row.user) for row in Notification.objects.order_by("id")]
    assert links == [reverse("answer-page", args=[prediction.pk]), reverse("admin:review-queue")]


def test_a_question_that_sets_the_item_aside_is_told_once_and_so_is_its_answer(
    user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide.")
    reviewer = person(Role.REVIEWER)
    ask_requester(claim_item(reviewer), reviewer, "Where is it registered?", park=True)
    assert list_told_kinds(user) == ["document_asked"]
    write_to_reviewers(prediction, user, "In Delaware.")
    assert list_told_kinds(reviewer) == ["answer_arrived"]


def test_a_reviewer_who_left_the_matter_is_told_of_no_answer(user: User, prediction: Prediction) -> None:
    matter, reviewer = matter_of(user), person(Role.REVIEWER)
    add_member(matter, reviewer.email, user)
    Prediction.objects.filter(pk=prediction.pk).update(matter=matter)
    prediction.refresh_from_db()
    request_review(prediction, user, "Please decide.")
    ask_requester(claim_item(reviewer), reviewer, "Where is it registered?")
    assert list_told_kinds(user) == ["question_asked"]
    remove_member(matter, reviewer.pk, user)
    write_to_reviewers(prediction, user, "In Delaware.")
    assert list_told_kinds(reviewer) == []


@pytest.mark.usefixtures("mailbox")
def test_the_owner_is_told_that_a_job_is_done_and_nobody_that_it_was_cancelled() -> None:
    installed()
    user, stranger = person(Role.CLIENT), person(Role.CLIENT)
    job = worked_off(job_of(user, csv_file([("1", "Acme Ltd", "Acme Limited"), ("2", "", "x")])))
    assert (list_told_kinds(user), list_told_kinds(stranger)) == (["job_finished"], [])
    row = Notification.objects.get(user=user)
    assert (row.data["rows_total"], row.data["rows_failed"]) == (2, job.rows_failed)
    assert Kind(row.kind) == Kind.JOB_FINISHED
    jobs.cancel(job_of(user, csv_file([("1", *NAMES)])), user)
    assert list_told_kinds(user) == ["job_finished"]


def test_approvers_are_told_of_a_request_but_not_who_asked() -> None:
    installed()
    approver, engineer, user = person(Role.APPROVER), person(Role.MODEL_ENGINEER), person()
    request = request_promotion(scoring_version("2", 1.0), "*", "champion", "It is better", engineer)
    assert [list_told_kinds(somebody) for somebody in (approver, engineer, user)] == [
        ["approval_waits"],
        [],
        [],
    ]
    assert Notification.objects.get(user=approver).data == {"of": "promotion", "id": str(request.pk)}


def test_an_export_that_needs_a_second_person_is_told_to_who_may_approve_it(settings: Settings) -> None:
    settings.EXPORT_APPROVAL_ROWS = 5
    asking, other = person(Role.ADMINISTRATOR), person(Role.ADMINISTRATOR)
    request_export(ExportRequest.Kind.PREDICTIONS, {}, 5, asking, "Audit", "csv")
    assert list_told_kinds(other) == []
    request_export(ExportRequest.Kind.PREDICTIONS, {}, 1, asking, "Audit", "csv")
    assert (list_told_kinds(asking), list_told_kinds(other)) == ([], ["approval_waits"])


@pytest.mark.usefixtures("prediction")
def test_leads_are_told_of_an_adjudication_once() -> None:
    enqueue_sampled_predictions()
    lead = person(Role.LEAD)
    for material in (None, False):
        reviewer = person(Role.REVIEWER)
        submit_decision(claim_item(reviewer), reviewer, material)
    assert list_told_kinds(lead) == ["adjudication_waits"]
    assert list_told_kinds(reviewer) == []


def test_a_reviewer_is_told_of_what_somebody_assigned_to_them_in_one_notice(
    mailbox: Mailbox, user: User
) -> None:
    for _ in range(2):
        request_review(stored_prediction(*NAMES, user=user, verdict="review"), user, "Please decide.")
    lead, reviewer = person(Role.LEAD), person(Role.REVIEWER)
    keys = list(ReviewItem.objects.values_list("pk", flat=True))
    assign_items(keys, reviewer, lead)
    assign_items(keys, lead, lead)
    assert (list_told_kinds(reviewer), list_told_kinds(lead)) == (["item_assigned"], [])
    assert send_due_mail(timezone.now()) == 1
    assert "2 review items were assigned to you, the first due" in text_of(mailbox.letters[0][1])


def test_a_reviewer_is_reminded_once_before_and_once_after_the_due_time(
    user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide.")
    reviewer, now = person(Role.REVIEWER), timezone.now()
    ReviewItem.objects.update(assigned_to=reviewer, due_at=now + timedelta(hours=3))
    for hours, kinds in (
        (0, []),
        (1, ["item_due_soon"]),
        (2, ["item_due_soon"]),
        (3, ["item_due_soon", "item_overdue"]),
        (4, ["item_due_soon", "item_overdue"]),
    ):
        remind_reviewers(now + timedelta(hours=hours))
        assert list_told_kinds(reviewer) == kinds


def test_who_holds_an_item_is_reminded_instead_of_who_it_is_assigned_to(
    user: User, prediction: Prediction
) -> None:
    request_review(prediction, user, "Please decide.")
    holder, other = person(Role.REVIEWER), person(Role.REVIEWER)
    item = claim_item(holder)
    now = timezone.now()
    ReviewItem.objects.filter(pk=item.pk).update(assigned_to=other, due_at=now)
    assert remind_reviewers(now) == 1
    assert (list_told_kinds(holder), list_told_kinds(other)) == (["item_overdue"], [])


def test_a_reminder_does_not_tell_a_gold_item_from_another(user: User, prediction: Prediction) -> None:
    request_review(prediction, user, "Please decide.")
    reviewer, now = person(Role.REVIEWER), timezone.now()
    item = claim_item(reviewer)
    gold = {"stream": "gold", "assigned_to": reviewer, "due_at": now}
    ReviewItem.objects.filter(pk=item.pk).update(**gold, claimed_until=now - timedelta(minutes=1))
    assert remind_reviewers(now) == 0
    ReviewItem.objects.filter(pk=item.pk).update(claimed_until=now + timedelta(minutes=1))
    assert remind_reviewers(now) == 1
    assert list_told_kinds(reviewer) == ["item_overdue"]


def test_an_owner_is_told_14_and_3_days_before_a_key_expires() -> None:
    owner, now = person(Role.CLIENT), timezone.now()
    key, _ = issue_api_key(owner, "Larkspur", None, expires_at=now + timedelta(days=30))
    issue_api_key(owner, "short", None, expires_at=now + timedelta(days=2))
    for days, number in ((0, 0), (15, 0), (16, 1), (17, 1), (27, 2), (28, 2), (31, 2)):
        warn_owners(now + timedelta(days=days))
        assert len(list_told_kinds(owner)) == number
    assert Notification.objects.filter(user=owner).values_list("data__prefix", flat=True)[0] == key.prefix
    assert "Larkspur" not in json.dumps(list(Notification.objects.values_list("data", flat=True)))


def test_of_a_revoked_key_nobody_is_told() -> None:
    owner, now = person(Role.CLIENT), timezone.now()
    key, _ = issue_api_key(owner, "old", None, expires_at=now + timedelta(days=30))
    revoke_api_key(key, None)
    assert warn_owners(now + timedelta(days=20)) == 0
    assert list_told_kinds(owner) == []
