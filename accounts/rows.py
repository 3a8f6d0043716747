"""Writing new rows of a table that every request writes to.

Django composes an ``INSERT`` anew for every row, which for a wide table takes longer than all that goes into
it. Here the statement is composed once; fields whose values are more than they look (sealed, JSON, decimal
numbers) still prepare them, so ciphertexts are bound to their rows as ever. No signal is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Field, Model

_PLAIN = (
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.FloatField,
    models.ForeignKey,
    models.PositiveIntegerField,
    models.UUIDField,
)
"""The driver writes their values as they are."""

Preparing = Callable[[Model, Any], Any]


def insert(rows: Sequence[Model]) -> None:
    """Write new rows of one table in one statement. Raises what the database refuses."""
    if not rows:
        return
    into, places, prepare = _statement(type(rows[0]))
    connection = connections[DEFAULT_DB_ALIAS]  # itself: its proxy would look it up again for every value
    values = [part(row, connection) for row in rows for part in prepare]
    with connection.cursor() as cursor:
        cursor.execute(into + ", ".join([places] * len(rows)), values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@lru_cache(maxsize=8)
def _statement(model: type[Model]) -> tuple[str, str, list[Preparing]]:
    """Return the statement up to its values, the places of one row's values, and how each is prepared."""
    quote, fields = connections[DEFAULT_DB_ALIAS].ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - names of our own tables
    return into, f"({', '.join(['%s'] * len(fields))})", [_preparing(field) for field in fields]


def _preparing(field: Field[Any, Any]) -> Preparing:
    if type(field) in _PLAIN:
        return lambda row, _connection: getattr(row, field.attname)
    return lambda row, connection: field.get_db_prep_save(field.pre_save(row, True), connection)
