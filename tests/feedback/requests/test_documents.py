"""Documents for a review: stored encrypted, read by who may see the item, gone with the names."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Role, User
from accounts.privacy import retention
from feedback.models import ReviewDocument, ReviewItem, ReviewRequest
from feedback.requests import document_files
from feedback.requests.service import request_review
from feedback.review import queue
from feedback.review.decisions import submit_decision
from feedback.tasks import delete_leftover_documents
from matching.models import Prediction, PredictionReview
from tests.documents import file_of, image_file, pdf_file, pdf_of, send_documents, store_document
from tests.models import erased, stored_prediction
from tests.people import person, signed_in
from tests.reviews import claim_item

pytestmark = pytest.mark.django_db

Commits = Callable[..., Any]
PDF = pdf_of(b"<< /Type /Catalog >>", b"(Register of Berlin: Acme)")
ACTIVE_PDF = pdf_of(b"<< /Type /Catalog /OpenAction << /S /JavaScript >> >>")


@pytest.fixture
def user() -> User:
    """Somebody who asks."""
    return person()


@pytest.fixture
def prediction(user: User) -> Prediction:
    """An answer that leaves the question to a person."""
    return stored_prediction(user=user, verdict="review")


def files() -> list[Path]:
    """The files of documents on disk."""
    folder = Path(current.JOBS_DIR) / "documents"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def claim_for_review(prediction: Prediction) -> tuple[ReviewItem, User]:
    """The item of a prediction, and the reviewer who holds it."""
    request_review(prediction, prediction.user, "Please look.")
    reviewer = person(Role.REVIEWER)
    item = claim_item(reviewer)
    return item, reviewer


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_documents_are_stored_listed_downloaded_and_audited(prediction: Prediction) -> None:
    client = signed_in(prediction.user)
    answer = send_documents(client, prediction, ("Extract.pdf", PDF), ("scan.png", image_file("png")))
    assert answer.status_code == 201, answer.content
    listed = client.get(f"/api/v1/predictions/{prediction.pk}/documents").json()["results"]
    assert listed == answer.json()["results"]
    assert [(row["file_name"], row["content_type"]) for row in listed] == [
        ("Extract.pdf", "application/pdf"),
        ("scan.png", "image/png"),
    ]
    got = client.get(f"/api/v1/predictions/{prediction.pk}/documents/{listed[0]['id']}")
    assert b"".join(got) == PDF
    assert got["Content-Disposition"] == 'attachment; filename="Extract.pdf"'
    assert (got["X-Content-Type-Options"], got["Cache-Control"]) == ("nosniff", "no-store")
    assert got["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    events = AuditEvent.objects.filter(action__startswith="review_document.").order_by("id")
    assert [event.action.partition(".")[2] for event in events] == ["added", "added", "downloaded"]
    assert "Extract" not in str([event.detail for event in events])


def test_a_document_is_unreadable_on_disk_and_in_the_table(prediction: Prediction) -> None:
    document = store_document(prediction, name="Acme extract.pdf")
    (path,) = files()
    assert b"Catalog" not in path.read_bytes()
    stored = ReviewDocument.objects.filter(pk=document.pk).extra(select={"raw": "file_name || file_key"})
    assert "Acme" not in stored.values_list("raw", flat=True)[0]
    assert "".join(map(chr, b"".join(document_files.stream_document(document)))).startswith("%PDF-1.7")


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ([("a.pdf", b"")], "File 1: The file is empty."),
        ([("a.pdf", PDF), ("b.pdf", b"<html>")], "File 2: Send a PDF or an image"),
        ([("a.png", PDF)], "File 1: The content is a PDF"),
        ([("a.pdf", PDF)] * 6, "Send up to 5 files of up to 20 MB"),
        ([], "Send one to 5 files."),
    ],
)
def test_what_is_no_document_is_refused_and_nothing_stays(
    prediction: Prediction, sent: list[tuple[str, bytes]], message: str
) -> None:
    answer = send_documents(signed_in(prediction.user), prediction, *sent)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == "files"
    assert error["message"].startswith(message)
    assert not ReviewDocument.objects.exists()
    assert files() == []


def test_a_file_in_another_field_or_too_large_a_file_is_refused(
    prediction: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(prediction.user)
    address = f"/api/v1/predictions/{prediction.pk}/documents"
    other = client.post(address, {"file": file_of("a.pdf", PDF)}, format="multipart")
    assert [error["field"] for error in other.json()["errors"]] == ["file"]
    monkeypatch.setattr("feedback.requests.upload.MAX_DOCUMENT_BYTES", len(PDF) - 1)
    assert send_documents(client, prediction, ("a.pdf", PDF)).status_code == 413
    assert files() == []


def test_the_limit_of_one_document_is_twenty_megabytes(prediction: Prediction) -> None:
    client = signed_in(prediction.user)
    filled = PDF + bytes(20 * 2**20 - len(PDF))
    assert send_documents(client, prediction, ("a.pdf", filled)).status_code == 201
    assert send_documents(client, prediction, ("b.pdf", filled + b"x")).status_code == 413


def test_a_comparison_has_a_bounded_number_of_documents(
    prediction: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback.requests.documents.MAX_DOCUMENTS", 2)
    client = signed_in(prediction.user)
    assert send_documents(client, prediction, ("a.pdf", PDF), ("b.pdf", PDF)).status_code == 201
    refused = send_documents(client, prediction, ("c.pdf", PDF))
    assert (refused.status_code, refused.json()["code"]) == (409, "no_document_wanted")
    assert len(files()) == 2


def test_a_user_sends_a_bounded_number_of_documents_a_day(prediction: Prediction, settings: Settings) -> None:
    settings.DOCUMENT_RATE = "1/d"
    client = signed_in(prediction.user)
    assert send_documents(client, prediction, ("a.pdf", PDF)).status_code == 201
    assert send_documents(client, prediction, ("b.pdf", PDF)).status_code == 429
    page = reverse("review-documents-page", args=[prediction.pk])
    shown = browser(prediction.user).post(page, {"files": file_of("c.pdf", PDF)}, follow=True)
    assert "send the others later" in shown.content.decode()
    assert len(files()) == 1


def test_sending_the_same_documents_again_with_a_key_stores_them_once(prediction: Prediction) -> None:
    client = signed_in(prediction.user)
    client.defaults["HTTP_IDEMPOTENCY_KEY"] = "one"
    first = send_documents(client, prediction, ("a.pdf", PDF))
    assert send_documents(client, prediction, ("a.pdf", PDF)).json() == first.json()
    assert send_documents(client, prediction, ("a.pdf", pdf_file())).status_code == 422
    assert len(files()) == ReviewDocument.objects.count() == 1


def test_a_parked_item_returns_when_the_document_arrives(prediction: Prediction) -> None:
    item, reviewer = claim_for_review(prediction)
    queue.park_item(item, reviewer, "An extract of the register")
    assert PredictionReview.objects.get().status == "needs_document"
    send_documents(signed_in(prediction.user), prediction, ("a.pdf", PDF), text="See line 3.")
    assert PredictionReview.objects.get().status == "in_review"
    assert queue.claim_next_item(reviewer) == item
    shown = browser(reviewer).get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert "See line 3." in shown
    assert "a.pdf" in shown
    assert prediction.user.email not in shown


def test_a_document_of_an_item_is_for_its_reviewers_and_leads(prediction: Prediction) -> None:
    document = store_document(prediction)
    item, reviewer = claim_for_review(prediction)
    address = reverse("admin:review-document", args=[item.pk, document.pk])
    assert browser(person(Role.REVIEWER)).get(address).status_code == 403
    assert browser(person(Role.AUDITOR)).get(address).status_code == 403
    assert browser(person(Role.LEAD)).get(address).status_code == 200
    got = browser(reviewer).get(address)
    assert b"".join(got).startswith(b"%PDF-1.7")
    assert got["Content-Security-Policy"].startswith("sandbox")
    other = store_document(stored_prediction())
    assert (
        browser(reviewer).get(reverse("admin:review-document", args=[item.pk, other.pk])).status_code == 404
    )
    submit_decision(item, reviewer, True, "Two companies")
    assert browser(reviewer).get(address).status_code == 200
    assert AuditEvent.objects.filter(action="review_document.downloaded").count() == 3


def test_a_reviewer_is_warned_of_active_content_and_of_passwords(prediction: Prediction) -> None:
    sealed = PDF.replace(b"/Root", b"/Encrypt 5 0 R /Root")
    send_documents(signed_in(prediction.user), prediction, ("a.pdf", ACTIVE_PDF), ("b.pdf", sealed))
    item, reviewer = claim_for_review(prediction)
    shown = browser(reviewer).get(reverse("admin:review-decide", args=[item.pk])).content.decode()
    assert shown.count("May hold scripts") == shown.count("Asks for a password.") == 1


def test_nobody_else_reads_sends_or_deletes(prediction: Prediction) -> None:
    document = store_document(prediction)
    stranger = signed_in(person())
    one = f"/api/v1/predictions/{prediction.pk}/documents/{document.pk}"
    assert send_documents(stranger, prediction, ("a.pdf", PDF)).status_code == 404
    assert [stranger.get(one).status_code, stranger.delete(one).status_code] == [404, 404]
    assert stranger.get(one.rpartition("/")[0]).status_code == 404
    page = reverse("review-document-page", args=[prediction.pk, document.pk])
    assert browser(person()).get(page).status_code == 404
    elsewhere = stored_prediction(user=prediction.user)
    assert (
        signed_in(prediction.user).get(one.replace(str(prediction.pk), str(elsewhere.pk))).status_code == 404
    )
    assert len(files()) == 1


def test_a_document_can_be_deleted_until_a_reviewer_decides(
    prediction: Prediction, django_capture_on_commit_callbacks: Commits
) -> None:
    first, second = store_document(prediction), store_document(prediction)
    client = signed_in(prediction.user)
    address = f"/api/v1/predictions/{prediction.pk}/documents"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"{address}/{first.pk}").status_code == 204
    assert len(files()) == 1
    assert client.get(f"{address}/{first.pk}").status_code == 404
    item, reviewer = claim_for_review(prediction)
    submit_decision(item, reviewer, True, "Two companies")
    refused = client.delete(f"{address}/{second.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "document_kept")
    assert send_documents(client, prediction, ("a.pdf", PDF)).json()["code"] == "no_document_wanted"
    assert AuditEvent.objects.filter(action="review_document.deleted").count() == 1


def test_a_file_that_is_gone_or_exchanged_is_not_found(prediction: Prediction) -> None:
    first, second = store_document(prediction), store_document(prediction)
    one, other = (Path(current.JOBS_DIR) / document_files.build_file_name(row.pk) for row in (first, second))
    one.write_bytes(other.read_bytes())
    other.unlink()
    for row in (first, second):
        address = f"/api/v1/predictions/{prediction.pk}/documents/{row.pk}"
        assert signed_in(prediction.user).get(address).status_code == 404
    assert not AuditEvent.objects.filter(action="review_document.downloaded").exists()


def test_documents_go_with_the_names(
    prediction: Prediction, django_capture_on_commit_callbacks: Commits
) -> None:
    store_document(prediction)
    kept = store_document(stored_prediction())
    with django_capture_on_commit_callbacks(execute=True):
        erased(prediction)
    assert [row.pk for row in ReviewDocument.objects.all()] == [kept.pk]
    assert len(files()) == 1
    refused = send_documents(signed_in(prediction.user), prediction, ("a.pdf", PDF))
    assert refused.json()["code"] == "no_document_wanted"


def test_documents_go_by_retention(
    prediction: Prediction, django_capture_on_commit_callbacks: Commits
) -> None:
    old = store_document(prediction)
    store_document(prediction)
    ReviewDocument.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=366))
    with django_capture_on_commit_callbacks(execute=True):
        retention.apply_rules(timezone.now())
    assert ReviewDocument.objects.count() == len(files()) == 1


def test_rests_of_interrupted_uploads_go_after_a_day(
    prediction: Prediction, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = store_document(prediction)
    rest = files()[0].with_name("01a20784-68fe-77f4-850e-050260a521f4")
    rest.write_bytes(b"half")
    assert delete_leftover_documents() == 0
    monkeypatch.setattr(document_files, "_LEFT_OVER_AFTER", timedelta(seconds=-1))
    assert delete_leftover_documents() == 1
    assert [path.name for path in files()] == [str(document.pk)]


def test_the_page_asks_with_documents_and_deletes_one(prediction: Prediction) -> None:
    client, page = browser(prediction.user), reverse("answer-page", args=[prediction.pk])
    form = {"reason": "Please look.", "priority": "normal", "files": file_of("a.pdf", PDF)}
    ask = reverse("review-request-page", args=[prediction.pk])
    refused = client.post(ask, form | {"files": file_of("a.pdf", b"<html>")}, follow=True)
    assert "the content is none of them" in refused.content.decode()
    assert not ReviewRequest.objects.exists()
    assert files() == []
    form["files"] = file_of("a.pdf", PDF)
    assert "A reviewer is asked" in client.post(ask, form, follow=True).content.decode()
    document = ReviewDocument.objects.get()
    assert "a.pdf" in client.get(page).content.decode()
    got = client.get(reverse("review-document-page", args=[prediction.pk, document.pk]))
    assert b"".join(got) == PDF
    more = reverse("review-documents-page", args=[prediction.pk])
    many = [file_of(f"{at}.pdf", PDF) for at in range(6)]
    assert "Send up to 5 files" in client.post(more, {"files": many}, follow=True).content.decode()
    assert "Choose one or more files" in client.post(more, {}, follow=True).content.decode()
    gone = reverse("review-document-delete-page", args=[prediction.pk, document.pk])
    assert "The document is deleted" in client.post(gone, follow=True).content.decode()
    assert not ReviewDocument.objects.exists()


def test_the_page_answers_a_reviewer_with_a_document(prediction: Prediction) -> None:
    item, reviewer = claim_for_review(prediction)
    queue.park_item(item, reviewer, "An extract of the register")
    page = reverse("answer-page", args=[prediction.pk])
    shown = browser(prediction.user).get(page).content.decode()
    (start,) = re.findall(r'<form[^>]*enctype="multipart/form-data"[^>]*/answer">', shown)
    assert 'type="file"' in shown.partition(start)[2].partition("</form>")[0]
    form = {"text": "", "files": file_of("a.pdf", PDF)}
    address = reverse("review-answer-page", args=[prediction.pk])
    assert "The review goes on" in browser(prediction.user).post(address, form, follow=True).content.decode()
    assert ReviewItem.objects.get().state == "open"


def test_a_form_from_elsewhere_stores_no_document(prediction: Prediction) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(prediction.user)
    page = reverse("review-documents-page", args=[prediction.pk])
    assert client.post(page, {"files": file_of("a.pdf", PDF)}).status_code == 403
    assert files() == []


def test_nobody_writes_a_document_to_disk_without_the_permission(prediction: Prediction) -> None:
    for page in ("review-documents-page", "review-request-page", "review-answer-page"):
        address = reverse(page, args=[prediction.pk])
        upload = {"files": file_of("a.pdf", PDF)}
        assert Client().post(address, upload).status_code == 302
        assert browser(person(Role.AUDITOR)).post(address, upload).status_code == 403
    assert not (Path(current.JOBS_DIR) / "documents").exists()
