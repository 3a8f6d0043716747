"""A rotation of keys that is killed goes on where it was."""

import signal
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from accounts.encryption.fields import list_encrypted_columns
from accounts.key_rotation import (
    KeyUsageReport,
    count_key_usage,
    load_key_ring,
)
from accounts.models import KeyRotation
from matching.models import Prediction
from tests.models import model_version, stored_prediction
from tests.people import person
from tests.processes import manage


@pytest.fixture
def new_key() -> str:
    """A key that nothing is written with yet."""
    return Fernet.generate_key().decode()


def in_front(settings: Settings, key: str) -> None:
    settings.FIELD_ENCRYPTION_KEY = [key, *settings.FIELD_ENCRYPTION_KEY]


def rows(number: int) -> list[Prediction]:
    user, model = person(), model_version()
    return [stored_prediction(f"Quartz {n} Ltd", user=user, model=model) for n in range(number)]


def counted() -> KeyUsageReport:
    return count_key_usage(load_key_ring(), 100)


@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_in_the_middle_goes_on_where_it_was(
    settings: Settings, new_key: str, tmp_path: Path
) -> None:
    rows(60)
    in_front(settings, new_key)
    slowly = ("rotate_field_keys", "--batch=5", "--pause=0.05")
    process = manage(*slowly, output=tmp_path / "first", **keys(settings))
    deadline = time.monotonic() + 60
    while "predictions to" not in (tmp_path / "first").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = KeyRotation.objects.get(table="predictions")
    assert 0 < reached.rows_seen < 60
    assert counted().count_remaining(load_key_ring().first_key_id) == (60 - reached.rows_rewritten) * len(
        list_encrypted_columns(Prediction)
    )
    assert {row.name2 for row in Prediction.objects.all()} == {"Acme, Inc."}
    assert manage(*slowly, output=tmp_path / "second", **keys(settings)).wait(60) == 0
    done = KeyRotation.objects.get(table="predictions")
    assert (done.rows_seen, done.rows_rewritten) == (60, 60)
    settings.FIELD_ENCRYPTION_KEY = [new_key]
    assert {row.name2 for row in Prediction.objects.all()} == {"Acme, Inc."}


def keys(settings: Settings) -> dict[str, str]:
    return {"FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEY)}
