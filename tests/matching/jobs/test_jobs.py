"""A bulk job: every row once, in order, with its answer or what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings as current
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, User
from matching import engine
from matching.jobs import maintenance, service, worker
from matching.jobs.formats.rows import OUTPUT_COLUMNS, FileError, escape_formula
from matching.models import BatchChunk, BatchJob
from matching.serving.live_models import get_model_loader
from modelops.models import Alert
from tests.jobs import (
    FILES,
    PAIRS,
    csv_file,
    find_job_folder,
    job_of,
    jsonl_file,
    result,
    rows_of,
    worked_off,
    xlsx_file,
)
from tests.models import promoted, scoring_version
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("champion")]

MANY = [(f"Acme {at} Limited", f"ACME {at % 7} Ltd") for at in range(4_500)]


@pytest.mark.parametrize("format_id", FILES)
def test_a_row_keeps_its_columns_and_gets_the_answer_that_compare_gives(format_id: str) -> None:
    job = worked_off(job_of(person(), FILES[format_id](PAIRS), f"pairs.{format_id}", profile="kyc"))
    assert (job.status, job.rows_total, job.rows_done, job.rows_failed) == ("succeeded", 4, 4, 0)
    for at, (row, pair) in enumerate(zip(rows_of(result(job), format_id), PAIRS, strict=True), 1):
        alone = engine.compare(
            *pair, "kyc", scorer=get_model_loader().get_live_models().get_champion("kyc").scorer
        )
        assert list(row) == ["id", "name1", "name2", *OUTPUT_COLUMNS]
        assert (str(row["id"]), row["name1"], row["name2"]) == (str(at), *pair)
        assert (row["verdict"], row["reason"]) == (alone.verdict.value, alone.reason)
        assert str(row["prediction"]).lower() == str(alone.prediction).lower()
        for name in ("confidence", "leaning_probability"):
            share = getattr(alone, name)
            said = None if row[name] in ("", None) else float(str(row[name]))
            assert said == (None if share is None else pytest.approx(share, abs=1e-4))
        assert (row["leaning"] or None) == alone.leaning
        categories = (
            row["differences"] if isinstance(row["differences"], list) else str(row["differences"]).split(";")
        )
        assert set(categories) == {item.category for item in alone.differences}
        assert (row["missing_fact"] or None, row["error"] or None) == (alone.missing_fact, None)
        assert (row["model_version"], row["rules_version"]) == (alone.model_version, engine.RULES_VERSION)


@pytest.mark.parametrize("format_id", FILES)
def test_every_row_is_there_once_in_order_whatever_the_order_of_the_pieces(format_id: str) -> None:
    job = job_of(person(), FILES[format_id](MANY), f"pairs.{format_id}")
    worker.split_job_file(job.pk)
    assert BatchChunk.objects.count() == 3
    BatchChunk.objects.filter(number=0).update(attempts=2)
    job = worked_off(job)
    rows = [(str(row["id"]), row["name1"], row["name2"]) for row in rows_of(result(job), format_id)]
    assert rows == [(str(at), *pair) for at, pair in enumerate(MANY, 1)]


def test_asking_again_for_anything_changes_nothing() -> None:
    job = job_of(person(), csv_file(MANY))
    assert [worker.split_job_file(job.pk) for _ in range(3)] == [True, False, False]
    first = BatchChunk.objects.claim_next(engine.RULES_VERSION)
    assert first is not None
    for _ in range(2):
        held = BatchChunk.objects.find_unfinished(first)
        if held:
            worker.compare_chunk(held)
    job = worked_off(job)
    assert (job.status, job.rows_done) == ("succeeded", len(MANY))
    assert not worker.compare_next_chunk()


def test_a_finished_job_keeps_its_result_and_nothing_else() -> None:
    job = worked_off(job_of(person(), csv_file(MANY)))
    (find_job_folder(job.pk) / "out-000000-left-by-a-killed-worker").write_bytes(b"")
    worker.delete_leftover_files(job.pk)
    named = set(job.chunks.values_list("output", flat=True))
    assert {path.name for path in find_job_folder(job.pk).iterdir()} == named


def test_no_name_is_readable_at_rest() -> None:
    job = job_of(
        person(), csv_file([("Xylophonia Quince Ltd", "Xylophonia Quince Limited")] * 10), "Quince.csv"
    )
    worker.split_job_file(job.pk)
    assert _nothing_readable(job)
    worked_off(job)
    assert _nothing_readable(job)


def _nothing_readable(job: BatchJob) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(batch_jobs)::text FROM batch_jobs")
        row = cursor.fetchone()[0]
    files = b"".join(path.read_bytes() for path in find_job_folder(job.pk).iterdir())
    return bool(files) and b"Quince" not in files and "Quince" not in row


BAD_CSV: list[tuple[str, str]] = [
    ("1,,Acme", "empty"),
    ("1,Acme", "2 fields; the header has 3"),
    ("1,Acme,Acme,more", "4 fields; the header has 3"),
    (f"1,Acme,{'A' * 1_001}", "at most 1000 characters"),
    (f"1,Acme,{'A' * 70_000}", "longer than 65536"),
]


@pytest.mark.parametrize(("bad", "error"), BAD_CSV)
def test_a_bad_row_gets_its_error_and_the_rest_goes_on(bad: str, error: str) -> None:
    content = f"id,name1,name2\n{bad}\n2,Acme Inc,Acme LLC\n".encode()
    job = worked_off(job_of(person(), content))
    first, second = rows_of(result(job))
    assert error in str(first["error"])
    assert (first["verdict"], second["verdict"], second["error"]) == ("", "material", "")
    assert (job.rows_done, job.rows_failed) == (2, 1)


def test_bytes_that_are_not_utf_8_spoil_their_row_only() -> None:
    job = worked_off(job_of(person(), b"name1,name2\nSoci\xe9t\xe9,Acme\nAcme,ACME\n"))
    first, second = rows_of(result(job))
    assert (first["error"], second["verdict"]) == ("A name is not UTF-8 text.", "immaterial")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"no json", "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (b'{"name1": "Acme", "name2": "\xff"}', "The line is not UTF-8 text."),
        ('{"name1": "Acme", "name2": "Acme"}'.encode("utf-16"), "The line is not UTF-8 text."),
        (b'{"name1": "Acme", "name2": "Acme", "n": NaN}', "NaN is not a number in JSON"),
        (b'{"name1": "Acme", "name2": "Acme", "n": [-Infinity]}', "-Infinity is not a number in JSON"),
        (b'{"name1": "Acme"}', "name2 must be text"),
        (b'{"name1": 360, "name2": "360"}', "name1 must be text"),
        (b'{"name1": "A", "name2": "A", "verdict": 1}', "has verdict already"),
        (b"[" * 30_000, "no JSON object"),
        (b'{"name1": "' + b"x" * 70_000 + b'"}', "longer than 65536"),
    ],
)
def test_a_bad_line_gets_its_error_and_the_rest_goes_on(line: bytes, error: str) -> None:
    content = jsonl_file(PAIRS[:1]) + line + b"\n" + jsonl_file(PAIRS[1:2])
    rows = rows_of(result(worked_off(job_of(person(), content, "pairs.jsonl"))), "jsonl")
    assert error in str(rows[1]["error"])
    assert [row["verdict"] for row in rows] == ["immaterial", None, "material"]


def test_a_line_comes_back_as_it_was_sent_to_the_last_digit() -> None:
    content = b'{"name1": "A", "name2": "A", "n": 12345678901234567890.10, "x": {"error": [1]}}\n'
    text = result(worked_off(job_of(person(), content, "pairs.ndjson"))).decode()
    assert text.startswith(content.decode().strip()[:-1])


def test_cells_of_a_workbook_are_read_as_a_person_sees_them() -> None:
    rows = [(360, "360"), ("=1+1", "Acme"), (None, None), ("Acme", "ACME", None), ("A", "B", "more")]
    job = worked_off(job_of(person(), xlsx_file(rows), "pairs.xlsx"))
    found = rows_of(result(job), "xlsx")
    assert (found[0]["name1"], found[0]["verdict"]) == ("360", "immaterial")
    assert "empty" in str(found[1]["error"])  # a formula that was never calculated has no value
    assert "empty" in str(found[2]["error"])
    assert found[3]["verdict"] == "immaterial"
    assert "4 cells; the header has 3" in str(found[4]["error"])


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(cell: str) -> None:
    assert escape_formula(cell) == f"'{cell}"
    job = worked_off(job_of(person(), csv_file([(cell, "Acme")])))
    assert rows_of(result(job))[0]["name1"] == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+1.5e3", "Acme", "", "a=b"])
def test_numbers_and_names_stay_as_they_are(cell: str) -> None:
    assert escape_formula(cell) == cell


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"a,b\n1,2\n", "no column name1, name2; the columns are a, b"),
        ("a.csv", b"name1,name2,error\n", "a column error already"),
        ("a.csv", b"name1,name2,name2\n", "more than one column name2"),
        ("a.csv", "name1,name2\n".encode("utf-16"), "UTF-16"),
        ("a.csv", b"name1,name2,caf\xe9\n", "not UTF-8"),
        ("a.csv", b"x" * 70_000, "first line is longer"),
        ("a.csv", b"name1,name2\0\n", "not text"),
        ("a.csv", xlsx_file([]), "a workbook or an archive, not CSV"),
        ("a.pdf", b"%PDF", "Name the file"),
        ("a.jsonl", b"\n\n", "is empty"),
        ("a.jsonl", b"[]\n", "first line cannot be used"),
        ("a.jsonl", b'{"a": 1}\n', "no column name1, name2"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "no XLSX workbook"),
        ("a.xlsx", b"name1,name2\n", "no XLSX workbook"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_sentence(name: str, content: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        job_of(person(), content, name)
    assert BatchJob.objects.count() == 0
    assert list(Path(current.JOBS_DIR).iterdir()) == []


@pytest.mark.parametrize("format_id", ["csv", "xlsx"])
def test_a_file_without_rows_fails_with_a_sentence(format_id: str) -> None:
    job = job_of(person(), FILES[format_id]([]), f"pairs.{format_id}")
    worker.split_job_file(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "The file has no rows below its header.")


def test_a_file_with_too_many_rows_fails_with_a_sentence(settings: Settings) -> None:
    settings.JOB_MAX_ROWS = 4_499
    job = job_of(person(), csv_file(MANY))
    worker.split_job_file(job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "The file has more than 4,499 rows; divide it.")
    settings.JOB_MAX_ROWS = 4_500
    assert worker.split_job_file(job_of(person(), csv_file(MANY)).pk)


def test_one_model_answers_the_whole_job_whatever_is_promoted_meanwhile() -> None:
    job = job_of(person(), csv_file(MANY))
    worker.split_job_file(job.pk)
    worker.compare_next_chunk()
    promoted(scoring_version("2", 9.0))
    versions = {row["model_version"] for row in rows_of(result(worked_off(job)))}
    assert versions == {"1"}


def test_people_are_served_in_turn_however_much_one_of_them_sent() -> None:
    eager, modest = person(), person()
    large = [job_of(eager, csv_file(MANY)) for _ in range(2)]
    small = job_of(modest, csv_file(MANY))
    for job in (*large, small):
        worker.split_job_file(job.pk)
    served: list[User] = []
    while (piece := BatchChunk.objects.claim_next(engine.RULES_VERSION)) is not None and len(served) < 6:
        served.append(BatchChunk.objects.select_related("job").get(pk=piece).job.user)
        held = BatchChunk.objects.find_unfinished(piece)
        assert held is not None
        worker.compare_chunk(held)
    assert served[:6] == [eager, modest] * 3 or served[:6] == [modest, eager] * 3


def test_a_chunk_that_stops_its_workers_three_times_fails_the_job_and_raises_an_alert() -> None:
    job, other = job_of(person(), csv_file(MANY)), job_of(person(), csv_file(PAIRS))
    worker.split_job_file(job.pk)
    BatchChunk.objects.filter(number=1).update(attempts=worker.MAX_ATTEMPTS)
    job = worked_off(job)
    assert (job.status, job.rows_done, job.file_key) == ("failed", len(MANY) - worker.CHUNK_ROWS, "")
    assert job.error.startswith("Comparing rows 2001 to 4000 failed three times")
    (alert,) = Alert.objects.firing()
    assert (alert.rule, alert.scope, alert.observation) == ("bulk_job_failed", str(job.pk), job.error)
    assert worked_off(other).status == "succeeded"


def test_a_file_whose_reading_stops_its_workers_three_times_fails_with_its_reason() -> None:
    job = job_of(person(), csv_file(PAIRS))
    for attempts in range(worker.MAX_ATTEMPTS):
        leased = worker._lease_job(job.pk)  # the worker that took it was killed
        assert leased is not None
        assert leased.split_attempts == attempts + 1
        assert worker.split_job_file(job.pk) is False
        BatchJob.objects.update(leased_until=timezone.now())
    assert worker.split_job_file(job.pk) is False
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "Reading the file failed three times; please report it.")
    assert Alert.objects.firing().get().rule == "bulk_job_failed"


def test_a_chunk_whose_comparison_raises_is_free_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(person(), csv_file(PAIRS))
    worker.split_job_file(job.pk)

    def stop(*_: object) -> None:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patch:
        patch.setattr(worker, "compare_rows", stop)
        for _ in range(worker.MAX_ATTEMPTS - 1):
            with pytest.raises(SoftTimeLimitExceeded):
                worker.compare_next_chunk()
    assert worked_off(job).status == "succeeded"


def test_a_chunk_is_leased_to_one_worker_and_free_after_the_lease() -> None:
    worker.split_job_file(job_of(person(), csv_file(PAIRS)).pk)
    claimed = BatchChunk.objects.claim_next(engine.RULES_VERSION)
    assert claimed is not None
    assert BatchChunk.objects.claim_next(engine.RULES_VERSION) is None
    BatchChunk.objects.update(leased_until=timezone.now())
    assert BatchChunk.objects.claim_next(engine.RULES_VERSION) == claimed


def test_no_lock_is_held_while_a_chunk_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(person(), csv_file(PAIRS))
    worker.split_job_file(job.pk)
    compare_rows, depths = worker.compare_rows, []

    def observe(*arguments: Any) -> Any:
        depths.append(len(connection.savepoint_ids))
        return compare_rows(*arguments)

    monkeypatch.setattr(worker, "compare_rows", observe)
    before = len(connection.savepoint_ids)
    assert worked_off(job).status == "succeeded"
    assert depths == [before]


def test_a_cancelled_job_stops_loses_its_files_and_its_key() -> None:
    owner = person()
    job = job_of(owner, csv_file(MANY))
    worker.split_job_file(job.pk)
    worker.compare_next_chunk()
    held = BatchChunk.objects.find_unfinished(BatchChunk.objects.claim_next(engine.RULES_VERSION) or 0)
    assert held is not None
    service.cancel(job, owner)
    worker.compare_chunk(held)
    assert not worker.compare_next_chunk()
    job.refresh_from_db()
    assert (job.status, job.file_key, job.rows_done) == ("cancelled", "", worker.CHUNK_ROWS)
    assert AuditEvent.objects.filter(action="batch_job.cancelled", object_id=str(job.pk)).count() == 1
    assert service.cancel(job, owner).status == "cancelled"
    assert AuditEvent.objects.filter(action="batch_job.cancelled").count() == 1


def test_a_finished_job_is_not_cancelled() -> None:
    owner = person()
    job = worked_off(job_of(owner, csv_file(PAIRS)))
    assert service.cancel(job, owner).status == "succeeded"
    assert len(rows_of(result(job))) == len(PAIRS)


def test_files_go_with_the_commit_of_what_removes_them(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    owner = person()
    gone = [job_of(owner, csv_file(PAIRS)) for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        service.cancel(gone[0], owner)
        service.fail(gone[1], "The file is damaged.")
        service.delete(gone[2], owner)
    assert list(Path(current.JOBS_DIR).iterdir()) == []
    assert BatchJob.objects.count() == 2


def test_one_job_too_many_is_refused() -> None:
    owner = person()
    for _ in range(service.MAX_UNFINISHED):
        job_of(owner, csv_file(PAIRS))
    with pytest.raises(service.JobError, match="20 unfinished"):
        job_of(owner, csv_file(PAIRS))
    assert len(list(Path(current.JOBS_DIR).iterdir())) == service.MAX_UNFINISHED


def test_what_stands_still_is_found_whatever_became_of_messages_and_workers() -> None:
    waiting, dead, alive = (job_of(person(), csv_file(MANY)) for _ in range(3))
    long_ago = timezone.now() - 10 * worker._LEASE_DURATION
    assert worker._lease_job(dead.pk) is not None
    BatchJob.objects.filter(pk=dead.pk).update(leased_until=long_ago)
    assert worker._lease_job(alive.pk) is not None
    assert set(maintenance.list_unprepared_jobs()) == {waiting.pk, dead.pk}
    worker.split_job_file(dead.pk)
    assert maintenance.count_stalled_chunks() == 0
    BatchJob.objects.filter(pk=dead.pk).update(started_at=long_ago)
    assert maintenance.count_stalled_chunks() == 3
    worker.compare_next_chunk()
    assert maintenance.count_stalled_chunks() == 0


def test_a_job_is_never_answered_under_two_versions_of_the_rules() -> None:
    job = job_of(person(), csv_file(PAIRS))
    worker.split_job_file(job.pk)
    BatchJob.objects.update(rules_version="of another day")
    assert not worker.compare_next_chunk()
    assert maintenance.fail_outdated_jobs() == 0
    BatchJob.objects.update(created_at=timezone.now() - 10 * maintenance._OUTDATED_AFTER)
    assert maintenance.fail_outdated_jobs() == 1
    job.refresh_from_db()
    assert (job.status, "start it again" in job.error) == ("failed", True)


def test_jobs_that_were_kept_long_enough_go_with_an_event(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    old, new = (worked_off(job_of(person(), csv_file(PAIRS))) for _ in range(2))
    BatchJob.objects.filter(pk=old.pk).update(
        finished_at=timezone.now() - 8 * 24 * 60 * worker._LEASE_DURATION
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        assert maintenance.delete_expired_jobs() == 1
    assert [job.pk for job in BatchJob.objects.all()] == [new.pk]
    assert not find_job_folder(old.pk).exists()
    assert AuditEvent.objects.filter(action="batch_job.deleted", object_id=str(old.pk)).exists()


def test_a_piece_costs_the_same_queries_in_a_small_job_and_in_a_large_one() -> None:
    counts = []
    for repeated in (1, 3):
        worker.split_job_file(job_of(person(), csv_file(MANY * repeated)).pk)
        worker.compare_next_chunk()  # reads the model, too
        with CaptureQueriesContext(connection) as asked:
            worker.compare_next_chunk()
        counts.append(len(asked))
        worked_off(BatchJob.objects.latest("id"))
    assert counts == [9, 9]  # one of them leaves the sample, one the counts
