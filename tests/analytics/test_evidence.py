"""Evidence packs, checked by their own verifier as an auditor runs it."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.audit import trail
from accounts.audit.anchor import publish_anchor
from accounts.auth.users import set_role
from accounts.encryption.crypto import sha256
from accounts.models import AuditCheckpoint, AuditEvent, AuditSeal, Role
from analytics.evidence import EvidencePack, Month, NoEvidenceError, build_pack
from analytics.tasks import pack_evidence
from matching.compare.service import reveal_names
from tests.models import installed, stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

NAME = "Zebra Quartz Holdings"
LAST = Month.from_datetime(timezone.now()).previous


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> None:
    """Use a temporary folder for packs and anchors."""
    settings.EVIDENCE_DIR = str(tmp_path / "evidence")
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")


def happened(month: Month) -> None:
    """Record and seal an event in a month."""
    installed()
    reveal_names(stored_prediction(NAME), person(Role.REVIEWER))
    sealed_in(month)


def sealed_in(month: Month) -> None:
    """Seal what waits as if it were then; only the database's owner can turn a seal's clock back."""
    last = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    trail.seal_events()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        moment = month.start + timedelta(days=3)
        cursor.execute("UPDATE audit_seals SET sealed_at = %s WHERE seq > %s", [moment, last])
        cursor.execute("SET LOCAL session_replication_role = origin")


def verified(*arguments: object, folder: Path) -> tuple[int, str]:
    """Unpack the verifier of a pack and run it in isolation."""
    command = [sys.executable, "-I", str(folder / "verify.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def path_of(pack: EvidencePack) -> Path:
    return Path(settings.EVIDENCE_DIR) / pack.name


def unpacked(pack: EvidencePack, folder: Path) -> Path:
    with zipfile.ZipFile(path_of(pack)) as archive:
        archive.extractall(folder)
    return folder


def altered(pack: EvidencePack, to: Path, name: str, change: Callable[[list[str]], list[str]]) -> Path:
    """A copy of a pack in which somebody changed a file and made the manifest fit."""
    folder = unpacked(pack, to)
    lines = change((folder / name).read_text().splitlines())
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = sha256((folder / name).read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_pack_holds_what_happened_without_a_name_and_its_own_verifier_passes_it(tmp_path: Path) -> None:
    happened(LAST)
    pack = build_pack(LAST, None)
    folder = unpacked(pack, tmp_path / "out")
    code, output = verified(folder=folder)
    assert (code, output.split(":")[0]) == (0, f"ok {LAST}"), output
    accesses = [json.loads(line) for line in (folder / "accesses.jsonl").read_text().splitlines()]
    assert [row["event"]["action"] for row in accesses] == ["prediction.names_revealed"]
    assert json.loads((folder / "manifest.json").read_text())["head"] == AuditSeal.objects.latest("seq").hash
    assert not any("Zebra" in path.read_text() for path in folder.iterdir())


def test_the_checkpoints_of_the_month_are_in_its_pack_and_confirm_its_chain(tmp_path: Path) -> None:
    month = Month.from_datetime(timezone.now())
    installed()
    trail.seal_events()
    publish_anchor()
    found = build_pack(month, None)
    folder = unpacked(found, tmp_path / "out")
    checkpoint = AuditCheckpoint.objects.get()
    (row,) = [json.loads(line) for line in (folder / "checkpoints.jsonl").read_text().splitlines()]
    assert (row["seq"], row["checkpoint"]) == (checkpoint.size, checkpoint.note)
    code, output = verified("--anchors", folder / "checkpoints.jsonl", path_of(found), folder=folder)
    assert code == 0, output
    assert "1 anchors are in the chain" in output


def test_the_deployments_of_the_month_are_in_its_pack(tmp_path: Path) -> None:
    month = Month.from_datetime(timezone.now())
    deployment = installed()
    folder = unpacked(build_pack(month, None), tmp_path / "out")
    rows = [json.loads(line) for line in (folder / "deployments.jsonl").read_text().splitlines()]
    assert [(row["generation"], row["artefact"]) for row in rows] == [
        (deployment.generation, deployment.model.artefact_id)
    ]


def test_the_pack_of_a_month_that_is_over_is_the_same_bytes_again() -> None:
    happened(LAST)
    first, second = build_pack(LAST, None), build_pack(LAST, None)
    assert first.sha256 == second.sha256
    assert AuditEvent.objects.filter(action="evidence.created").count() == 1


def _word(lines: list[str]) -> list[str]:
    return [lines[0].replace("user.created", "user.removed"), *lines[1:]]


def _without_second(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def _without_last(lines: list[str]) -> list[str]:
    return lines[:-1]


def _another_seal(lines: list[str]) -> list[str]:
    return [lines[0].replace('"seq": ', '"seq": 9')]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_word, "(seal 1) was altered after it was sealed"),
        (_without_second, "seal 2 is missing (found 3)"),
        (_without_last, "the chain ends at seal"),
    ],
)
def test_the_verifier_names_the_first_broken_row(
    change: Callable[[list[str]], list[str]], message: str, tmp_path: Path
) -> None:
    for _ in range(3):
        set_role(person(), "lead", None)
    sealed_in(LAST)
    folder = altered(build_pack(LAST, None), tmp_path / "out", "chain.jsonl", change)
    code, output = verified(folder=folder)
    assert code == 1
    assert message in output


def test_a_file_that_was_changed_alone_is_named(tmp_path: Path) -> None:
    happened(LAST)
    folder = unpacked(build_pack(LAST, None), tmp_path / "out")
    (folder / "deployments.jsonl").write_text("{}\n")
    code, output = verified(folder=folder)
    assert code == 1
    assert "deployments.jsonl is not the file the manifest was made of" in output


def test_an_access_that_is_not_in_the_chain_is_named(tmp_path: Path) -> None:
    happened(LAST)
    folder = altered(build_pack(LAST, None), tmp_path / "out", "accesses.jsonl", _another_seal)
    code, output = verified(folder=folder)
    assert code == 1
    assert "is not in the chain" in output


def test_packs_must_follow_each_other(tmp_path: Path) -> None:
    months = [LAST.previous.previous, LAST.previous, LAST]
    for month in months:
        person()
        sealed_in(month)
    packs = [build_pack(month, None) for month in months]
    folder, paths = unpacked(packs[0], tmp_path / "out"), [path_of(pack) for pack in packs]
    assert verified(*paths, folder=folder)[0] == 0
    code, output = verified(paths[0], paths[2], folder=folder)
    assert code == 1
    assert f"does not go on where {months[0]} ended" in output


def test_anchors_show_an_end_that_was_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    happened(LAST)
    pack = build_pack(LAST, None)
    anchors = tmp_path / "anchors.jsonl"
    call_command("audit", "anchor")
    call_command("audit", "verify", f"--anchors={anchors}")
    assert "seals intact" in capsys.readouterr().out
    folder = unpacked(pack, tmp_path / "out")
    last = json.loads((folder / "manifest.json").read_text())["last_seq"]
    fitting = {"at": "then", "seq": last, "hash": AuditSeal.objects.get(seq=last).hash}
    (tmp_path / "fitting.jsonl").write_text(json.dumps(fitting) + "\n")
    assert verified("--anchors", tmp_path / "fitting.jsonl", path_of(pack), folder=folder)[0] == 0
    for wrong, words in (
        ({**fitting, "seq": 10_000}, "is gone: the end"),
        ({**fitting, "hash": "0" * 64}, "is not what was anchored then"),
    ):
        anchors.write_text(json.dumps(wrong) + "\n")
        code, output = verified("--anchors", anchors, path_of(pack), folder=folder)
        assert code == 1
        assert words in output
        with pytest.raises(CommandError, match=words):
            call_command("audit", "verify", f"--anchors={anchors}")


def test_the_head_is_anchored_in_the_file_and_by_mail(
    settings: Settings, mailoutbox: list[object], tmp_path: Path
) -> None:
    settings.AUDIT_ANCHOR_EMAILS = ["audit@example.com"]
    happened(LAST)
    call_command("audit", "anchor")
    kept = json.loads((tmp_path / "anchors.jsonl").read_text())
    head = AuditSeal.objects.latest("seq")
    assert (kept["seq"], kept["hash"]) == (head.seq, head.hash)
    assert head.hash in mailoutbox[0].body  # type: ignore[attr-defined]


def test_a_file_that_cannot_be_written_does_not_keep_the_mail_back(
    settings: Settings, mailoutbox: list[object], tmp_path: Path
) -> None:
    settings.AUDIT_ANCHOR_EMAILS = ["audit@example.com"]
    settings.AUDIT_ANCHOR_PATH = str(tmp_path)
    happened(LAST)
    with pytest.raises(OSError, match="directory"):
        call_command("audit", "anchor")
    assert len(mailoutbox) == 1


def test_last_months_pack_is_made_once() -> None:
    happened(LAST)
    assert "sha256" in pack_evidence()
    assert pack_evidence() == "done before"


def test_months_are_checked() -> None:
    with pytest.raises(NoEvidenceError, match="2026-03"):
        Month.parse("March")
    with pytest.raises(NoEvidenceError, match="not begun"):
        Month.parse("9999-01")
    with pytest.raises(CommandError, match="nothing was sealed"):
        call_command("evidence", "2020-01")
    assert Month(2026, 12).end == datetime(2027, 1, 1, tzinfo=UTC)
    assert str(Month(2026, 1).previous) == "2025-12"


def test_an_auditor_takes_a_pack_and_that_is_recorded() -> None:
    happened(LAST)
    auditor, browser = person(Role.AUDITOR), Client()
    browser.force_login(auditor)
    assert str(LAST) in browser.get(reverse("evidence")).content.decode()
    answer = browser.post(reverse("evidence-file", args=[str(LAST)]))
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{LAST}.zip"'
    assert b"".join(answer).startswith(b"PK")
    event = AuditEvent.objects.get(action="evidence.downloaded")
    assert (event.actor, event.detail["month"]) == (auditor, str(LAST))
    assert event.detail["sha256"] in browser.get(reverse("evidence")).content.decode()
    assert browser.post(reverse("evidence-file", args=["2020-01"])).status_code == 404


def test_a_reviewer_takes_none() -> None:
    browser = Client()
    browser.force_login(person(Role.REVIEWER))
    assert browser.get(reverse("evidence")).status_code == 403
    assert browser.post(reverse("evidence-file", args=[str(LAST)])).status_code == 403
