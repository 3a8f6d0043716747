"""Fast insertion of rows into a table that every request writes to.

Django compiles an ``INSERT`` for every row, which takes longer than the rest of the work for a wide table.
Here the statement is built once per model. Only fields whose stored value differs from the attribute
(encrypted text, bytes) prepare it, so ciphertexts are bound to their rows as usual. No signal is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    models.DecimalField,  # PostgreSQL rounds to the scale of the column
    models.FloatField,
    models.ForeignKey,
    models.PositiveIntegerField,
    models.UUIDField,
)
"""Fields whose values the database driver can write unprepared."""

ValueGetter = Callable[[Model, BaseDatabaseWrapper], Any]


def insert_rows(rows: Sequence[Model]) -> None:
    """Insert rows of one model in one statement. Raises ``django.db.Error`` subclasses."""
    if not rows:
        return
    statement, getters = _build_insert(type(rows[0]))
    connection = connections[DEFAULT_DB_ALIAS]  # not the proxy, which would look it up for every value
    values = [get_value(row, connection) for row in rows for get_value in getters]
    placeholders = f"({', '.join(['%s'] * len(getters))})"
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} VALUES {', '.join([placeholders] * len(rows))}", values)
    for row in rows:
        _mark_as_stored(row, connection)


def insert_row_if(row: Model, condition: str, parameters: Mapping[str, Any]) -> bool:
    """Insert a row in one statement if an SQL condition with named parameters holds; return whether it did.

    Raises ``django.db.Error`` subclasses.
    """
    statement, getters = _build_insert(type(row))
    connection = connections[DEFAULT_DB_ALIAS]
    values = {f"v{at}": get_value(row, connection) for at, get_value in enumerate(getters)}
    placeholders = ", ".join([f"%({name})s" for name in values])
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT {placeholders} WHERE {condition}", {**values, **parameters})
        if not cursor.rowcount:
            return False
    _mark_as_stored(row, connection)
    return True


def _mark_as_stored(row: Model, connection: BaseDatabaseWrapper) -> None:
    row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=8)
def _build_insert(model: type[Model]) -> tuple[str, list[ValueGetter]]:
    """Return the statement up to its values, and a getter for each of them."""
    quote, fields = connections[DEFAULT_DB_ALIAS].ops.quote_name, model._meta.concrete_fields
    columns = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns})"
    return statement, [_build_value_getter(field) for field in fields]


def _build_value_getter(field: Field[Any, Any]) -> ValueGetter:
    """Return the function that reads and prepares the value of a field; other fields use Django's own."""
    if type(field) in _PASSTHROUGH_FIELDS and not (
        getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    ):
        return lambda row, _: getattr(row, field.attname)
    if type(field) is models.JSONField and field.encoder is None:
        return lambda row, _: _dump_json(getattr(row, field.attname))
    return lambda row, connection: field.get_db_prep_save(field.pre_save(row, True), connection)


def _dump_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
