"""Admin pages of bulk jobs: who sees which jobs, and every action."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEvent, Role, User
from matching.jobs import worker
from matching.models import BatchJob
from matters.service import close_matter
from tests.jobs import PAIRS, csv_file, job_of, rows_of, worked_off
from tests.matters.cast import matter_of
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]


def browser(user: User) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


def address(page: str, *args: object) -> str:
    return reverse(f"admin:matching_batchjob_{page}", args=args)


def text(answer: Any) -> str:
    assert isinstance(answer, HttpResponseBase)
    return b"".join(answer).decode()


def uploaded(client: Client, content: bytes, **fields: str) -> Any:
    form = {"column1": "name1", "column2": "name2", "profile": "kyc", "kind": "auto", **fields}
    return client.post(
        address("add"), {"file": SimpleUploadedFile("My pairs.csv", content), **form}, follow=True
    )


def test_a_file_is_uploaded_followed_and_downloaded() -> None:
    lead = person(Role.LEAD)
    client = browser(lead)
    assert 'enctype="multipart/form-data"' in text(client.get(address("add")))
    page = text(uploaded(client, csv_file(PAIRS)))
    job = BatchJob.objects.get()
    assert (job.user, job.profile, job.file_name) == (lead, "kyc", "My pairs.csv")
    assert "Waiting to be read." in page
    assert "My pairs.csv" in page
    assert "<progress" in page
    assert "Download the result" not in page
    worked_off(job)
    progress = client.get(address("progress", job.pk)).json()
    assert (progress["share"], progress["unfinished"]) == (1.0, False)
    assert progress["sentence"].startswith("4 of 4 rows")
    page = text(client.get(address("change", job.pk)))
    assert "Download the result" in page
    assert "<progress" not in page
    result = text(client.get(address("download", job.pk)))
    assert [row["name1"] for row in rows_of(result.encode())] == [pair[0] for pair in PAIRS]
    assert "4 of 4 (100%)" in text(client.get(address("changelist")))


def test_a_file_is_put_into_a_matter_of_its_uploader() -> None:
    lead = person(Role.LEAD)
    client = browser(lead)
    assert 'name="matter"' not in text(client.get(address("add")))
    matter, closed, strange = matter_of(lead), matter_of(lead, "0008"), matter_of(person())
    close_matter(closed, lead)
    page = text(client.get(address("add")))
    offered = re.findall(r'<option value="([0-9a-f-]{36})"', page)
    assert offered == [str(matter.pk)]
    for refused in (strange, closed):
        assert "not one of the available choices" in text(
            uploaded(client, csv_file(PAIRS), matter=str(refused.pk))
        )
    assert not BatchJob.objects.exists()
    assert matter.reference in text(uploaded(client, csv_file(PAIRS), matter=str(matter.pk)))
    assert BatchJob.objects.get().matter == matter
    uploaded(client, csv_file(PAIRS), matter="")
    assert set(BatchJob.objects.values_list("matter", flat=True)) == {matter.pk, None}
    other = person(Role.ADMINISTRATOR)
    assert browser(other).get(address("change", BatchJob.objects.get(matter=matter).pk)).status_code == 302


def test_an_upload_without_its_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(Role.LEAD))
    assert client.post(address("add"), {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403
    assert BatchJob.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        (b"a,b\n1,2\n", {}, "There is no column name1, name2; the columns are a, b."),
        (csv_file(PAIRS), {"profile": "moon"}, "Select a valid choice"),
        (b"", {}, "The submitted file is empty."),
        (csv_file(PAIRS), {"column1": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_with_an_upload_is_said_beside_the_form(
    content: bytes, fields: dict[str, str], message: str
) -> None:
    assert message in text(uploaded(browser(person(Role.LEAD)), content, **fields))
    assert BatchJob.objects.count() == 0


def test_an_upload_that_is_too_large_or_too_much_is_said_on_the_page(settings: Settings) -> None:
    client = browser(person(Role.LEAD))
    settings.JOB_RATE = "5/min"
    assert BatchJob.objects.count() == 0
    uploaded(client, csv_file(PAIRS))
    assert "try again in" in text(uploaded(client, csv_file(PAIRS)))
    settings.JOB_MAX_BYTES = 50
    assert "larger than 50 bytes" in text(uploaded(client, csv_file(PAIRS)))
    assert BatchJob.objects.count() == 1


def test_a_job_is_cancelled_and_deleted_after_confirming() -> None:
    lead = person(Role.LEAD)
    client, job = browser(lead), job_of(lead, csv_file(PAIRS))
    assert "Cancel the job?" in text(client.get(address("cancel", job.pk)))
    job.refresh_from_db()
    assert job.status == "queued"
    assert "The job is cancelled." in text(client.post(address("cancel", job.pk), follow=True))
    assert "Delete the job?" in text(client.get(address("delete_job", job.pk)))
    assert "deleted" in text(client.post(address("delete_job", job.pk), follow=True))
    assert not BatchJob.objects.exists()


def test_a_lead_sees_own_jobs_and_an_auditor_everybodys_without_what_is_in_them() -> None:
    owner = person(Role.LEAD)
    job = worked_off(job_of(owner, csv_file(PAIRS), "Quince matter.csv"))
    assert str(job.pk) not in text(browser(person(Role.LEAD)).get(address("changelist")))
    other = browser(person(Role.LEAD)).get(address("progress", job.pk))
    assert other.status_code == 404
    auditor = browser(person(Role.AUDITOR))
    assert str(job.pk) in text(auditor.get(address("changelist")))
    page = text(auditor.get(address("change", job.pk)))
    assert "4 of 4 rows" in page
    assert "Quince" not in page
    for step in ("download", "cancel", "delete_job"):
        assert auditor.post(address(step, job.pk)).status_code == 403
    assert auditor.get(address("add")).status_code == 403


def test_somebody_elses_result_is_taken_after_confirming_and_that_is_recorded() -> None:
    job = worked_off(job_of(person(Role.CLIENT), csv_file(PAIRS)))
    boss = person(Role.ADMINISTRATOR)
    client = browser(boss)
    assert "another user" in text(client.get(address("download", job.pk)))
    assert not AuditEvent.objects.filter(action="batch_job.downloaded").exists()
    assert len(rows_of(text(client.post(address("download", job.pk))).encode())) == len(PAIRS)
    assert AuditEvent.objects.filter(action="batch_job.downloaded", actor=boss).count() == 1


def test_nobody_signed_out_gets_in() -> None:
    job = job_of(person(Role.LEAD), csv_file(PAIRS))
    for page in ("add", "changelist"):
        assert Client().get(address(page)).status_code == 302
    for page in ("progress", "download", "cancel", "delete_job", "change"):
        assert Client().get(address(page, job.pk)).status_code == 302


def test_a_running_job_says_how_long_it_takes() -> None:
    lead = person(Role.LEAD)
    job = job_of(lead, csv_file(PAIRS * 1_000))
    worker.split_job_file(job.pk)
    worker.compare_next_chunk()
    progress = browser(lead).get(address("progress", job.pk)).json()
    assert progress["sentence"].startswith("2,000 of 4,000 rows, ")
    assert progress["sentence"].endswith(" left.")
