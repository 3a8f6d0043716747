"""Writing new rows of a table that every request writes to.

Django composes an ``INSERT`` anew for every row, which for a wide table takes longer than all that goes into
it. Here the statement is composed once; only fields whose values are not what is stored (sealed text, bytes)
prepare them, so ciphertexts are bound to their rows as ever. No signal is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

_PASSTHROUGH_FIELDS = (
    models.BigIntegerField,
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.DecimalField,  # PostgreSQL rounds to the places of the column
    models.FloatField,
    models.ForeignKey,
    models.PositiveIntegerField,
    models.UUIDField,
)
"""The driver knows how to write their values."""

ValueGetter = Callable[[Model, BaseDatabaseWrapper], Any]


def insert_rows(rows: Sequence[Model]) -> None:
    """Write new rows of one table in one statement. Raises what the database refuses."""
    if not rows:
        return
    into, places, prepare = _build_insert(type(rows[0]))
    connection = connections[DEFAULT_DB_ALIAS]  # not its proxy, which looks it up again for every value
    values = [part(row, connection) for row in rows for part in prepare]
    with connection.cursor() as cursor:
        cursor.execute(into + ", ".join([places] * len(rows)), values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=8)
def _build_insert(model: type[Model]) -> tuple[str, str, list[ValueGetter]]:
    """Return the statement up to its values, the places of one row's values, and how each is prepared."""
    quote, fields = connections[DEFAULT_DB_ALIAS].ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    into = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608 - names of our own tables
    return into, f"({', '.join(['%s'] * len(fields))})", [_build_value_getter(field) for field in fields]


def _build_value_getter(field: Field[Any, Any]) -> ValueGetter:
    """Return how a row's value is prepared; whatever is not known here, as Django does it."""
    if type(field) in _PASSTHROUGH_FIELDS and not (
        getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ):
        return lambda row, _: getattr(row, field.attname)
    if type(field) is models.JSONField and field.encoder is None:
        return lambda row, _: _dump_json(getattr(row, field.attname))
    return lambda row, connection: field.get_db_prep_save(field.pre_save(row, True), connection)


def _dump_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
