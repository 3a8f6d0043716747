"""What a backup says of itself: rows of every table, migrations, and which keys belong to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from accounts.encryption.crypto import compute_key_id

KEYS: Mapping[str, str] = {
    "FIELD_ENCRYPTION_KEY": "names could not be read",
    "NAME_DIGEST_KEY": "names could not be looked up",
    "API_KEY_PEPPER": "no API key would be accepted",
    "ARTEFACT_KEY": "no model could be loaded",
    "AUDIT_KEY": "the audit trail could not be verified",
}
"""The settings of keys that the rows depend on, and what would follow from another key."""

VARIABLES = {"FIELD_ENCRYPTION_KEY": "FIELD_ENCRYPTION_KEYS"}
"""Variables whose names are not those of their settings."""


@contextmanager
def hold_snapshot() -> Iterator[str]:
    """Keep one view of the database for a block and yield its id, as ``pg_dump --snapshot`` takes it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def describe_database() -> dict[str, Any]:
    """Return rows by table, applied migrations and ids of keys, as the running transaction sees them."""
    return {"rows": count_rows(), "migrations": list_applied_migrations(), "keys": list_key_ids()}


def count_rows() -> dict[str, int]:
    """Return the number of rows of every table."""
    with connection.cursor() as cursor:
        tables = sorted(connection.introspection.table_names(cursor))
        return {table: _count_table(cursor, table) for table in tables}


def _count_table(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a table's name
    return int(cursor.fetchone()[0])


def list_applied_migrations() -> list[str]:
    """Return the migrations of the database as ``app.name``, sorted."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def list_key_ids() -> dict[str, list[str]]:
    """Return the public ids of the keys that the rows depend on, by setting; fallbacks come last."""
    return {name: [compute_key_id(key) for key in _list_keys(name)] for name in KEYS}


def _list_keys(name: str) -> list[str]:
    value = getattr(settings, name)
    first = list(value) if isinstance(value, list) else [value]
    return [*first, *getattr(settings, f"{name}_FALLBACKS", [])]
