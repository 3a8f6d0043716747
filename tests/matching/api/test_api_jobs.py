"""Bulk jobs over the API: what may be sent, who may do what, and what comes back."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as current
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.auth.users import issue_api_key
from accounts.models import AuditEvent, Role
from matching.jobs.formats import workbook_reader
from matching.jobs.formats.rows import FileError
from matching.models import BatchJob
from tests.jobs import FILES, PAIRS, csv_file, job_of, rows_of, sent, worked_off, xlsx_file
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

Commits = Callable[..., Any]


def kept_folders() -> int:
    root = Path(current.JOBS_DIR)
    return len(list(root.iterdir())) if root.is_dir() else 0


@pytest.mark.parametrize("format_id", FILES)
def test_a_file_is_uploaded_worked_off_and_downloaded(
    format_id: str, django_capture_on_commit_callbacks: Commits
) -> None:
    client = signed_in(person(Role.CLIENT))
    with django_capture_on_commit_callbacks() as enqueued:
        answer = sent(client, FILES[format_id](PAIRS), f"My pairs.{format_id}", profile="kyc", kind="auto")
    assert answer.status_code == 201, answer.json()
    assert len(enqueued) == 1
    job = answer.json()
    assert (job["status"], job["profile"], job["format"]) == ("queued", "kyc", format_id)
    assert (job["rows_total"], job["progress"], job["seconds_left"]) == (None, 0.0, None)
    assert client.get(f"/api/v1/jobs/{job['id']}/result").status_code == 409
    worked_off(BatchJob.objects.get(pk=job["id"]))
    done = client.get(f"/api/v1/jobs/{job['id']}").json()
    assert (done["status"], done["rows_done"], done["progress"]) == ("succeeded", 4, 1.0)
    assert done["rows_per_second"] > 0
    result = client.get(f"/api/v1/jobs/{job['id']}/result")
    content = b"".join(result)
    assert [row["name1"] for row in rows_of(content, format_id)] == [pair[0] for pair in PAIRS]
    assert f'filename="My pairs-result.{format_id}"' in result["Content-Disposition"]
    assert result["Cache-Control"] == "no-store"
    if format_id != "xlsx":
        assert result["Content-Length"] == str(len(content))
    assert AuditEvent.objects.filter(action="batch_job.downloaded", object_id=job["id"]).count() == 1


def test_a_person_sees_own_jobs_only() -> None:
    owner, other = person(Role.CLIENT), person(Role.CLIENT)
    job = worked_off(job_of(owner, csv_file(PAIRS)))
    client = signed_in(other)
    assert client.get("/api/v1/jobs").json()["results"] == []
    for path, method in (("", "get"), ("/result", "get"), ("/cancel", "post"), ("", "delete")):
        assert getattr(client, method)(f"/api/v1/jobs/{job.pk}{path}").status_code == 404
    assert len(signed_in(owner).get("/api/v1/jobs").json()["results"]) == 1


@pytest.mark.parametrize(
    ("role", "may"), [("user", True), ("reviewer", False), ("client", True), ("lead", True)]
)
def test_only_some_roles_send_jobs(role: str, may: bool) -> None:
    answer = sent(signed_in(person(role)), csv_file(PAIRS))
    assert answer.status_code == (201 if may else 403)
    assert kept_folders() == may


def test_a_key_needs_its_scope() -> None:
    _, key = issue_api_key(person(Role.CLIENT), "reads", None, ["read"])
    client = signed_in(person(Role.CLIENT))
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert sent(client, csv_file(PAIRS)).status_code == 403


def test_a_job_is_cancelled_and_deleted(django_capture_on_commit_callbacks: Commits) -> None:
    owner = person(Role.CLIENT)
    client, job = signed_in(owner), job_of(owner, csv_file(PAIRS))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/api/v1/jobs/{job.pk}/cancel").json()["status"] == "cancelled"
    assert kept_folders() == 0
    assert client.delete(f"/api/v1/jobs/{job.pk}").status_code == 204
    assert client.get(f"/api/v1/jobs/{job.pk}").status_code == 404
    assert AuditEvent.objects.filter(action="batch_job.deleted", actor=owner).exists()


@pytest.mark.parametrize(
    ("fields", "content", "field"),
    [
        ({}, b"a,b\n", "file"),
        ({"column1": "left"}, csv_file(PAIRS), "file"),
        ({"profile": "moon"}, csv_file(PAIRS), "profile"),
        ({"kind": "ship"}, csv_file(PAIRS), "kind"),
        ({"format": "pdf"}, csv_file(PAIRS), "format"),
    ],
)
def test_a_bad_upload_is_refused_by_field_and_nothing_stays(
    fields: dict[str, str], content: bytes, field: str
) -> None:
    answer = sent(signed_in(person(Role.CLIENT)), content, **fields)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (kept_folders(), BatchJob.objects.count()) == (0, 0)


def test_a_form_without_file_with_two_or_with_text_in_its_place_is_refused() -> None:
    client = signed_in(person(Role.CLIENT))
    file = SimpleUploadedFile("a.csv", csv_file(PAIRS))
    for form in (
        {"profile": "kyc"},
        {"file": "no file"},
        {"other": file},
        {"file": file, "more": SimpleUploadedFile("b.csv", b"x")},
    ):
        file.seek(0)
        assert client.post("/api/v1/jobs", form, format="multipart").status_code == 400
    assert client.post("/api/v1/jobs", {"a": 1}, format="json").status_code == 415
    broken = client.post("/api/v1/jobs", b"--x", content_type="multipart/form-data; boundary=")
    assert broken.status_code == 400
    assert kept_folders() == 0


def test_a_file_that_is_too_large_is_refused_before_and_while_it_comes(settings: Settings) -> None:
    client = signed_in(person(Role.CLIENT))
    settings.JOB_MAX_BYTES = 100
    assert sent(client, csv_file(PAIRS * 50)).status_code == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = sent(client, csv_file(PAIRS * 50))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert kept_folders() == 0


def test_a_workbook_that_would_unpack_to_gigabytes_is_refused_unread() -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
        book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(workbook_reader.MAX_UNPACKED_BYTES // 2**24 + 1):
            part.write(bytes(2**24))
    answer = sent(signed_in(person(Role.CLIENT)), bomb.getvalue(), "bomb.xlsx")
    assert answer.status_code == 400
    assert "unpacks to more" in answer.json()["errors"][0]["message"]
    assert kept_folders() == 0


def test_a_workbook_is_read_as_far_as_its_directory_says_and_no_further() -> None:
    content = bytearray(xlsx_file(PAIRS * 300))
    name = content.rindex(b"xl/worksheets/sheet1.xml")
    entry = content.rindex(b"PK\x01\x02", 0, name)
    content[entry + 24 : entry + 28] = (500).to_bytes(4, "little")
    with pytest.raises(FileError, match="no XLSX workbook"):
        job_of(person(), bytes(content), "a.xlsx")


def test_rows_are_counted_against_an_allowance_of_their_own(settings: Settings) -> None:
    settings.JOB_RATE = "10/min"
    client = signed_in(person(Role.CLIENT))
    first = sent(client, csv_file(PAIRS))
    assert first["RateLimit-Policy"] == '"requests";q=600;w=60, "rows";q=10;w=60'
    assert '"rows";r=5' in first["RateLimit"]
    second = sent(client, csv_file(PAIRS * 2))
    assert (second.status_code, second.json()["code"]) == (429, "throttled")
    assert int(second["Retry-After"]) > 0
    assert kept_folders() == 1


def test_the_same_upload_sent_again_is_one_job() -> None:
    client = signed_in(person(Role.CLIENT))
    client.credentials(**client._credentials, HTTP_IDEMPOTENCY_KEY="upload-1")  # type: ignore[attr-defined]
    first, again = sent(client, csv_file(PAIRS)), sent(client, csv_file(PAIRS))
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again["Idempotent-Replayed"] == "true"
    assert sent(client, csv_file(PAIRS[:1])).status_code == 422
    assert sent(client, csv_file(PAIRS), profile="kyc").status_code == 422
    assert (BatchJob.objects.count(), kept_folders()) == (1, 1)


def test_one_job_too_many_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.jobs.service.MAX_UNFINISHED", 1)
    client = signed_in(person(Role.CLIENT))
    assert [sent(client, csv_file(PAIRS)).status_code for _ in range(2)] == [201, 409]
    assert kept_folders() == 1


def test_the_list_costs_the_same_for_few_jobs_and_for_many() -> None:
    owner = person(Role.CLIENT)
    client, counts = signed_in(owner), []
    for _ in range(2):
        for _ in range(4):
            job_of(owner, csv_file(PAIRS))
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/api/v1/jobs", {"limit": 3}).json()
        counts.append(len(asked))
        assert (len(page["results"]), page["next"] is None) == (3, False)
    assert counts[0] == counts[1] <= 4
    again = client.get("/api/v1/jobs", {"cursor": page["next"]}).json()
    assert not {row["id"] for row in page["results"]} & {row["id"] for row in again["results"]}
