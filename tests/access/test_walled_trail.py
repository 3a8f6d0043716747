"""What auditors and administrators, who are no members, learn of a matter from trail and webhooks."""

import json

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.audit.trail import build_event_body
from accounts.models import AuditEvent, Role, User
from feedback.memo.content import issue_client_memo
from feedback.models import ReviewItem
from feedback.report.issue import ReportOptions, issue_report
from feedback.requests.messages import ask_requester, write_to_reviewers
from feedback.requests.service import request_review
from feedback.review.decisions import Reasons, submit_decision
from matching.jobs import service as jobs
from matching.models import Prediction, PredictionReview
from matters.models import Matter
from matters.service import add_member, change_matter, close_matter, remove_member, reopen_matter
from tests.documents import store_document
from tests.jobs import csv_file, job_of, worked_off
from tests.matters.cast import matter_of
from tests.matters.walled import MARKER, NAMES, REFERENCE
from tests.models import guideline, installed
from tests.people import person, signed_in
from webhooks.endpoints import Subscription, create_endpoint
from webhooks.models import EventType, WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db

CLIENT_NUMBER, MATTER_NUMBER = REFERENCE.split("/")
SECRETS = (MARKER, MARKER.upper(), CLIENT_NUMBER, MATTER_NUMBER)


@pytest.fixture
def matter() -> Matter:
    """A matter in which one of everything has happened."""
    installed()
    guideline("1")
    author, reviewer, leaver = person(Role.CLIENT), person(Role.REVIEWER), person(Role.USER)
    matter = matter_of(author, MATTER_NUMBER, CLIENT_NUMBER, note=f"{MARKER} against the bank")
    for member in (reviewer, leaver):
        add_member(matter, member.email, author)
    create_endpoint(author, Subscription("https://cases.example.com/x", tuple(EventType.values), MARKER))
    _compare_and_decide(signed_in(author), matter, author, reviewer)
    worked_off(job_of(author, csv_file([NAMES]), f"{MARKER}.csv", matter=matter))
    jobs.cancel(job_of(author, csv_file([NAMES]), f"{MARKER}.csv", matter=matter), author)
    remove_member(matter, leaver.pk, author)
    close_matter(matter, author)
    reopen_matter(matter, author)
    change_matter(matter, author, {"note": f"{MARKER} again"})
    return matter


def _compare_and_decide(client: APIClient, matter: Matter, author: User, reviewer: User) -> None:
    body = {"name1": NAMES[0], "name2": NAMES[1], "profile": "kyc", "matter": str(matter.pk)}
    made = client.post("/api/v1/compare", body)
    assert made.status_code == 201, made.json()
    prediction = Prediction.objects.get(pk=made.json()["id"])
    request_review(prediction, author, f"Is {MARKER} the debtor?")
    store_document(prediction, author, f"{MARKER}.pdf")
    item = ReviewItem.objects.claim(reviewer, timezone.now())
    assert item is not None
    ask_requester(item, reviewer, f"Where is {MARKER} registered?")
    write_to_reviewers(prediction, author, f"{MARKER} is registered in Delaware.")
    submit_decision(item, reviewer, True, Reasons(MARKER, f"{MARKER} are two."), guideline_version="1")
    PredictionReview.objects.update(released_at=F("decided_at"))
    row = Prediction.objects.with_model().with_review().get(pk=prediction.pk)
    issue_report(row, author, ReportOptions("json", own_reference=REFERENCE))
    issue_client_memo(row, author, ["json"])
    assert client.get("/api/v1/predictions/export", {"matter": str(matter.pk)}).status_code == 200


def list_pages() -> list[str]:
    """Every list and row of the trail and of webhooks in the admin."""
    pages = [reverse("admin:accounts_auditevent_changelist")]
    pages += [reverse(f"admin:webhooks_{name}_changelist") for name in ("webhookendpoint", "webhookdelivery")]
    for name, rows in (
        ("accounts_auditevent", AuditEvent.objects.all()),
        ("webhooks_webhookendpoint", WebhookEndpoint.objects.all()),
        ("webhooks_webhookdelivery", WebhookDelivery.objects.all()),
    ):
        pages += [reverse(f"admin:{name}_change", args=[row.pk]) for row in rows]
    return pages


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_trail_and_the_log_of_webhooks_name_what_is_behind_the_wall_by_id_alone(
    role: Role, matter: Matter
) -> None:
    browser = Client()
    browser.force_login(person(role))
    leaks = []
    for page in list_pages():
        answer = browser.get(page)
        assert answer.status_code == 200, page
        leaks += [(page, word) for word in SECRETS if word in answer.content.decode()]
    assert leaks == []
    assert str(matter.pk) in browser.get(list_pages()[0], {"q": str(matter.pk)}).content.decode()
    assert browser.get(f"/matters/{matter.pk}").status_code in (403, 404)


@pytest.mark.usefixtures("matter")
def test_what_is_sealed_packed_and_forwarded_holds_no_name_and_no_reference() -> None:
    events = list(AuditEvent.objects.order_by("id"))
    happened = {event.action for event in events}
    assert {
        "batch_job.cancelled",
        "feedback.submitted",
        "matter.changed",
        "matter.member_removed",
        "memo.issued",
        "predictions.exported",
        "report.issued",
        "review_document.added",
        "review_message.sent",
    } <= happened
    bodies = json.dumps([build_event_body(event) for event in events])
    assert not any(word in bodies for word in SECRETS)


def test_an_event_of_a_webhook_holds_ids_and_verdicts(matter: Matter) -> None:
    held = json.dumps(list(WebhookDelivery.objects.values_list("event__data", flat=True)))
    assert str(Prediction.objects.get(matter=matter).pk) in held
    assert "material" in held
    assert not any(word in held for word in SECRETS)
