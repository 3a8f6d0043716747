"""What a backup keeps while files come and go, and what a restore refuses."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from config.backup import export, state, target
from config.backup.proofs import ProofError, prove_restore
from matching.jobs.lost_files import end_jobs_without_files
from matching.models import BatchJob
from modelops.models import Deployment, Heartbeat
from tests.jobs import PAIRS, csv_file, find_job_folder, job_of, worked_off
from tests.models import installed
from tests.people import person


@pytest.fixture
def champion() -> Deployment:
    return installed()


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    settings.JOBS_DIR = str(tmp_path / "jobs")
    settings.EVIDENCE_DIR = str(tmp_path / "evidence")
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{tmp_path}/mlflow.db"
    settings.MLFLOW_ARTIFACT_ROOT = str(tmp_path / "artifacts")
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")


def put(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def members(archive: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [(member.name, opened.extractfile(member).read()) for member in opened]  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_files_that_come_and_go_while_the_archive_is_written_are_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes = put(tmp_path, "jobs/1/upload", "it goes")
    grows = put(tmp_path, "jobs/2/upload", "it")
    put(tmp_path, "jobs/1/rows.abc.part", "a draft")
    anchors = put(tmp_path, "anchors.jsonl", "old\n")
    count_rows = state.count_rows

    def at_the_snapshot() -> dict[str, int]:
        goes.unlink()
        grows.write_text("it grew")
        anchors.write_text("old\nlater\n")
        put(tmp_path, "jobs/3/upload", "it came")
        return count_rows()

    monkeypatch.setattr(state, "count_rows", at_the_snapshot)
    out = io.BytesIO()
    export.write_archive(out, lambda: None)
    found = [(name, content) for name, content in members(out.getvalue()) if name != export.STATE]
    assert found == [
        ("jobs/1/upload", b"it goes"),
        ("jobs/2/upload", b"it"),
        ("anchors.jsonl", b"old\n"),
        ("jobs/2/upload", b"it grew"),
        ("jobs/3/upload", b"it came"),
    ]


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_is_kept_until_the_dump_is_done() -> None:
    out, counts = io.BytesIO(), []

    def dump() -> None:
        described = json.loads(dict(members(out.getvalue()))[export.STATE])
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO heartbeats (name, at) VALUES ('later', now())")
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [described["snapshot"]])
            cursor.execute("SELECT count(*) FROM heartbeats")
            counts.append((described["rows"]["heartbeats"], cursor.fetchone()[0]))
        other.close()

    export.write_archive(out, dump)
    assert counts == [(0, 0)]
    assert Heartbeat.objects.count() == 1


def pack(**files: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    out.seek(0)
    return out


def test_files_go_to_their_places_and_the_later_one_counts(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as opened:
        for name, content in (
            ("jobs/1/upload", b"early"),
            ("state.json", b'{"rows": {}}'),
            ("jobs/1/upload", b"late"),
            ("mlflow/1/model.skops", b"model"),
            ("anchors.jsonl", b"{}\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    archive.seek(0)
    assert target.write_files(archive) == {"rows": {}}
    assert (tmp_path / "jobs/1/upload").read_bytes() == b"late"
    assert (tmp_path / "artifacts/1/model.skops").read_bytes() == b"model"
    assert (tmp_path / "anchors.jsonl").read_bytes() == b"{}\n"


@pytest.mark.parametrize("name", ["jobs/../../outside", "/outside", "elsewhere/file", "outside"])
def test_a_member_that_belongs_nowhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(target.TargetError, match="belongs nowhere in this installation"):
        target.write_files(pack(**{name: b"content"}))
    assert not (tmp_path.parent / "outside").exists()


@pytest.mark.django_db
def test_another_program_is_refused_in_both_directions() -> None:
    own = set(state.list_applied_migrations())
    target.require_program(own)
    with pytest.raises(target.TargetError, match=r"newer program, which knows matching\.9999_later"):
        target.require_program(own | {"matching.9999_later"})
    with pytest.raises(target.TargetError, match=r"older program, without accounts\.0001_initial"):
        target.require_program(own - {"accounts.0001_initial"})


@pytest.mark.parametrize(
    "name", ["FIELD_ENCRYPTION_KEY", "NAME_DIGEST_KEY", "API_KEY_PEPPER", "ARTEFACT_KEY", "AUDIT_KEY"]
)
def test_every_key_that_rows_depend_on_is_asked_for(name: str, settings: Settings) -> None:
    ids = state.list_key_ids()
    target.require_keys(ids)
    other = Fernet.generate_key().decode()
    setattr(settings, name, [other] if name == "FIELD_ENCRYPTION_KEY" else other)
    variable = state.VARIABLES.get(name, name)
    with pytest.raises(target.TargetError, match=f"{variable} is not the key of this backup"):
        target.require_keys(ids)


def test_a_key_that_has_become_a_fallback_opens_the_backup(settings: Settings) -> None:
    ids = state.list_key_ids()
    settings.AUDIT_KEY_FALLBACKS, settings.AUDIT_KEY = [settings.AUDIT_KEY], "a newer key of the audit trail"
    newer = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEY = [newer, *settings.FIELD_ENCRYPTION_KEY]
    target.require_keys(ids)
    assert state.list_key_ids() != ids


@pytest.mark.django_db
@pytest.mark.usefixtures("champion")
def test_a_row_too_many_ends_the_proof() -> None:
    described: dict[str, Any] = state.describe_database()
    assert len(list(prove_restore(described))) == 5
    described["rows"]["users"] += 1
    with pytest.raises(ProofError, match="The table users has"):
        list(prove_restore(described))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("champion")
def test_jobs_whose_files_are_lost_end_and_say_why() -> None:
    user = person()
    kept, waiting = (job_of(user, csv_file(PAIRS)) for _ in range(2))
    done = worked_off(job_of(user, csv_file(PAIRS)))
    (find_job_folder(waiting.pk) / "upload").write_bytes(b"damaged")
    for path in find_job_folder(done.pk).iterdir():
        path.unlink()
    assert end_jobs_without_files() == (1, 2)
    waiting.refresh_from_db()
    assert (waiting.status, "please send the file again" in waiting.error) == ("failed", True)
    assert set(BatchJob.objects.values_list("pk", flat=True)) == {kept.pk, waiting.pk}
    assert not find_job_folder(done.pk).exists()
