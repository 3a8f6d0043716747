"""The rights of the database role that web, workers and beat connect as: it only appends to the audit trail.

Tables belong to the role that migrates. The application's role gets the rights on rows, and on the audit
tables only to read and insert, so it can neither rewrite them nor switch off the triggers that refuse it.
"""

from __future__ import annotations

from django.db import connection, transaction

APPEND_ONLY_TABLES = ("audit_events", "audit_seals", "audit_checkpoints", "audit_anchors")


class SameRoleError(Exception):
    """The application connects as the owner of the tables, who cannot be kept from anything."""


@transaction.atomic
def grant_application_role(role: str) -> None:
    """Grant a role what the application needs, and no more on the audit tables.

    Raises :class:`SameRoleError` when the connection is that role's own.
    """
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s, current_schema()", [role])
        is_same, schema = cursor.fetchone()
        if is_same:
            raise SameRoleError(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
        for table in APPEND_ONLY_TABLES:
            cursor.execute(f"REVOKE ALL ON {table} FROM {name}")
            cursor.execute(f"GRANT SELECT, INSERT ON {table} TO {name}")
        cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {name}")


def list_excess_rights(role: str) -> list[str]:
    """Return what a role may do with the audit trail beyond reading and appending, in words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        row = cursor.fetchone()
        if row and row[0]:
            return ["is a superuser"]
        cursor.execute(
            "SELECT table_name, pg_has_role(%s, tableowner::name, 'MEMBER'), "
            "has_table_privilege(%s, table_name, 'UPDATE, DELETE, TRUNCATE, TRIGGER') "
            "FROM unnest(%s) AS names(table_name) JOIN pg_tables ON tablename = table_name",
            [role, role, list(APPEND_ONLY_TABLES)],
        )
        return [
            f"owns {table}" if owns else f"may change {table}"
            for table, owns, changes in cursor.fetchall()
            if owns or changes
        ]
