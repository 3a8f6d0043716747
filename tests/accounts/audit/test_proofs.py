"""Keyed seals, checkpoints and proofs: whoever owns the database alone cannot make a trail that passes."""

import base64
import json
import subprocess
import sys
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.audit import trail
from accounts.audit.checkpoints import CheckpointError, build_proof, get_origin, make_checkpoint
from accounts.audit.keys import list_verifier_keys
from accounts.audit.merkle import EMPTY_ROOT, Frontier, build_audit_path
from accounts.audit.proof_verifier import (
    ProofError,
    compute_leaf_hash,
    compute_node_hash,
    compute_root_from_path,
    parse_proof,
    verify_ed25519,
    verify_proof,
)
from accounts.audit.verification import verify_chain
from accounts.auth.users import set_role
from accounts.models import AuditCheckpoint, AuditEvent, AuditSeal, Role, User
from tests.accounts.audit.test_audit import as_database_owner
from tests.people import person

OLD_KEY = "an audit key that was in use until last year"


@pytest.fixture
def user() -> User:
    return person()


def happen(user: User, number: int = 1) -> None:
    """Let that many sealed events happen."""
    for _ in range(number):
        set_role(user, Role.REVIEWER if user.role == Role.LEAD else Role.LEAD, actor=None)
    trail.seal_events()


def chain_made_anew() -> None:
    """Rewrite every seal so that the chain of SHA-256 is consistent again, as the database's owner can."""
    previous = trail.GENESIS_HASH
    for seal in AuditSeal.objects.select_related("event").order_by("seq"):
        link = trail.compute_link_hash(previous, seal.seq, seal.event)
        as_database_owner(
            "UPDATE audit_seals SET prev_hash = %s, hash = %s WHERE seq = %s", previous, link, seal.seq
        )
        previous = link


# --- The tree -------------------------------------------------------------------------------------


def naive_root(entries: list[bytes]) -> bytes:
    """The root as RFC 6962 defines it."""
    if len(entries) < 2:
        return compute_leaf_hash(entries[0]) if entries else EMPTY_ROOT
    split = 1 << (len(entries) - 1).bit_length() - 1
    return compute_node_hash(naive_root(entries[:split]), naive_root(entries[split:]))


def test_the_roots_are_those_of_rfc_6962() -> None:
    # The first eight roots of the test vectors of Certificate Transparency.
    entries = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        bytes(range(0x50, 0x58)),
        bytes(range(0x60, 0x70)),
    ]
    tree, roots = Frontier(), []
    for entry in entries:
        tree.append(entry)
        roots.append(tree.compute_root().hex())
    assert roots[0] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[1] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert roots[7] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@hypothesis_settings(deadline=None)
@given(st.integers(1, 70), st.data())
def test_every_leaf_has_a_path_to_the_root_and_no_other_leaf_has_it(size: int, data: st.DataObject) -> None:
    entries = [b"entry %d" % number for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = build_audit_path(index, size, lambda start, end: naive_root(entries[start:end]))
    root = naive_root(entries)
    assert compute_root_from_path(index, size, compute_leaf_hash(entries[index]), path) == root
    assert compute_root_from_path(index, size, compute_leaf_hash(b"another"), path) != root
    for wrong in (path[:-1], [*path, b"\0" * 32]):
        if len(wrong) != len(path) and (size > 1 or wrong):
            with pytest.raises(ProofError, match="audit path is too"):
                compute_root_from_path(index, size, compute_leaf_hash(entries[index]), wrong)


@hypothesis_settings(deadline=None, max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_the_verifier_takes_the_signatures_of_the_library_and_no_other(
    seed: bytes, text: bytes, bit: int
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature, public = key.sign(text), key.public_key().public_bytes_raw()
    assert verify_ed25519(public, text, signature)
    assert not verify_ed25519(public, text + b"x", signature)
    flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not verify_ed25519(public, text, flipped)


# --- Keyed seals ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_chain_that_was_made_anew_without_the_key_is_found(user: User) -> None:
    happen(user, 3)
    as_database_owner(
        "UPDATE audit_events SET detail = '{}' WHERE id = %s", AuditEvent.objects.latest("id").pk
    )
    chain_made_anew()
    assert "was not made with our key" in str(verify_chain().fault)


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["mac = ''", "mac = '', key_id = ''", "key_id = 'another key '"])
def test_a_chain_without_our_hmac_at_its_end_is_found(user: User, change: str) -> None:
    happen(user, 2)
    as_database_owner(f"UPDATE audit_seals SET {change}")  # noqa: S608 - the words above
    fault = str(verify_chain().fault)
    assert "no HMAC of a configured key" in fault or "was not made with our key" in fault


@pytest.mark.django_db
def test_a_new_key_vouches_for_what_older_keys_sealed(user: User, settings: Settings) -> None:
    new = settings.AUDIT_KEY
    settings.AUDIT_KEY = OLD_KEY
    happen(user, 2)
    make_checkpoint()
    settings.AUDIT_KEY = new
    assert "no HMAC of a configured key" in str(verify_chain().fault)
    settings.AUDIT_KEY_FALLBACKS = [OLD_KEY]
    assert verify_chain().is_intact
    happen(user)
    make_checkpoint()
    assert verify_chain().is_intact
    assert AuditSeal.objects.values("key_id").distinct().count() == 2


@pytest.mark.django_db
def test_seals_of_a_version_without_key_pass_once_a_keyed_one_follows(user: User) -> None:
    happen(user, 2)
    as_database_owner("UPDATE audit_seals SET mac = '', key_id = ''")
    happen(user)
    assert verify_chain().is_intact


# --- Checkpoints ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_checkpoint_continues_the_one_before_at_the_same_cost(user: User) -> None:
    assert make_checkpoint() is None
    counts = []
    for number in (3, 60):
        happen(user, number)
        with CaptureQueriesContext(connection) as queries:
            checkpoint = make_checkpoint()
        counts.append(len(queries))
        assert checkpoint is not None
        hashes = [
            bytes.fromhex(value) for value in AuditSeal.objects.values_list("hash", flat=True).order_by("seq")
        ]
        assert checkpoint.root == naive_root(hashes).hex()
        assert make_checkpoint() == checkpoint
    assert counts[0] == counts[1] <= 6
    assert verify_chain().is_intact


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_checkpoints SET root = repeat('0', 64)",
        "UPDATE audit_checkpoints SET note = replace(note, E'\n4\n', E'\n5\n')",
        "UPDATE audit_checkpoints SET frontier = '[\"00\"]'",
    ],
)
def test_an_altered_checkpoint_is_found_and_not_continued(user: User, statement: str) -> None:
    happen(user, 3)
    make_checkpoint()
    as_database_owner(statement)
    happen(user)
    with pytest.raises(CheckpointError, match="checkpoint"):
        make_checkpoint()
    if "frontier" not in statement:
        assert "checkpoint" in str(verify_chain().fault)


@pytest.mark.django_db
def test_a_checkpoint_of_more_seals_than_there_are_shows_a_cut_end(user: User) -> None:
    happen(user, 3)
    make_checkpoint()
    as_database_owner("DELETE FROM audit_seals WHERE seq >= 3")
    assert "the chain ends at seal 2" in str(verify_chain().fault)


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_checkpoints", "audit_anchors"])
def test_the_database_refuses_to_rewrite_checkpoints_and_anchors(
    user: User, table: str, settings: Settings, tmp_path: Path
) -> None:
    settings.AUDIT_ANCHOR_PATH = str(tmp_path / "anchors.jsonl")
    happen(user)
    call_command("audit", "anchor")
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608 - the names above
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


# --- Proofs ---------------------------------------------------------------------------------------


def write_proof(event: AuditEvent, folder: Path) -> Path:
    call_command("audit", "prove", str(event.pk), f"--output={folder}")
    return folder / f"event-{event.pk}.tlog-proof"


def checked(proof: Path, *arguments: object) -> tuple[int, str]:
    """Run the verifier beside the proof as an auditor does, without the project."""
    command = [sys.executable, "-I", str(proof.parent / "verify_proof.py"), str(proof), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=proof.parent)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.django_db
def test_one_event_is_proved_offline_by_the_key_and_by_an_anchor(
    user: User, settings: Settings, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.jsonl"
    settings.AUDIT_ANCHOR_PATH = str(anchors)
    happen(user, 7)
    call_command("audit", "anchor")
    happen(user, 4)
    call_command("audit", "anchor")
    event = AuditEvent.objects.order_by("id")[4]
    proof = write_proof(event, tmp_path / "proof")
    key = list_verifier_keys(get_origin())[0]
    code, output = checked(proof, "--key", key, "--anchors", anchors)
    assert code == 0, output
    assert "seal 5 is in the tree of 8 seals" in output
    assert '"action": "user.role_changed"' in output
    assert json.loads(output[output.index("{") :])["object"] == ["accounts.user", str(user.pk)]
    later = parse_proof(build_proof(event, 12))
    assert (verify_proof(later)["seq"], later.checkpoint.size) == (5, 12)


@pytest.mark.django_db
def test_every_event_has_a_proof_that_holds(user: User) -> None:
    for number in (1, 6, 5):
        happen(user, number)
        make_checkpoint()
    for event in AuditEvent.objects.filter(seal__isnull=False):
        assert verify_proof(parse_proof(build_proof(event)))["id"] == event.pk


@pytest.mark.django_db
def test_a_proof_that_was_changed_or_is_of_another_log_is_refused(user: User, tmp_path: Path) -> None:
    happen(user, 6)
    make_checkpoint()
    key = list_verifier_keys(get_origin())[0]
    proof = write_proof(AuditEvent.objects.latest("id"), tmp_path)
    text = proof.read_text()
    entry = base64.b64decode(text.split("\n")[1].split(" ")[1])
    forged = base64.b64encode(entry.replace(b"role_changed", b"role_praised")).decode()
    for wrong, words in (
        (text.replace(text.split("\n")[1], f"extra {forged}"), "the event was altered"),
        (text.replace("index 6", "index 5"), "the proof is about seal 6"),
        (text.replace("\n7\n", "\n8\n"), "BROKEN"),
        ("nothing", "not a proof"),
    ):
        proof.write_text(wrong)
        code, output = checked(proof, "--key", key)
        assert (code, words in output) == (1, True), output
    proof.write_text(text)
    code, output = checked(proof, "--key", key.replace("/audit", "/other"))
    assert (code, "not signed by the key" in output) == (1, True)
    assert checked(proof)[0] == 2
    others = tmp_path / "others.jsonl"
    others.write_text(
        json.dumps({"at": "then", "seq": 7, "checkpoint": text.partition("\n\n")[2].replace("=", "A")})
    )
    assert checked(proof, "--anchors", others)[0] == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("user")
def test_what_cannot_be_proved_yet_is_said() -> None:
    event = AuditEvent.objects.latest("id")
    with pytest.raises(CommandError, match="not sealed yet"):
        call_command("audit", "prove", str(event.pk))
    trail.seal_events()
    with pytest.raises(CommandError, match="no checkpoint holds event"):
        call_command("audit", "prove", str(event.pk))
    with pytest.raises(CommandError, match="there is no event"):
        call_command("audit", "prove", "999999999")
    as_database_owner("DELETE FROM audit_seals")
    with pytest.raises(CommandError, match="nothing is sealed"):
        call_command("audit", "anchor")


@pytest.mark.django_db
def test_the_entry_of_a_proof_is_what_the_seal_hashes(user: User) -> None:
    happen(user)
    make_checkpoint()
    seal = AuditSeal.objects.latest("seq")
    assert sha256(parse_proof(build_proof(seal.event)).entry).hexdigest() == seal.hash
    assert AuditCheckpoint.objects.get().head == seal.hash


@pytest.mark.django_db
def test_an_installation_without_key_is_keyed_by_its_migration(user: User) -> None:
    happen(user, 2)
    as_database_owner("UPDATE audit_seals SET mac = '', key_id = ''")
    assert "no HMAC of a configured key" in str(verify_chain().fault)
    migration = import_module("accounts.migrations.0007_audit_rules")
    connection.cursor().execute(migration.KEY_THE_CHAIN)
    trail.seal_events()
    assert verify_chain().is_intact
    assert AuditEvent.objects.latest("id").action == "audit.keyed"
