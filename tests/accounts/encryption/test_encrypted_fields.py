"""Encrypted names: bound to their row, never mistaken for text, not searchable."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from accounts.encryption.fields import Ciphertext, DecryptionError, list_encrypted_columns
from matching.models import Prediction
from modelops.models import ModelVersion
from tests.models import stored_prediction

pytestmark = pytest.mark.django_db

SECRET = "Zebra Quartz Holdings"


@pytest.fixture
def row() -> Prediction:
    """A stored prediction whose name A is the secret."""
    return stored_prediction(name1=SECRET)


def raw(row: Prediction, column: str = "name1") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM predictions WHERE id = %s", [row.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def write_raw(row: Prediction, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE predictions SET name1 = %s WHERE id = %s", [value, row.pk])


def test_the_database_holds_no_name(row: Prediction) -> None:
    assert "Zebra" not in raw(row)
    assert Prediction.objects.get(pk=row.pk).name1 == SECRET


def test_a_wrong_key_raises_and_does_not_show_ciphertext(row: Prediction, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    with pytest.raises(DecryptionError) as caught:
        _ = Prediction.objects.get(pk=row.pk).name1
    assert "Zebra" not in str(caught.value)
    assert raw(row) not in str(caught.value)


def test_a_second_key_reads_what_it_wrote_when_it_was_the_first(row: Prediction, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode(), *settings.FIELD_ENCRYPTION_KEY]
    assert Prediction.objects.get(pk=row.pk).name1 == SECRET


def test_ciphertext_moved_to_another_row_does_not_open(row: Prediction) -> None:
    other = stored_prediction(name1="Other Ltd")
    write_raw(other, raw(row))
    with pytest.raises(DecryptionError, match="another place"):
        _ = Prediction.objects.get(pk=other.pk).name1


def test_ciphertext_moved_to_another_column_does_not_open(row: Prediction) -> None:
    write_raw(row, raw(row, "name2"))
    with pytest.raises(DecryptionError, match="another place"):
        _ = Prediction.objects.get(pk=row.pk).name1


def test_saving_an_unopened_row_does_not_encrypt_it_again(row: Prediction) -> None:
    before = raw(row)
    Prediction.objects.get(pk=row.pk).save()
    assert raw(row) == before


def test_a_value_read_without_its_row_stays_sealed(row: Prediction) -> None:
    value: object = Prediction.objects.values_list("name1", flat=True).get(pk=row.pk)
    assert isinstance(value, Ciphertext)
    assert str(value) == "<sealed>"


@pytest.mark.parametrize("lookup", ["name1", "name1__icontains", "name1__in", "name1__gt"])
def test_looking_up_by_an_encrypted_column_is_refused(lookup: str) -> None:
    with pytest.raises((FieldError, TypeError)):
        list(Prediction.objects.filter(**{lookup: [SECRET]}))


def test_looking_up_what_is_null_is_allowed(row: Prediction) -> None:
    assert Prediction.objects.filter(name1__isnull=False).get() == row


def test_updating_the_column_without_the_row_is_refused(row: Prediction) -> None:
    with pytest.raises(TypeError, match="save the row"):
        Prediction.objects.filter(pk=row.pk).update(name1="Acme")


@pytest.mark.parametrize("text", ["", "\x00", "ООО Ромашка", "\ud800", "名" * 1000])
def test_any_text_comes_back_as_it_went_in(text: str) -> None:
    assert Prediction.objects.get(pk=stored_prediction(name1=text).pk).name1 == text


def test_keys_that_are_no_keys_are_named_as_a_fault_of_the_set_up(
    row: Prediction, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEY = ["short"]
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEY"):
        _ = Prediction.objects.get(pk=row.pk).name1


def test_the_encrypted_columns_of_a_table_are_known() -> None:
    names = [field.name for field in list_encrypted_columns(Prediction)]
    assert names == ["name1", "name2", "context", "words"]
    assert list_encrypted_columns(ModelVersion) == []
