"""A history to measure with: comparisons, reviews, matters, notifications and webhooks, written by SQL."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model
from django.utils import timezone
from psycopg2.extras import execute_values

from accounts.encryption.fields import encrypt_text
from accounts.ids import build_min_uuid7
from accounts.models import Role, User
from modelops.models import ModelVersion, TrainingRun
from tests.benchmark_api.history_rows import MATTERS, MESSAGES, REVIEWS
from tests.benchmark_api.system import find_person
from webhooks.models import EventType, WebhookEndpoint

OPEN = 3_000
"""Items without a decision, in a short history as in a long one: only what is over grows."""

_PEOPLE = 5
_YEARS = timedelta(days=730)
_STREAMS = ("uncertain", "uncertain", "uncertain", "audit", "request", "appeal", "disagreement")
_EMPTY_TABLES = "TRUNCATE predictions, matters, notifications, webhook_endpoints, webhook_events CASCADE"


class Size(NamedTuple):
    """Rows of a history: a third of the comparisons are reviewed."""

    predictions: int
    matters: int
    messages: int


class Cast(NamedTuple):
    """Who works with the history; the first client owns most of it and is in a fifth of the matters."""

    clients: list[User]
    reviewers: list[User]
    lead: User
    engineer: User
    auditor: User


def prepare_cast() -> Cast:
    """Return five clients, five reviewers, a lead, a model engineer and an auditor."""
    numbers = range(_PEOPLE)
    return Cast(
        [find_person(Role.CLIENT, f"client{number}@example.com") for number in numbers],
        [find_person(Role.REVIEWER, f"reviewer{number}@example.com") for number in numbers],
        find_person(Role.LEAD, "lead@example.com"),
        find_person(Role.MODEL_ENGINEER, "engineer@example.com"),
        find_person(Role.AUDITOR, "auditor@example.com"),
    )


def write_history(cast: Cast, size: Size) -> None:
    """Replace what the tables hold by a history of two years that ends now."""
    values = _build_parameters(cast, size)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica"
        )  # no triggers: nothing here is told to anybody
        cursor.execute(_EMPTY_TABLES)
        _copy_names(cursor, size.predictions)
        for model, source, columns in (*MATTERS, *REVIEWS, *MESSAGES):
            cursor.execute(_build_insert(model, source, columns), values)
        _seal_texts(cursor, "matters", "note")
        _seal_texts(cursor, "feedback", "feedback_text", "WHERE source = 'api'")
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("DROP TABLE made")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def empty_history() -> None:
    """Remove the history."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_EMPTY_TABLES)
        cursor.execute("SET session_replication_role = origin")


def _build_parameters(cast: Cast, size: Size) -> dict[str, Any]:
    model = ModelVersion.objects.latest("created_at")
    run = TrainingRun.objects.first() or TrainingRun.objects.create()
    endpoint = WebhookEndpoint(
        user=cast.clients[0],
        address="https://receiver.example.com/hook",
        host="receiver.example.com",
        event_types=[EventType.PREDICTION_DECIDED],
        secret="whsec_benchmark",
    )
    return {
        "clients": [user.pk for user in cast.clients],
        "reviewers": [user.pk for user in cast.reviewers],
        "model": model.pk,
        "run": run.pk,
        "matters": size.matters,
        "messages": size.messages,
        "undecided_from": size.predictions // 3 - OPEN,
        "now": timezone.now(),
        "streams": list(_STREAMS),
        "endpoint": endpoint.pk,
        "address": encrypt_text(endpoint.address, f"webhook_endpoints.address:{endpoint.pk}").token,
        "secret": encrypt_text(endpoint.secret, f"webhook_endpoints.secret:{endpoint.pk}").token,
    }


def _copy_names(cursor: Any, rows: int) -> None:
    """Write number, id, moment and sealed names of every comparison into a table of the session."""
    cursor.execute("CREATE TEMP TABLE made (n integer, id uuid, at timestamptz, name1 text, name2 text)")
    cursor.copy_expert("COPY made FROM STDIN", io.StringIO("".join(_list_names(rows))))
    cursor.execute("ANALYZE made")


def _list_names(rows: int) -> Iterator[str]:
    begin, step = datetime.now(UTC) - _YEARS, _YEARS / rows
    for number in range(rows):
        at = begin + number * step
        tail = number * 2_654_435_761 & 0xFFFF_FFFF  # short numbers that differ from row to row
        key = UUID(int=build_min_uuid7(at).int | 0x7 << 76 | 0x8 << 60 | tail)
        sealed = [
            encrypt_text(name, f"predictions.{column}:{key}").token
            for column, name in (("name1", "Heron Foods Company"), ("name2", "Heron Foods Co."))
        ]
        yield "\t".join([str(number), str(key), at.isoformat(), *sealed]) + "\n"


def _seal_texts(cursor: Any, table: str, column: str, condition: str = "") -> None:
    """Give rows whose pages open a text one that opens."""
    cursor.execute(f"SELECT id FROM {table} {condition}")  # noqa: S608 - names of this module
    rows = [(key, encrypt_text("-", f"{table}.{column}:{key}").token) for (key,) in cursor.fetchall()]
    told = "(VALUES %s) told (key, token)"
    statement = f"UPDATE {table} SET {column} = token FROM {told} WHERE id = key::uuid"  # noqa: S608 - as above
    execute_values(cursor.cursor, statement, rows, page_size=1_000)


def _build_insert(model: type[Model], source: str, columns: Mapping[str, str]) -> str:
    """Return an insert of the given columns, with zeros for all others that must be told."""
    table, fields = model._meta.db_table, model._meta.concrete_fields
    told = [(field.column, columns.get(str(field.column)) or _find_zero(field)) for field in fields]
    told = [(column, value) for column, value in told if value]
    names, values = ", ".join(str(column) for column, _ in told), ", ".join(value for _, value in told)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {source}"  # noqa: S608 - made of constants


def _find_zero(field: Field[Any, Any]) -> str:
    """Return the value of a column that is not told; empty where the database knows one."""
    kind = field.get_internal_type()
    if field.null or kind.endswith("AutoField"):
        return ""
    if "Char" in kind or "Text" in kind:
        return "''"
    zeros = {"JSONField": "'{}'", "BooleanField": "false", "BinaryField": "''::bytea", "ArrayField": "'{}'"}
    return {**zeros, "DateTimeField": "%(now)s"}.get(kind, "0")
