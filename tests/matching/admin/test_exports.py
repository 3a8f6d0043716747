"""Names leave in bulk for a reason, by a permission of its own, and above a limit with a second person."""

import io
import zipfile
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Role, User
from feedback.models import Feedback
from matching.models import ExportRequest
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

GIVEN = {
    "file": "csv",
    "verdict": "",
    "profile": "",
    "created_from": "",
    "created_to": "",
    "reason": "an audit",
}
EXPORT = "admin:matching_prediction_export"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def content(answer: Any) -> str:
    return b"".join(cast("Iterable[bytes]", answer)).decode()


def page(export: ExportRequest, step: str) -> str:
    return reverse(f"admin:matching_exportrequest_{step}", args=[export.pk])


def predictions(number: int) -> None:
    for turn in range(number):
        stored_prediction(f"Xylophonia {turn} Ltd", verdict="review")


@pytest.fixture(autouse=True)
def small_limit(settings: Settings) -> None:
    settings.EXPORT_APPROVAL_ROWS = 3


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.APPROVER])
def test_who_may_reveal_one_pair_may_not_export_many(role: str) -> None:
    predictions(1)
    assert browser(person(role)).post(reverse(EXPORT), GIVEN).status_code == 403
    assert not AuditEvent.objects.filter(action="predictions.exported").exists()


def test_below_the_limit_one_person_exports_with_a_reason_and_the_number_of_rows_is_recorded() -> None:
    predictions(2)
    lead = person(Role.LEAD)
    client = browser(lead)
    assert "Xylophonia" not in content(client.get(reverse(EXPORT)))
    assert "required" in content(client.post(reverse(EXPORT), {**GIVEN, "reason": ""}))
    assert "Enter a valid date" in content(client.post(reverse(EXPORT), {**GIVEN, "created_from": "soon"}))
    assert not ExportRequest.objects.exists()
    found = content(
        client.post(reverse(EXPORT), {**GIVEN, "verdict": "review", "created_from": "2020-01-01T00:00"})
    )
    assert "Xylophonia 1 Ltd" in found
    event = AuditEvent.objects.get(action="predictions.exported", actor=lead)
    assert (event.detail["rows"], event.detail["reason"], event.detail["chosen"]["verdict"]) == (
        2,
        "an audit",
        "review",
    )
    assert len(found.splitlines()) == 3


def test_above_the_limit_a_second_person_approves_and_the_file_is_taken_once() -> None:
    predictions(5)
    lead, approver = person(Role.LEAD), person(Role.APPROVER)
    asked = browser(lead).post(reverse(EXPORT), GIVEN, follow=True)
    assert "need a second person" in content(asked)
    export = ExportRequest.objects.get()
    assert (export.rows, export.status) == (5, "waits for approval")
    stored_prediction("Later Ltd")
    refused = browser(lead).post(page(export, "download"), follow=True)
    assert "not approved" in content(refused)
    shown = content(browser(approver).get(page(export, "approve")))
    assert lead.email in shown
    assert "an audit" in shown
    assert "Xylophonia" not in shown
    browser(approver).post(page(export, "approve"), {"reason": "agreed with the client"})
    assert browser(approver).post(page(export, "download")).status_code == 403
    found = content(browser(lead).post(page(export, "download")))
    assert "Xylophonia 4 Ltd" in found
    assert "Later Ltd" not in found
    assert len(found.splitlines()) == 6
    again = browser(lead).post(page(export, "download"), follow=True)
    assert "downloaded before" in content(again)
    actions = AuditEvent.objects.filter(object_id=str(export.pk)).order_by("id")
    assert [(event.action, event.actor, event.detail["rows"]) for event in actions] == [
        ("export.requested", lead, 5),
        ("export.approved", approver, 5),
        ("predictions.exported", lead, 5),
    ]
    assert actions[2].detail["approved_by"] == str(approver.pk)


def test_a_large_export_cannot_be_split_into_small_ones() -> None:
    predictions(2)
    client = browser(person(Role.LEAD))
    assert "Xylophonia" in content(client.post(reverse(EXPORT), GIVEN))
    assert "second person" in content(client.post(reverse(EXPORT), GIVEN, follow=True))
    ExportRequest.objects.update(requested_at=timezone.now() - timedelta(days=2))
    assert "Xylophonia" in content(client.post(reverse(EXPORT), GIVEN))


def test_nobody_approves_their_own_export_not_even_in_the_database() -> None:
    predictions(5)
    boss = person(Role.ADMINISTRATOR)
    browser(boss).post(reverse(EXPORT), GIVEN)
    export = ExportRequest.objects.get()
    assert "A second person" in content(browser(boss).post(page(export, "approve"), {"reason": "mine"}))
    decided = {"is_approved": True, "decided_by": boss, "decided_at": timezone.now()}
    with pytest.raises(IntegrityError, match="export_requests_two_people"), transaction.atomic():
        ExportRequest.objects.update(**decided)
    with pytest.raises(IntegrityError, match="export_requests_taken_after_approval"), transaction.atomic():
        ExportRequest.objects.update(taken_at=timezone.now())


def test_a_declined_or_old_export_is_not_taken_and_others_cannot_take_it() -> None:
    predictions(5)
    lead, approver = person(Role.LEAD), person(Role.APPROVER)
    for _ in range(2):
        browser(lead).post(reverse(EXPORT), GIVEN)
    declined, old = ExportRequest.objects.order_by("id")
    browser(approver).post(page(declined, "decline"), {"reason": "no need"})
    assert "not approved" in content(browser(lead).post(page(declined, "download"), follow=True))
    assert "does not wait" in content(
        browser(approver).post(page(declined, "approve"), {"reason": "after all"})
    )
    browser(approver).post(page(old, "approve"), {"reason": "yes"})
    other = browser(person(Role.LEAD)).post(page(old, "download"), follow=True)
    assert "Only the person who asked" in content(other)
    ExportRequest.objects.filter(pk=old.pk).update(decided_at=timezone.now() - timedelta(days=2))
    assert "has expired" in content(browser(lead).post(page(old, "download"), follow=True))
    assert AuditEvent.objects.filter(action="export.declined").get().detail["reason"] == "no need"


def test_an_export_of_decisions_with_names_needs_the_second_person_too() -> None:
    user = person()
    for turn in range(5):
        prediction = stored_prediction(f"Xylophonia {turn} Ltd")
        Feedback.objects.create(prediction=prediction, reviewer=user, source="review", user_correction=True)
    chosen = [str(pk) for pk in Feedback.objects.values_list("pk", flat=True)]
    lead, approver = person(Role.LEAD), person(Role.APPROVER)
    fields = {
        "action": "export_with_names",
        "_selected_action": chosen,
        "apply": "1",
        "reason": "training abroad",
    }
    listing = reverse("admin:feedback_feedback_changelist")
    assert browser(person(Role.REVIEWER)).post(listing, fields, follow=True).status_code in (200, 403)
    assert not ExportRequest.objects.exists()
    browser(lead).post(listing, fields)
    export = ExportRequest.objects.get()
    assert (export.kind, export.rows) == ("feedback", 5)
    browser(approver).post(page(export, "approve"), {"reason": "yes"})
    assert "Xylophonia 3 Ltd" in content(browser(lead).post(page(export, "download")))
    assert AuditEvent.objects.get(action="feedback.exported").detail["rows"] == 5


def test_a_binder_of_memos_counts_as_an_export_and_needs_the_second_person_too() -> None:
    user, lead, approver = person(), person(Role.LEAD), person(Role.APPROVER)
    for turn in range(4):
        prediction = stored_prediction(f"Xylophonia {turn} Ltd")
        Feedback.objects.create(prediction=prediction, reviewer=user, source="review", user_correction=True)
    chosen = [str(pk) for pk in Feedback.objects.values_list("pk", flat=True)]
    fields = {"action": "download_binder", "apply": "1", "reason": "the file of the case"}
    listing = reverse("admin:feedback_feedback_changelist")
    first: Any = browser(lead).post(listing, {**fields, "_selected_action": chosen[:2]})
    assert zipfile.ZipFile(io.BytesIO(first.content)).namelist()
    browser(lead).post(listing, {**fields, "_selected_action": chosen[2:]})
    small, large = ExportRequest.objects.order_by("id")
    assert [(export.kind, export.rows, export.status) for export in (small, large)] == [
        ("memos", 2, "downloaded"),
        ("memos", 2, "waits for approval"),
    ]
    browser(approver).post(page(large, "approve"), {"reason": "yes"})
    second: Any = browser(lead).post(page(large, "download"))
    assert second["Content-Type"] == "application/zip"
    assert AuditEvent.objects.filter(action="memos.exported").count() == 2
    assert AuditEvent.objects.filter(action="memo.issued").count() == 4


def test_a_reviewer_takes_no_binder_with_names_and_a_redacted_one_freely() -> None:
    reviewer = person(Role.REVIEWER)
    prediction = stored_prediction("Xylophonia Ltd")
    row = Feedback.objects.create(
        prediction=prediction, reviewer=reviewer, source="review", user_correction=True
    )
    listing = reverse("admin:feedback_feedback_changelist")
    fields = {"_selected_action": [str(row.pk)], "apply": "1", "reason": "curiosity"}
    browser(reviewer).post(listing, {**fields, "action": "download_binder"})
    assert not AuditEvent.objects.filter(action="memo.issued").exists()
    redacted: Any = browser(reviewer).post(listing, {**fields, "action": "download_redacted_binder"})
    assert redacted["Content-Type"] == "application/zip"
    assert not ExportRequest.objects.exists()
