"""The pages of files: they work as plain forms, keep what was typed, and belong to one user."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from matching.models import BatchJob, JobDraft
from tests.jobs import PAIRS, csv_file, rows_of, worked_off
from tests.matters.cast import create_member, matter_of
from tests.models import installed
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """Somebody who sends files."""
    installed()
    return person()


@pytest.fixture
def client(user: User) -> Client:
    """Their browser."""
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, content: bytes = b"", name: str = "pairs.csv", text: str = "") -> Any:
    fields: dict[str, Any] = {"text": text}
    if content:
        fields["file"] = SimpleUploadedFile(name, content)
    return client.post(reverse("jobs-page"), fields)


def choices(**fields: str) -> dict[str, str]:
    chosen = {"column1": "name1", "column2": "name2", "titles": "yes", "profile": "ucc", "kind": "auto"}
    return chosen | fields


def test_a_file_becomes_a_job_with_the_chosen_columns_and_profile(client: Client) -> None:
    draft_address = send(client, csv_file(PAIRS)).headers["Location"]
    shown = client.get(draft_address).content.decode()
    assert "<option selected>name1</option>" in shown
    assert PAIRS[0][0] in shown
    assert "4 rows, about 1 s." in shown
    page_address = client.post(draft_address, choices()).headers["Location"]
    job = BatchJob.objects.get()
    assert page_address == reverse("job-page", args=[job.pk])
    assert (job.profile, job.file_name) == ("ucc", "pairs.csv")
    assert "Waiting to be read." in client.get(page_address).content.decode()
    worked_off(job)
    page = client.get(page_address).content.decode()
    assert "First differences" in page
    assert "4 of 4 rows" in page
    result = b"".join(client.get(reverse("job-result-page", args=[job.pk])).streaming_content)  # type: ignore[attr-defined]
    verdicts = {row["name2"]: row["verdict"] for row in rows_of(result)}
    assert set(verdicts) == {pair[1] for pair in PAIRS}
    for verdict in set(verdicts.values()):
        only = client.get(f"{page_address}?verdict={verdict}").content.decode()
        assert {name for name in verdicts if f"<bdi>{name}</bdi>" in only} == {
            name for name, given in verdicts.items() if given == verdict
        }


def test_pasted_cells_go_the_same_way(client: Client) -> None:
    address = send(client, text="Acme Inc\tAcme LLC\nQuince\tQuince Ltd").headers["Location"]
    shown = client.get(address).content.decode()
    assert "read as a pair of names" in shown
    client.post(address, choices(column1="Column 1", column2="Column 2", titles="no"))
    assert worked_off(BatchJob.objects.get()).rows_total == 2


def test_an_error_names_the_line_and_keeps_what_was_pasted(client: Client) -> None:
    answer = send(client, text="Acme Inc\tAcme LLC\nQuince Brothers")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 2 holds no tab" in page
    assert "Quince Brothers</textarea>" in page


def test_a_file_is_compared_in_the_matter_that_is_chosen(client: Client, user: User) -> None:
    matter = matter_of(user)
    address = send(client, csv_file(PAIRS)).headers["Location"]
    assert f'<option value="{matter.pk}">10023/0007</option>' in client.get(address).content.decode()
    answer = client.post(address, choices(matter="10023/0008"))
    assert answer.status_code == 422
    assert "You have no matter with this reference." in answer.content.decode()
    client.post(address, choices(matter=str(matter.pk)))
    assert BatchJob.objects.get().matter == matter


def test_a_member_of_its_matter_sees_a_job_and_only_its_owner_ends_it(client: Client, user: User) -> None:
    matter = matter_of(user)
    colleague = create_member(matter)
    client.post(send(client, csv_file(PAIRS)).headers["Location"], choices(matter=str(matter.pk)))
    job = BatchJob.objects.get()
    browser = Client()
    browser.force_login(colleague)
    page = browser.get(reverse("job-page", args=[job.pk])).content.decode()
    assert "pairs.csv" in page
    for name in ("job-cancel-page", "job-delete-page"):
        address = reverse(name, args=[job.pk])
        assert address not in page
        assert browser.post(address).status_code == 404
    assert BatchJob.objects.get().status == job.status


def test_wrong_columns_keep_the_file_and_the_choices(client: Client) -> None:
    address = send(client, csv_file(PAIRS)).headers["Location"]
    answer = client.post(address, choices(column2="name1"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The two names must be in two columns." in page
    assert 'value="ucc" checked' in page
    assert JobDraft.objects.count() == 1


def test_files_and_jobs_are_of_their_owner_alone(client: Client) -> None:
    draft_address = send(client, csv_file(PAIRS)).headers["Location"]
    client.post(draft_address, choices())
    other_draft = send(client, csv_file(PAIRS)).headers["Location"]
    job = worked_off(BatchJob.objects.get())
    stranger = Client()
    stranger.force_login(person())
    for name in ("job-page", "job-progress-page", "job-result-page"):
        assert stranger.get(reverse(name, args=[job.pk])).status_code == 404
    for name in ("job-cancel-page", "job-delete-page"):
        assert stranger.post(reverse(name, args=[job.pk])).status_code == 404
    assert stranger.get(other_draft).status_code == 404
    assert stranger.post(other_draft, choices()).status_code == 404
    assert "pairs.csv" not in stranger.get(reverse("jobs-page")).content.decode()
    reviewer = Client()
    reviewer.force_login(person(Role.REVIEWER))
    assert reviewer.get(reverse("jobs-page")).status_code == 403


def test_a_job_is_cancelled_and_deleted_on_its_page(client: Client) -> None:
    client.post(send(client, csv_file(PAIRS)).headers["Location"], choices())
    job = BatchJob.objects.get()
    page = client.post(reverse("job-cancel-page", args=[job.pk]), follow=True)
    assert b"The job is cancelled." in page.content
    client.post(reverse("job-delete-page", args=[job.pk]))
    assert not BatchJob.objects.exists()


def test_a_file_without_the_token_of_the_form_is_refused(user: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    assert send(careful, csv_file(PAIRS)).status_code == 403
    assert not JobDraft.objects.exists()
