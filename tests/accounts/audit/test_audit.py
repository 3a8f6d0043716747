"""The audit trail: written with the change, append-only, and every alteration is detected."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.audit import trail as audit
from accounts.audit.verification import verify_chain
from accounts.auth.users import set_role
from accounts.models import AuditEvent, AuditSeal, User
from analytics import evidence_verifier
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    """A user to act upon."""
    return person()


def as_database_owner(statement: str, *values: int | str) -> None:
    """Run a statement past the triggers, as the owner of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)


def test_a_change_and_its_event_are_one(user: User) -> None:
    set_role(user, "reviewer", actor=user)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor, event.object_id) == ("user.role_changed", user, str(user.pk))
    assert event.detail == {"before": "user", "after": "reviewer"}


def test_a_change_that_fails_leaves_no_event(user: User) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(ValueError, match="emperor"):
        set_role(user, "emperor", actor=user)
    assert AuditEvent.objects.count() == before


def test_the_verifier_in_evidence_packs_computes_the_same_hashes(user: User) -> None:
    set_role(user, "reviewer", actor=user)
    event = AuditEvent.objects.latest("id")
    expected = audit.compute_link_hash(audit.GENESIS_HASH, 1, event)
    body = audit.build_event_body(event)
    assert evidence_verifier.compute_link_hash(audit.GENESIS_HASH, 1, body) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET action = 'nothing.happened'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events CASCADE",
        "UPDATE audit_seals SET hash = 'x'",
        "DELETE FROM audit_seals",
    ],
)
def test_the_database_refuses_to_rewrite_the_trail(user: User, statement: str) -> None:
    audit.seal_events()
    assert user.pk is not None
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_sealing_chains_every_event_once(user: User) -> None:
    set_role(user, "lead", actor=None)
    assert audit.seal_events() == AuditEvent.objects.count()
    assert audit.seal_events() == 0
    report = verify_chain()
    assert report.is_intact
    assert report.sealed_count == AuditEvent.objects.count()
    assert report.head_hash == AuditSeal.objects.latest("seq").hash


def test_sealing_in_parts_gives_one_chain(user: User) -> None:
    for role in ("lead", "reviewer", "auditor", "user"):
        set_role(user, role, actor=None)
    while audit.seal_events(limit=2):
        pass
    assert verify_chain().is_intact
    numbers = list(AuditSeal.objects.values_list("seq", flat=True))
    assert numbers == list(range(1, AuditEvent.objects.count() + 1))


def test_an_altered_event_is_named(user: User) -> None:
    set_role(user, "lead", actor=None)
    audit.seal_events()
    event = AuditEvent.objects.latest("id")
    as_database_owner("UPDATE audit_events SET detail = '{}' WHERE id = %s", event.pk)
    assert f"event {event.pk} " in str(verify_chain().fault)


def test_a_removed_event_is_named(user: User) -> None:
    for role in ("lead", "reviewer", "auditor"):
        set_role(user, role, actor=None)
    audit.seal_events()
    as_database_owner("DELETE FROM audit_seals WHERE seq = 2")
    assert verify_chain().fault == "seal 2 is missing (found 3)"


def test_an_event_outside_a_transaction_is_refused(user: User) -> None:
    with ThreadPoolExecutor() as elsewhere, pytest.raises(transaction.TransactionManagementError):
        elsewhere.submit(audit.record_event, "user.changed", user, None).result()


def test_the_command_verifies_and_fails_on_a_broken_chain(
    user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit", "seal")
    call_command("audit", "verify")
    assert "1 seals intact, 0 events not sealed yet" in capsys.readouterr().out
    as_database_owner("UPDATE audit_events SET action = 'x' WHERE object_id = %s", str(user.pk))
    with pytest.raises(CommandError, match="broken"):
        call_command("audit", "verify")
