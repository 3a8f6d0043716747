"""Writing new rows of a table that every request writes to.

Django composes an ``INSERT`` anew for every row, which for a wide table takes longer than all that goes into
it. Here the statement is composed once; each field still prepares its own value, so ciphertexts are bound to
their rows as ever. No signal is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model


def insert(rows: Sequence[Model]) -> None:
    """Write new rows of one table in one statement. Raises what the database refuses."""
    if not rows:
        return
    into, places = _statement(type(rows[0]))
    with connection.cursor() as cursor:
        cursor.execute(into + ", ".join([places] * len(rows)), [it for row in rows for it in _values(row)])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=8)
def _statement(model: type[Model]) -> tuple[str, str]:
    """Return the statement up to its values, and the places of one row's values."""
    quote, fields = connection.ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - names of our own tables
    return into, f"({', '.join(['%s'] * len(fields))})"


def _values(row: Model) -> list[Any]:
    fields = row._meta.concrete_fields
    return [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
