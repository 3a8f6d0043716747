"""Checkpoints reach real receivers outside: mail server, object store with lock, time-stamp authority."""

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import anchor, trail
from accounts.models import AuditAnchor, AuditCheckpoint, AuditEvent
from tests.people import person
from tests.receivers import Mailbox, mail_server, timestamp_authority

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def anchors(settings: Settings, tmp_path: Path) -> Path:
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")
    return tmp_path / "anchors.jsonl"


@pytest.fixture
def mailbox(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server with STARTTLS that this process trusts."""
    with mail_server(tmp_path) as (port, box):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "localhost", port, True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anchors", "letmein"
        settings.AUDIT_ANCHOR_EMAILS = ["auditors@example.com"]
        yield box


@pytest.fixture
def anchors_bucket(settings: Settings, bucket: str) -> str:
    settings.AUDIT_ANCHOR_BUCKET = bucket
    return bucket


def sealed() -> None:
    person()
    trail.seal_events()


def test_a_checkpoint_is_mailed_encrypted_and_once(mailbox: Mailbox) -> None:
    sealed()
    checkpoint = anchor.publish_anchor()
    assert checkpoint == anchor.publish_anchor()
    ((to, text),) = mailbox.letters
    assert (to, mailbox.encrypted) == ("auditors@example.com", [True])
    assert checkpoint is not None
    assert checkpoint.head in text.replace("=\r\n", "").replace("=\n", "")
    sealed()
    anchor.publish_anchor()
    assert len(mailbox.letters) == 2


def test_a_checkpoint_in_the_object_store_cannot_be_deleted_before_its_time(anchors_bucket: str) -> None:
    sealed()
    checkpoint = anchor.publish_anchor()
    assert checkpoint is not None
    key = f"checkpoints/{checkpoint.size:020}.txt"
    store = boto3.client("s3")
    found = store.get_object(Bucket=anchors_bucket, Key=key)
    assert found["Body"].read().decode() == checkpoint.note
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] > timezone.now() + timedelta(days=3_649)
    with pytest.raises(ClientError, match="AccessDenied"):
        store.delete_object(Bucket=anchors_bucket, Key=key, VersionId=found["VersionId"])
    receipt = AuditAnchor.objects.get(target="object store").receipt
    assert receipt == f"{key} version {found['VersionId']}"


@pytest.mark.usefixtures("anchors_bucket")
def test_a_store_that_does_not_answer_holds_no_other_target_back(
    anchors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    sealed()
    with pytest.raises(OSError, match="the object store did not take the checkpoint"):
        anchor.publish_anchor()
    assert len(anchors.read_text().splitlines()) == 1
    assert anchor.find_oldest_unanchored("file") is None
    assert anchor.find_oldest_unanchored("object store") is not None
    checkpoint = AuditCheckpoint.objects.get()
    assert anchor.list_missing_targets(checkpoint) == ["object store"]


def test_a_checkpoint_is_stamped_by_an_authority_and_openssl_confirms_it(
    settings: Settings, tmp_path: Path
) -> None:
    with timestamp_authority(tmp_path) as (address, hook):
        settings.AUDIT_TSA_URL, settings.AUDIT_TSA_CERTIFICATES = address, str(tmp_path / "certificate.pem")
        sealed()
        checkpoint = anchor.publish_anchor()
    assert checkpoint is not None
    assert hook.posts[0][0]["Content-Type"] == "application/timestamp-query"
    event = checkpoint.anchors.get(target="time stamp")
    assert event.receipt[:10] == f"{timezone.now():%Y-%m-%d}"
    folder = tmp_path / "proof"
    call_command("audit", "prove", str(AuditEvent.objects.latest("id").pk), f"--output={folder}")
    command = ["openssl", "ts", "-verify", "-data", f"checkpoint-{checkpoint.size}.txt"]
    command += ["-in", f"checkpoint-{checkpoint.size}.tsr", "-CAfile", str(tmp_path / "certificate.pem")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr


def test_a_stamp_of_another_authority_or_of_something_else_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "other").mkdir()
    sealed()
    with (
        timestamp_authority(tmp_path / "ours") as (address, hook),
        timestamp_authority(tmp_path / "other") as other,
    ):
        settings.AUDIT_TSA_URL = other[0]
        settings.AUDIT_TSA_CERTIFICATES = str(tmp_path / "ours" / "certificate.pem")
        with pytest.raises(OSError, match="cannot be trusted"):
            anchor.publish_anchor()
        settings.AUDIT_TSA_URL = address
        replay = hook.respond
        old = replay(other[1].posts[0][1])
        hook.respond = lambda _query: old
        with pytest.raises(OSError, match="cannot be trusted"):
            anchor.publish_anchor()
        hook.respond = lambda _query: b"nonsense"
        with pytest.raises(OSError, match="cannot be trusted"):
            anchor.publish_anchor()
    assert not AuditAnchor.objects.filter(target="time stamp").exists()


def test_anchors_in_the_file_hold_the_signed_checkpoint(anchors: Path) -> None:
    sealed()
    call_command("audit", "anchor")
    kept = json.loads(anchors.read_text())
    assert kept["checkpoint"] == AuditCheckpoint.objects.get().note
    call_command("audit", "verify", f"--anchors={anchors}")
