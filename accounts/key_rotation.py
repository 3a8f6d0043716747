"""Moving every encrypted value to the first key while the system serves.

Small batches, each one transaction that also keeps how far it came: after ``kill -9`` the next run goes on
with the batch that was lost, and two runs at once share the work. A row that somebody is writing is skipped,
never waited for; the closing census reads everything and sends what still has another key through once more.
A value that does not open is counted and named by its place, and left as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cryptography.fernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from accounts.audit import trail
from accounts.encryption.crypto import compute_key_id
from accounts.encryption.fields import PLACE_SEPARATOR, Ciphertext, list_encrypted_columns, write_ciphertexts
from accounts.models import KeyRotation

UNREADABLE = "unreadable"
"""Opens with none of the configured keys."""

MISPLACED = "misplaced"
"""Opens, but was written for another row or column."""

_MAX_PASSES = 3
"""How often what the census finds under another key is sent through again."""

_MAX_LISTED_FAULTS = 20
"""Places of values at fault that a census lists; the others are counted."""


@dataclass
class KeyUsageReport:
    """How many values each key opens, and the places (never the text) of those that none does."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, status: str, place: str) -> None:
        """Count one value."""
        self.counts[status] += 1
        if status in (UNREADABLE, MISPLACED) and len(self.faults) < _MAX_LISTED_FAULTS:
            self.faults.append(f"{status}: {place}")

    def count_remaining(self, first: str) -> int:
        """Return how many readable values still wait for the first key."""
        return sum(n for key, n in self.counts.items() if key not in (first, UNREADABLE, MISPLACED))

    def is_complete(self, first: str) -> bool:
        """Say whether everything opens with the first key, in its own place."""
        return set(self.counts) <= {first}


class KeyRing:
    """The configured keys by their public names."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = {compute_key_id(key): cryptography.fernet.Fernet(key) for key in keys}
        self.first_key_id = next(iter(self._ciphers))

    def identify_key(self, sealed: Ciphertext, place: str) -> tuple[str, bytes]:
        """Return the name of the key that opens the value, or what is wrong with it; and its content."""
        for name, cipher in self._ciphers.items():
            try:
                body = cipher.decrypt(sealed.token.encode("ascii", "replace"))
            except cryptography.fernet.InvalidToken:
                continue
            belongs = body.startswith(f"{place}{PLACE_SEPARATOR}".encode())
            return (name, body) if belongs else (MISPLACED, b"")
        return UNREADABLE, b""

    def reencrypt(self, sealed: Ciphertext | None, place: str) -> Ciphertext | None:
        """Return the value under the first key: the very same object when nothing is to be done."""
        status, body = self.identify_key(sealed, place) if sealed else (self.first_key_id, b"")
        if status in (self.first_key_id, UNREADABLE, MISPLACED):
            return sealed
        return Ciphertext(self._ciphers[self.first_key_id].encrypt(body).decode("ascii"))


def load_key_ring() -> KeyRing:
    """Return the configured keys; the first is the one that everything is moved to."""
    return KeyRing(settings.FIELD_ENCRYPTION_KEY)


def list_encrypted_tables() -> list[type[models.Model]]:
    """Return every table with encrypted columns, whichever app it is of."""
    return [model for model in apps.get_models() if list_encrypted_columns(model)]


def rotate_keys(size: int, pause: float, tell: Callable[[KeyRotation], None]) -> KeyUsageReport:
    """Move every value to the first key, ``size`` rows at a time, and return the census at the end.

    ``pause`` seconds are left between batches. Whoever still writes with an older key makes the census say
    so; ``Census.clean`` tells whether the older keys can go.
    """
    keys, found = load_key_ring(), KeyUsageReport()
    for _ in range(_MAX_PASSES):
        for model in list_encrypted_tables():
            _move_table(model, keys, size, pause, tell)
        found = count_key_usage(keys, size)
        if not found.count_remaining(keys.first_key_id):
            break
        KeyRotation.objects.filter(key_id=keys.first_key_id).update(last_pk="", finished_at=None)
    _record_rotation(keys, found)
    return found


def count_key_usage(keys: KeyRing, size: int) -> KeyUsageReport:
    """Read everything and count which key opens what; nothing is locked or changed."""
    found = KeyUsageReport()
    for model in list_encrypted_tables():
        for pk, *values in _iterate_rows(model, size):
            for column, sealed in zip(list_encrypted_columns(model), values, strict=True):
                place = f"{model._meta.db_table}.{column.column}:{pk}"
                if sealed is not None:
                    found.add(keys.identify_key(sealed, place)[0], place)
    return found


def _move_table(
    model: type[models.Model], keys: KeyRing, size: int, pause: float, tell: Callable[[KeyRotation], None]
) -> None:
    KeyRotation.objects.get_or_create(key_id=keys.first_key_id, table=model._meta.db_table)
    while True:
        state = _move_batch(model, keys, size)
        tell(state)
        if state.finished_at:
            return
        time.sleep(pause)


@transaction.atomic
def _move_batch(model: type[models.Model], keys: KeyRing, size: int) -> KeyRotation:
    """Move the next rows and keep how far that came, together."""
    state = KeyRotation.objects.select_for_update().get(key_id=keys.first_key_id, table=model._meta.db_table)
    if state.finished_at:
        return state
    rows = list(_select_after(model, state.last_pk).select_for_update(skip_locked=True, no_key=True)[:size])
    moved = [row for row in (_reencrypt_row(model, keys, row) for row in rows) if row]
    write_ciphertexts(model, moved)
    state.rows_seen += len(rows)
    state.rows_rewritten += len(moved)
    if rows:
        state.last_pk = str(rows[-1][0])
    if len(rows) < size:
        state.finished_at = timezone.now()
    state.save()
    return state


def _select_after(model: type[models.Model], last_pk: str) -> models.QuerySet[Any, tuple[Any, ...]]:
    """Rows behind the last one in the order of their keys, with their encrypted values."""
    rows = model._base_manager.order_by("pk")
    rows = rows.filter(pk__gt=last_pk) if last_pk else rows
    return rows.values_list("pk", *(column.attname for column in list_encrypted_columns(model)))


def _iterate_rows(model: type[models.Model], size: int) -> Iterator[tuple[Any, ...]]:
    """Every row, page by page: one long read would keep the database from cleaning up behind it."""
    last = ""
    while page := list(_select_after(model, last)[:size]):
        yield from page
        last = str(page[-1][0])


def _reencrypt_row(model: type[models.Model], keys: KeyRing, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the row with its values under the first key, or nothing when they are already."""
    pk, *values = row
    table = model._meta.db_table
    new = [
        keys.reencrypt(sealed, f"{table}.{column.column}:{pk}")
        for column, sealed in zip(list_encrypted_columns(model), values, strict=True)
    ]
    if all(one is other for one, other in zip(new, values, strict=True)):
        return None
    return (pk, *(None if sealed is None else sealed.token for sealed in new))


@transaction.atomic
def _record_rotation(keys: KeyRing, found: KeyUsageReport) -> None:
    """Leave what the rotation came to in the audit trail."""
    state = KeyRotation.objects.filter(key_id=keys.first_key_id).order_by("id").last()
    if state:
        trail.record_event(
            "field_keys.rotated", state, None, first=keys.first_key_id, values=dict(found.counts)
        )
