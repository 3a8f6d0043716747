"""Files that wait for their owner: what the preview guesses, and that nothing is lost or kept too long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from matching.jobs.formats.rows import FileError
from matching.jobs.job_folder import list_job_files
from matching.jobs.maintenance import delete_expired_jobs
from matching.jobs.service import JobError, JobOptions
from matching.jobs.upload_handler import Upload
from matching.jobs.uploads import drafts, preview
from matching.models import BatchJob, JobDraft
from matching.privacy.erasure import JobDraftTarget
from tests.jobs import PAIRS, csv_file, jsonl_file, result, worked_off, xlsx_file
from tests.models import installed
from tests.people import person

pytestmark = pytest.mark.django_db

PASTED = "\n".join("\t".join(pair) for pair in PAIRS)


@pytest.fixture
def user() -> User:
    """Somebody who sends files."""
    installed()
    return person()


def draft_of(user: User, content: bytes, name: str = "pairs.csv") -> JobDraft:
    upload = Upload(name)
    upload.write(content)
    upload.finish()
    try:
        return drafts.keep_upload(user, upload)
    finally:
        upload.close()


@pytest.mark.parametrize(
    ("columns", "guess"),
    [
        (["id", "name1", "name2"], ("name1", "name2")),
        (["name_b", "name_a", "country"], ("name_a", "name_b")),
        (["Company A", "Company B"], ("Company A", "Company B")),
        (["right", "left"], ("left", "right")),
        (["Ref", "Mortgagor", "Owner", "Country"], ("Mortgagor", "Owner")),
        (["Country", "Debtor", "Id", "Filing"], ("Debtor", "Filing")),
    ],
)
def test_the_columns_of_the_names_are_guessed(columns: list[str], guess: tuple[str, str]) -> None:
    content = {"Mortgagor": "Acme Holdings", "Owner": "Acme Inc", "Debtor": "Acme Holdings", "Filing": "Acme"}
    rows = [[content.get(name, "17") for name in columns]] * 3
    assert preview.guess_columns(columns, rows) == guess


@pytest.mark.parametrize(
    ("cells", "titles"),
    [
        (["id", "name1", "name2"], True),
        (["Name A", "Name B"], True),
        (["Quince Company", "Quince Co"], False),
        (["The Company Store", "Company Store"], False),
        (["Left Party LLC", "Left Party"], False),
        (["", ""], False),
    ],
)
def test_a_row_of_names_is_not_taken_for_titles(cells: list[str], titles: bool) -> None:
    assert preview.looks_like_titles(cells) is titles


@pytest.mark.parametrize(
    ("content", "name"),
    [(csv_file(PAIRS), "a.csv"), (jsonl_file(PAIRS), "a.jsonl"), (xlsx_file(PAIRS), "a.xlsx")],
)
def test_a_file_of_every_format_is_previewed_and_started(user: User, content: bytes, name: str) -> None:
    draft = draft_of(user, content, name)
    draft_id, shown = draft.pk, preview.build_preview(draft)
    assert (shown.columns, shown.guess) == (["id", "name1", "name2"], ("name1", "name2"))
    assert shown.rows[0][1:] == list(PAIRS[0])
    assert preview.find_faults(draft, shown.guess) == []
    job = worked_off(drafts.start_draft(draft, JobOptions(shown.guess, format=draft.format), True))
    assert (job.pk, job.rows_total, job.rows_failed) == (draft_id, len(PAIRS), 0)
    assert not JobDraft.objects.exists()


def test_pasted_cells_without_titles_lose_no_pair(user: User) -> None:
    draft = drafts.keep_text(user, PASTED)
    shown = preview.build_preview(draft)
    assert (shown.has_titles, shown.columns, len(shown.rows)) == (False, ["Column 1", "Column 2"], len(PAIRS))
    job = worked_off(drafts.start_draft(draft, JobOptions(shown.guess, format=draft.format), False))
    rows = rows_of_tabs(result(job))
    assert [(row[0], row[1]) for row in rows[1:]] == PAIRS
    assert list(list_job_files(draft.pk)) == []


def rows_of_tabs(content: bytes) -> list[list[str]]:
    return [line.split("\t") for line in content.decode().splitlines()]


def test_pasted_cells_with_titles_are_read_below_them(user: User) -> None:
    shown = preview.build_preview(drafts.keep_text(user, f"Name A\tName B\r\n{PASTED}"))
    assert (shown.has_titles, shown.guess, len(shown.rows)) == (True, ("Name A", "Name B"), len(PAIRS))


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Nothing was pasted"), ("Acme\tAcme Inc\nAcme Holdings", "Line 2 holds no tab")],
)
def test_what_is_no_pair_of_columns_is_refused_by_line(user: User, text: str, words: str) -> None:
    with pytest.raises(FileError, match=words):
        drafts.keep_text(user, text)
    assert not JobDraft.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "empty"),
        (b"name1,name2\n", "a.pdf", "Name the file"),
        ("näme1,name2\n".encode("latin-1"), "a.csv", "UTF-8"),
        (b'{"name1": "a", "name2": "b"}\nnothing\n', "a.jsonl", "Line 2 cannot be used"),
        (b"PK\x03\x04", "a.csv", "workbook or an archive"),
    ],
)
def test_a_bad_file_is_refused_at_once_and_leaves_nothing(
    user: User, content: bytes, name: str, words: str
) -> None:
    with pytest.raises(FileError, match=words):
        draft_of(user, content, name)
    assert not JobDraft.objects.exists()


def test_rows_that_cannot_be_compared_are_named_before_the_start(user: User) -> None:
    draft = draft_of(user, b"id,name1,name2\n1,Acme,Acme Inc\n2,Acme\n3,Acm\xe9,Acme\n")
    faults = preview.find_faults(draft, ("name1", "name2"))
    assert [fault.row for fault in faults] == [2, 3]
    assert "2 fields; the header has 3" in faults[0].sentence
    assert "UTF-8" in faults[1].sentence


def test_a_refused_start_keeps_the_file(user: User) -> None:
    draft = draft_of(user, jsonl_file(PAIRS), "a.jsonl")
    with pytest.raises(JobError, match="titles"):
        drafts.start_draft(draft, JobOptions(("name1", "name2"), format="jsonl"), False)
    with pytest.raises(FileError):
        drafts.start_draft(draft, JobOptions(("name1", "nothing"), format="jsonl"), True)
    assert JobDraft.objects.filter(pk=draft.pk).exists()
    assert preview.build_preview(draft).rows[0][1] == PAIRS[0][0]


def test_the_estimate_counts_rows_and_what_waits(user: User) -> None:
    draft = draft_of(user, csv_file(PAIRS * 1_000))
    alone = preview.estimate(draft, True)
    assert (alone.rows, alone.seconds) == (4_000, 3)
    fields = {"status": "running", "profile": "general", "rules_version": "1"}
    BatchJob.objects.create(user=user, rows_total=30_000, **fields)
    assert preview.estimate(draft, True).seconds == 23


def test_files_that_nobody_starts_are_deleted(user: User) -> None:
    old, new = draft_of(user, csv_file(PAIRS)), draft_of(user, csv_file(PAIRS))
    JobDraft.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    delete_expired_jobs()
    assert list(JobDraft.objects.all()) == [new]
    for _ in range(drafts.MAX_DRAFTS + 2):
        draft_of(user, csv_file(PAIRS))
    assert JobDraft.objects.count() == drafts.MAX_DRAFTS
    assert JobDraftTarget.title == "job_drafts"
