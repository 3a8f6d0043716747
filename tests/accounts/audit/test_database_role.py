"""The role of the application can append to the audit trail and do nothing else to it."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from accounts.audit.anchor import publish_anchor
from accounts.audit.database_role import APPEND_ONLY_TABLES, list_excess_rights
from accounts.audit.trail import seal_events
from accounts.audit.verification import verify_chain
from accounts.auth.users import set_role
from config.local.embedded import needs_owner
from matching.compare.service import reveal_names
from tests.models import stored_prediction
from tests.people import person

pytestmark = pytest.mark.django_db

ROLE = django_settings.DATABASE_APPLICATION_ROLE


@pytest.fixture
def as_application(settings: Settings, tmp_path: object) -> Iterator[None]:
    """Act as the role that web, workers and beat connect as."""
    settings.AUDIT_ANCHOR_PATH = f"{tmp_path}/anchors.jsonl"
    call_command("grant_application_role")
    connection.cursor().execute(f"SET LOCAL ROLE {ROLE}")
    yield
    connection.cursor().execute("RESET ROLE")


@pytest.mark.usefixtures("as_application")
def test_the_application_works_and_its_trail_verifies() -> None:
    user = person()
    set_role(user, "reviewer", None)
    reveal_names(stored_prediction(), user)
    assert seal_events() > 0
    assert publish_anchor() is not None
    assert verify_chain().is_intact


@pytest.mark.usefixtures("as_application")
@pytest.mark.parametrize("table", APPEND_ONLY_TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table} CASCADE",
    ],
)
def test_the_application_cannot_rewrite_the_trail(table: str, statement: str) -> None:
    column = {"audit_seals": "seq", "audit_checkpoints": "size"}.get(table, "id")
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(statement.format(table=table, column=column))


def test_rights_beyond_appending_are_named() -> None:
    call_command("grant_application_role")
    assert list_excess_rights(ROLE) == []
    connection.cursor().execute(f"GRANT UPDATE ON audit_seals TO {ROLE}")
    assert list_excess_rights(ROLE) == ["may change audit_seals"]
    assert list_excess_rights(connection.settings_dict["USER"]) == ["is a superuser"]


def test_an_application_that_owns_the_tables_is_warned_of(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DATABASE_APPLICATION_ROLE = connection.settings_dict["USER"]
    call_command("grant_application_role")
    assert "can rewrite the audit trail" in capsys.readouterr().err
    call_command("audit", "verify")
    assert "is a superuser" in capsys.readouterr().err


def test_only_commands_that_change_tables_connect_as_their_owner() -> None:
    assert needs_owner(["prepare", "--token-fd=3"])
    assert needs_owner(["migrate"])
    assert needs_owner(["loop"])
    assert not any(map(needs_owner, ([], ["shell"], ["audit", "verify"], ["-m", "prepare"])))
