"""Bulk jobs, documents, evidence and backups with everything in a bucket and nothing on the disk."""

import hashlib
import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Role, User
from analytics.evidence import Month, build_pack
from config.backup import export, target
from matching.jobs import maintenance, service, worker
from matching.jobs.job_folder import get_job_store
from matching.jobs.lost_files import end_jobs_without_files
from matching.models import BatchJob
from matching.storage.stores import get_store
from tests.documents import pdf_of, send_documents
from tests.jobs import PAIRS, csv_file, job_of, result, rows_of, sent, worked_off
from tests.models import installed, stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_job_files(settings: Settings, bucket: str) -> None:
    settings.JOBS_DIR = f"s3://{bucket}/jobs"


def names() -> list[str]:
    return [file.name for file in get_job_store().list_files()]


def test_a_job_is_sent_compared_and_fetched_without_a_file_on_this_host(tmp_path: Path) -> None:
    installed()
    client = signed_in(person(Role.CLIENT))
    answer = sent(client, csv_file(PAIRS * 1_100))
    assert answer.status_code == 201, answer.content
    job = worked_off(BatchJob.objects.get())
    assert (job.status, job.rows_done) == ("succeeded", len(PAIRS) * 1_100)
    answer = client.get(reverse("job-result", args=[job.pk]))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content == result(job)
    assert [row["id"] for row in rows_of(content)] == [str(at + 1) for at in range(len(PAIRS) * 1_100)]
    assert [name.rsplit("-", 2)[0] for name in names()] == [f"{job.pk}/out"] * 3
    stored = b"".join(get_job_store().open(name).read() for name in names())
    assert b"Larkspur" not in stored
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    client.delete(f"/api/v1/jobs/{job.pk}")
    assert names() == []


def test_a_cancelled_job_leaves_nothing_whoever_was_writing() -> None:
    installed()
    owner = person()
    job = job_of(owner, csv_file(PAIRS))
    write = worker._write_chunks

    def cancel_meanwhile(leased: BatchJob) -> object:
        chunks = write(leased)
        service.cancel(leased, owner)
        write_rows_again(leased)  # on a disk this would fail, because the folder is gone
        return chunks

    def write_rows_again(leased: BatchJob) -> None:
        draft = get_job_store().create(f"{leased.pk}/rows")
        draft.write(b"rows")
        draft.complete()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "_write_chunks", cancel_meanwhile)
        assert not worker.split_job_file(job.pk)
    assert names() == []


def test_what_interrupted_uploads_left_is_deleted_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    installed()
    kept = job_of(person(), csv_file(PAIRS))
    lost = job_of(person(), csv_file(PAIRS))
    BatchJob.objects.filter(pk=lost.pk).delete()
    maintenance.delete_expired_jobs()
    assert len(names()) == 2
    monkeypatch.setattr(maintenance, "_ORPHANED_AFTER", -timedelta(minutes=1))
    maintenance.delete_expired_jobs()
    assert names() == [f"{kept.pk}/upload"]


def test_a_backup_holds_what_lies_in_buckets_and_restores_it(
    settings: Settings, bucket: str, tmp_path: Path
) -> None:
    settings.EVIDENCE_DIR = f"s3://{bucket}/evidence"
    settings.MLFLOW_ARTIFACT_ROOT = f"s3://{bucket}/mlflow"
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{tmp_path}/mlflow.db"
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")
    installed()
    job = job_of(person(), csv_file(PAIRS))
    for place in (settings.EVIDENCE_DIR, settings.MLFLOW_ARTIFACT_ROOT):
        draft = get_store(place).create("1/file")
        draft.write(place.encode())
        draft.complete()
    archive = io.BytesIO()
    export.write_archive(archive, lambda: None)
    with pytest.raises(target.TargetError, match="holds files: restore into an empty one"):
        target.require_empty_places()
    get_store(f"s3://{bucket}").delete_folder("jobs")
    for name, elsewhere in (("EVIDENCE_DIR", "evidence-2"), ("MLFLOW_ARTIFACT_ROOT", "mlflow-2")):
        setattr(settings, name, f"s3://{bucket}/{elsewhere}")
    target.require_empty_places()
    archive.seek(0)
    target.write_files(archive)
    with get_store(settings.EVIDENCE_DIR).open("1/file") as file:
        assert file.read() == f"s3://{bucket}/evidence".encode()
    with get_store(settings.MLFLOW_ARTIFACT_ROOT).open("1/file") as file:
        assert file.read() == f"s3://{bucket}/mlflow".encode()
    assert worked_off(job).status == "succeeded"


def test_documents_for_reviewers_lie_encrypted_in_the_bucket_until_they_are_deleted() -> None:
    prediction = stored_prediction(user=person(), verdict="review")
    client, content = signed_in(prediction.user), pdf_of(b"<< /Type /Catalog >>")
    answer = send_documents(client, prediction, ("Extract.pdf", content))
    assert answer.status_code == 201, answer.content
    found = f"/api/v1/predictions/{prediction.pk}/documents/{answer.json()['results'][0]['id']}"
    assert b"".join(client.get(found)) == content
    (name,) = names()
    assert name.startswith("documents/")
    assert b"Catalog" not in get_job_store().open(name).read()
    assert client.delete(found).status_code == 204
    assert names() == []


def test_evidence_is_built_into_the_bucket_and_served_from_it(settings: Settings, bucket: str) -> None:
    settings.EVIDENCE_DIR = f"s3://{bucket}/evidence"
    installed()
    month = Month.from_datetime(timezone.now())
    pack = build_pack(month, None)
    with pack.open() as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert "chain.jsonl" in archive.namelist()
    with pack.open() as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == pack.sha256


def test_while_the_store_is_silent_uploads_are_refused_and_no_job_is_lost(
    settings: Settings, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    owner = person(Role.CLIENT)
    job = job_of(owner, csv_file(PAIRS))
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        settings.JOBS_DIR = f"s3://{bucket}/jobs/"  # another client of the same place, which finds no store
        answer = sent(signed_in(owner), csv_file(PAIRS))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        with pytest.raises(OSError, match="does not answer"):
            worker.split_job_file(job.pk)
        with pytest.raises(OSError, match="does not answer"):
            end_jobs_without_files()
        deleted = job_of_nobody(owner)
        service.delete(deleted, owner)
    settings.JOBS_DIR = f"s3://{bucket}/jobs"
    assert list(BatchJob.objects.values_list("pk", flat=True)) == [job.pk]
    BatchJob.objects.update(leased_until=None)
    assert worked_off(job).status == "succeeded"


def job_of_nobody(owner: User) -> BatchJob:
    """A job whose files were never stored."""
    job = BatchJob.objects.get()
    return BatchJob.objects.create(
        user=owner, model=job.model, generation=job.generation, rules_version=job.rules_version, shape="{}"
    )
