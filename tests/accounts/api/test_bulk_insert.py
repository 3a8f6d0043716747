"""Rows inserted by one statement equal those that Django would write."""

from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.bulk_insert import insert_row_if, insert_rows
from accounts.ids import uuid7
from matching.models import Prediction
from tests.models import stored_prediction

pytestmark = pytest.mark.django_db


def again(row: Prediction, **changes: Any) -> Prediction:
    """Return an unsaved copy of a prediction."""
    fields = {field.attname: getattr(row, field.attname) for field in Prediction._meta.concrete_fields}
    return Prediction(**(fields | {"id": uuid7()} | changes))


def kept(row: Prediction) -> dict[str, Any]:
    """Return the stored columns of a row, decrypted."""
    row_in_database = Prediction.objects.get(pk=row.pk)
    return {
        field.attname: getattr(row_in_database, field.attname) for field in Prediction._meta.concrete_fields
    }


def test_every_column_comes_back_as_django_would_have_written_it() -> None:
    saved = stored_prediction(
        name1="Zürich 100 % & %s GmbH",
        context='{"register": "left"}',
        differences=[{"category": "O01", "span1": [0, 2]}],
        traits={"script": "Latn"},
        features=b"\x00\x01\xff",
        confidence=0.98765,
        stream="audit",
        selection_probability=0.02,
    )
    rows = [again(saved), again(saved)]
    insert_rows(rows)
    for row in rows:
        assert kept(row) == kept(saved) | {"id": row.pk}
        assert not row._state.adding


def test_a_row_is_inserted_where_its_condition_holds() -> None:
    saved = stored_prediction(
        name1="Zürich 100 % & %s GmbH",
        differences=[{"category": "O01", "span1": [0, 2]}],
        features=b"\x00\x01\xff",
        confidence=0.98765,
        stream="audit",
        selection_probability=0.02,
    )
    row, refused = again(saved), again(saved)
    assert insert_row_if(row, "%(wanted)s", {"wanted": True})
    assert not insert_row_if(refused, "%(wanted)s", {"wanted": False})
    assert kept(row) == kept(saved) | {"id": row.pk}
    assert refused._state.adding
    assert not row._state.adding


def test_text_is_sealed_for_its_own_row() -> None:
    row = again(stored_prediction(name1="Zebra Quartz"))
    insert_rows([row])
    with connection.cursor() as cursor:
        cursor.execute("SELECT name1, name2, words FROM predictions WHERE id = %s", [row.pk])
        assert "Zebra" not in str(cursor.fetchone())


def test_what_the_database_refuses_is_raised_and_nothing_is_written() -> None:
    saved = stored_prediction()
    with pytest.raises(IntegrityError, match="verdict_is_known"):
        insert_rows([again(saved), again(saved, verdict="perhaps")])


def test_no_rows_are_no_statement() -> None:
    insert_rows([])
    assert not Prediction.objects.exists()
