"""Exports of predictions: filters, permissions, and memory that does not grow."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from accounts.privacy import erasure
from matching.api.export import EXPORT_COLUMNS
from matching.models import Prediction
from tests.jobs import FILES, rows_of
from tests.models import model_version, stored_prediction
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db

EXPORT = "/api/v1/predictions/export"


def content(answer: Any) -> bytes:
    return b"".join(cast("Iterable[bytes]", answer))


@pytest.mark.parametrize("format_id", FILES)
def test_own_answers_come_as_a_file(format_id: str) -> None:
    user = person()
    words = json.dumps({"reason": "Nothing differs.", "missing_fact": None})
    row = stored_prediction("=1+1 Ltd", "Acme", user=user, words=words, differences=[{"category": "O08"}])
    stored_prediction("Another person's", "Name")
    answer = signed_in(user).get(EXPORT, {"file": format_id})
    assert answer["Content-Disposition"] == f'attachment; filename="predictions.{format_id}"'
    (found,) = rows_of(content(answer), format_id)
    assert tuple(found) == EXPORT_COLUMNS
    assert (found["id"], found["reason"]) == (str(row.pk), "Nothing differs.")
    assert found["name1"] == ("'=1+1 Ltd" if format_id == "csv" else "=1+1 Ltd")
    event = AuditEvent.objects.get(action="predictions.exported", actor=user)
    assert event.detail["rows"] == 1


def test_only_the_chosen_answers_are_in_the_file() -> None:
    user = person()
    rows = [stored_prediction(user=user, verdict=verdict) for verdict in ("immaterial", "review", "material")]
    client = signed_in(user)
    chosen = {"file": "jsonl", "verdict": "review", "profile": "general"}
    assert [row["id"] for row in rows_of(content(client.get(EXPORT, chosen)), "jsonl")] == [str(rows[1].pk)]
    later = {"file": "jsonl", "created_from": (rows[2].created_at + timedelta(days=1)).isoformat()}
    assert content(client.get(EXPORT, later)) == b""
    assert client.get(EXPORT, {"file": "pdf"}).status_code == 400


def test_erased_names_are_not_in_the_file() -> None:
    user = person()
    row = stored_prediction("Xylophonia Quince Ltd", user=user)
    erasure.run_erasure(erasure.request_prediction_erasure(row.pk, user, user, "asked"))
    text = content(signed_in(user).get(EXPORT)).decode()
    assert "Xylophonia" not in text
    assert len(text.splitlines()) == 2


def test_a_file_of_many_answers_costs_the_queries_of_a_file_of_few() -> None:
    user, model, counts = person(), model_version(), []
    client = signed_in(user)
    for number in (3, 1_200):
        Prediction.objects.bulk_create([_row(user, model) for _ in range(number)])
        with CaptureQueriesContext(connection) as asked:
            content(client.get(EXPORT))
        counts.append(len([query for query in asked if "SAVEPOINT" not in query["sql"]]))
    assert counts[0] == counts[1] <= 5


def _row(user: Any, model: Any) -> Prediction:
    return Prediction(
        user=user,
        model=model,
        name1="A",
        name2="B",
        prediction=False,
        confidence=1,
        verdict="immaterial",
        material_probability=0,
        profile="general",
        kind="organisation",
        pair_digest="",
        words="{}",
        rules_version="test",
        generation=1,
        latency_ms=1,
    )
