"""Two schemas of one database, compared as an upgrade is judged: is everything there, does old code work?"""

from collections.abc import Mapping
from typing import Any

import psycopg2

EARLIER = "earlier"
COLUMNS = """
SELECT table_name, column_name, udt_name, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = %s AND table_type = 'BASE TABLE'
"""
LOST_ROWS = 'SELECT count(*) FROM (SELECT {} FROM earlier."{}" EXCEPT ALL SELECT {} FROM public."{}") AS lost'
Columns = dict[tuple[str, str], tuple[str, bool]]
"""By table and column: the type, and whether an insert has to name it."""


def keep_earlier(cursor: Any) -> Columns:
    """Copy every table into a schema of its own and return the columns that they have."""
    columns = read_columns(cursor, "public")
    cursor.execute(f"CREATE SCHEMA {EARLIER}")
    for table in sorted({table for table, _ in columns}):
        cursor.execute(f'CREATE TABLE {EARLIER}."{table}" AS TABLE public."{table}"')
    return columns


def read_columns(cursor: Any, schema: str) -> Columns:
    cursor.execute(COLUMNS, [schema])
    return {(table, column): (kind, needed) for table, column, kind, needed in cursor.fetchall()}


def list_contractions(before: Columns, after: Columns) -> list[str]:
    """Return what statements of the earlier program could stumble over: nothing, if an upgrade expands."""
    tables = {table for table, _ in before}
    gone = [f"{table}.{column} is gone" for table, column in before.keys() - after.keys()]
    changed = [
        f"{table}.{column} is {after[table, column][0]}, was {before[table, column][0]}"
        for table, column in before.keys() & after.keys()
        if before[table, column][0] != after[table, column][0]
    ]
    needed = [
        f"{table}.{column} must be named"
        for (table, column), (_, is_needed) in after.items()
        if table in tables and is_needed and not before.get((table, column), ("", False))[1]
    ]
    return sorted([*gone, *changed, *needed])


def count_lost_rows(cursor: Any, before: Columns, renames: Mapping[str, str]) -> dict[str, int]:
    """Return by table how many rows of before are not there as they were.

    ``renames`` maps ``table`` or ``table.column``, as they were, to the name of today; a column without one
    (an empty text) is not compared.
    """
    lost = {}
    for table in sorted({table for table, _ in before}):
        own = sorted(column for name, column in before if name == table)
        columns = [column for column in own if renames.get(f"{table}.{column}", column)]
        today = [renames.get(f"{table}.{column}", column) for column in columns]
        before_and_now = (list_texts(columns), table, list_texts(today), renames.get(table, table))
        cursor.execute(LOST_ROWS.format(*before_and_now))
        if number := cursor.fetchone()[0]:
            lost[table] = number
    return lost


def list_texts(columns: list[str]) -> str:
    return ", ".join(f'"{column}"::text' for column in columns)


def connect(address: str) -> Any:
    """Return a connection whose statements are all their own transaction."""
    connection = psycopg2.connect(address)
    connection.autocommit = True
    return connection
