"""Key rotation re-encrypts every value while the system serves, also after kill -9."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from accounts.encryption.crypto import compute_key_id
from accounts.encryption.fields import Ciphertext, list_encrypted_columns
from accounts.key_rotation import (
    KeyUsageReport,
    count_key_usage,
    list_encrypted_tables,
    load_key_ring,
    rotate_keys,
)
from accounts.models import AuditEvent, IdempotentResponse, KeyRotation
from feedback.models import Feedback
from matching.models import Prediction
from tests.models import model_version, stored_prediction
from tests.people import person
from tests.processes import manage


def silent(_state: KeyRotation) -> None:
    """Ignore the progress."""


@pytest.fixture
def new_key() -> str:
    """A key that encrypts nothing yet."""
    return Fernet.generate_key().decode()


def in_front(settings: Settings, key: str) -> None:
    settings.FIELD_ENCRYPTION_KEY = [key, *settings.FIELD_ENCRYPTION_KEY]


def rows(number: int) -> list[Prediction]:
    user, model = person(), model_version()
    return [stored_prediction(f"Quartz {n} Ltd", user=user, model=model) for n in range(number)]


def counted() -> KeyUsageReport:
    return count_key_usage(load_key_ring(), 100)


@pytest.mark.django_db
def test_every_table_with_encrypted_text_takes_part() -> None:
    assert {Prediction, Feedback, IdempotentResponse} <= set(list_encrypted_tables())


@pytest.mark.django_db
def test_everything_is_moved_to_the_first_key_and_the_old_one_can_go(
    settings: Settings, new_key: str
) -> None:
    stored = rows(7)
    Feedback.objects.create(
        prediction=stored[0], reviewer=person(), user_correction=True, source="api", feedback_text="Quartz!"
    )
    in_front(settings, new_key)
    report = rotate_keys(3, 0, silent)
    assert report.is_complete(compute_key_id(new_key))
    assert report.counts == {compute_key_id(new_key): 7 * len(list_encrypted_columns(Prediction)) + 1}
    settings.FIELD_ENCRYPTION_KEY = [new_key]
    assert [row.name1 for row in Prediction.objects.order_by("pk")] == [f"Quartz {n} Ltd" for n in range(7)]
    assert Feedback.objects.get().feedback_text == "Quartz!"
    event = AuditEvent.objects.get(action="field_keys.rotated")
    assert event.detail["values"] == dict(report.counts)


@pytest.mark.django_db
def test_running_again_rewrites_nothing(settings: Settings, new_key: str) -> None:
    rows(4)
    in_front(settings, new_key)
    rotate_keys(2, 0, silent)
    before = KeyRotation.objects.get(table="predictions").rows_rewritten
    rotate_keys(2, 0, silent)
    assert KeyRotation.objects.get(table="predictions").rows_rewritten == before == 4


@pytest.mark.django_db
def test_what_an_old_process_writes_behind_the_rotation_is_found_and_moved(
    settings: Settings, new_key: str
) -> None:
    stored = rows(3)
    old = Prediction.objects.get(pk=stored[0].pk)  # holds the ciphertext of the old key
    in_front(settings, new_key)
    rotate_keys(10, 0, silent)
    old.save()
    assert counted().count_remaining(compute_key_id(new_key)) == len(list_encrypted_columns(Prediction))
    assert rotate_keys(10, 0, silent).is_complete(compute_key_id(new_key))


@pytest.mark.django_db
def test_a_value_that_does_not_open_is_named_and_left_and_the_others_go_on(
    settings: Settings, new_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    moved, damaged, whole = rows(3)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE predictions SET name1 = 'rubbish' WHERE id = %s", [damaged.pk])
        cursor.execute("UPDATE predictions SET name1 = name2 WHERE id = %s", [moved.pk])
    in_front(settings, new_key)
    with pytest.raises(CommandError, match="do not remove"):
        call_command("rotate_field_keys")
    output = capsys.readouterr().err
    assert f"unreadable: predictions.name1:{damaged.pk}" in output
    assert f"misplaced: predictions.name1:{moved.pk}" in output
    assert "Quartz" not in output
    settings.FIELD_ENCRYPTION_KEY = [new_key]
    assert Prediction.objects.get(pk=whole.pk).name1 == "Quartz 2 Ltd"


@pytest.mark.django_db
def test_verifying_changes_nothing_and_fails_while_an_old_key_is_needed(
    settings: Settings, new_key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(2)
    old = compute_key_id(settings.FIELD_ENCRYPTION_KEY[0])
    in_front(settings, new_key)
    with pytest.raises(CommandError, match="not everything opens"):
        call_command("rotate_field_keys", "--verify")
    assert f"8 values: {old}\n" in capsys.readouterr().out
    assert not KeyRotation.objects.exists()
    call_command("rotate_field_keys")
    call_command("rotate_field_keys", "--verify")
    assert f"8 values: {compute_key_id(new_key)} (the first key)" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_is_writing_is_neither_waited_for_nor_overwritten(
    settings: Settings, new_key: str, tmp_path: Path
) -> None:
    stored = rows(3)
    in_front(settings, new_key)
    with transaction.atomic():
        Prediction.objects.select_for_update().get(pk=stored[1].pk)
        process = manage("rotate_field_keys", output=tmp_path / "said", **keys(settings))
        assert process.wait(60) == 1
    left = [row.pk for row in Prediction.objects.all() if opens_with(row) != load_key_ring().first_key_id]
    assert left == [stored[1].pk]
    assert rotate_keys(10, 0, silent).is_complete(compute_key_id(new_key))


def keys(settings: Settings) -> dict[str, str]:
    return {"FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEY)}


def opens_with(row: Prediction) -> str:
    value: object = Prediction.objects.values_list("name1", flat=True).get(pk=row.pk)
    assert isinstance(value, Ciphertext)
    return load_key_ring().identify_key(value, f"predictions.name1:{row.pk}")[0]
