"""Re-encryption of every encrypted value with the first key while the system serves.

The work is done in small batches. Each is one transaction that also stores its progress: after ``kill -9``
the next run repeats the lost batch, and two concurrent runs share the work. Locked rows are skipped, never
waited for; at the end all values are counted by key, and the tables are processed again while values under
other keys remain. A value that no key decrypts is counted, reported by its place and left unchanged.
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
"""Status of a value that none of the configured keys decrypts."""

MISPLACED = "misplaced"
"""Status of a value that was written for another row or column."""

_MAX_PASSES = 3
"""How often the tables are processed when values under other keys remain."""

_MAX_LISTED_FAULTS = 20
"""Number of faulty values that a report lists by place; the others are only counted."""


@dataclass
class KeyUsageReport:
    """Number of values by key id, and the places (never the text) of those that no key decrypts."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, status: str, place: str) -> None:
        """Count one value."""
        self.counts[status] += 1
        if status in (UNREADABLE, MISPLACED) and len(self.faults) < _MAX_LISTED_FAULTS:
            self.faults.append(f"{status}: {place}")

    def count_remaining(self, first_key_id: str) -> int:
        """Return the number of readable values that are not encrypted with the first key."""
        return sum(n for key, n in self.counts.items() if key not in (first_key_id, UNREADABLE, MISPLACED))

    def is_complete(self, first_key_id: str) -> bool:
        """Return whether the first key decrypts every value in its own place."""
        return set(self.counts) <= {first_key_id}


class KeyRing:
    """The configured keys by their public ids."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers = {compute_key_id(key): cryptography.fernet.Fernet(key) for key in keys}
        self.first_key_id = next(iter(self._ciphers))

    def identify_key(self, ciphertext: Ciphertext, place: str) -> tuple[str, bytes]:
        """Return the key id and the content of a value, or the status of a faulty value and no content."""
        for key_id, cipher in self._ciphers.items():
            try:
                body = cipher.decrypt(ciphertext.token.encode("ascii", "replace"))
            except cryptography.fernet.InvalidToken:
                continue
            is_in_place = body.startswith(f"{place}{PLACE_SEPARATOR}".encode())
            return (key_id, body) if is_in_place else (MISPLACED, b"")
        return UNREADABLE, b""

    def reencrypt(self, ciphertext: Ciphertext | None, place: str) -> Ciphertext | None:
        """Return the value encrypted with the first key; the same object if it needs no change."""
        status, body = self.identify_key(ciphertext, place) if ciphertext else (self.first_key_id, b"")
        if status in (self.first_key_id, UNREADABLE, MISPLACED):
            return ciphertext
        return Ciphertext(self._ciphers[self.first_key_id].encrypt(body).decode("ascii"))


def load_key_ring() -> KeyRing:
    """Return the configured keys; values are re-encrypted with the first."""
    return KeyRing(settings.FIELD_ENCRYPTION_KEY)


def list_encrypted_tables() -> list[type[models.Model]]:
    """Return the models of all apps that have encrypted columns."""
    return [model for model in apps.get_models() if list_encrypted_columns(model)]


def rotate_keys(
    batch_rows: int, pause: float, report_progress: Callable[[KeyRotation], None]
) -> KeyUsageReport:
    """Re-encrypt every value with the first key in batches; return the final count of values by key.

    ``pause`` is the number of seconds between batches. Processes that still write with an older key show in
    the report; ``KeyUsageReport.is_complete`` says whether the older keys can be removed.
    """
    keys, report = load_key_ring(), KeyUsageReport()
    for _ in range(_MAX_PASSES):
        for model in list_encrypted_tables():
            _move_table(model, keys, batch_rows, pause, report_progress)
        report = count_key_usage(keys, batch_rows)
        if not report.count_remaining(keys.first_key_id):
            break
        KeyRotation.objects.filter(key_id=keys.first_key_id).update(last_pk="", finished_at=None)
    _record_rotation(keys, report)
    return report


def count_key_usage(keys: KeyRing, batch_rows: int) -> KeyUsageReport:
    """Count all encrypted values by their key; nothing is locked or changed."""
    report = KeyUsageReport()
    for model in list_encrypted_tables():
        for pk, *values in _iterate_rows(model, batch_rows):
            for column, ciphertext in zip(list_encrypted_columns(model), values, strict=True):
                place = f"{model._meta.db_table}.{column.column}:{pk}"
                if ciphertext is not None:
                    report.add(keys.identify_key(ciphertext, place)[0], place)
    return report


def _move_table(
    model: type[models.Model],
    keys: KeyRing,
    batch_rows: int,
    pause: float,
    report_progress: Callable[[KeyRotation], None],
) -> None:
    KeyRotation.objects.get_or_create(key_id=keys.first_key_id, table=model._meta.db_table)
    while True:
        state = _move_batch(model, keys, batch_rows)
        report_progress(state)
        if state.finished_at:
            return
        time.sleep(pause)


@transaction.atomic
def _move_batch(model: type[models.Model], keys: KeyRing, batch_rows: int) -> KeyRotation:
    """Re-encrypt the next rows and store the progress in one transaction."""
    state = KeyRotation.objects.select_for_update().get(key_id=keys.first_key_id, table=model._meta.db_table)
    if state.finished_at:
        return state
    rows = list(
        _select_after(model, state.last_pk).select_for_update(skip_locked=True, no_key=True)[:batch_rows]
    )
    moved = [row for row in (_reencrypt_row(model, keys, row) for row in rows) if row]
    write_ciphertexts(model, moved)
    state.rows_seen += len(rows)
    state.rows_rewritten += len(moved)
    if rows:
        state.last_pk = str(rows[-1][0])
    if len(rows) < batch_rows:
        state.finished_at = timezone.now()
    state.save()
    return state


def _select_after(model: type[models.Model], last_pk: str) -> models.QuerySet[Any, tuple[Any, ...]]:
    """Return the primary keys and encrypted values of the rows after ``last_pk``, in key order."""
    rows = model._base_manager.order_by("pk")
    rows = rows.filter(pk__gt=last_pk) if last_pk else rows
    return rows.values_list("pk", *(column.attname for column in list_encrypted_columns(model)))


def _iterate_rows(model: type[models.Model], batch_rows: int) -> Iterator[tuple[Any, ...]]:
    """Yield every row, read in pages: one long query would prevent PostgreSQL from vacuuming."""
    last = ""
    while page := list(_select_after(model, last)[:batch_rows]):
        yield from page
        last = str(page[-1][0])


def _reencrypt_row(model: type[models.Model], keys: KeyRing, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the row encrypted with the first key, or ``None`` if it needs no change."""
    pk, *values = row
    table = model._meta.db_table
    new = [
        keys.reencrypt(ciphertext, f"{table}.{column.column}:{pk}")
        for column, ciphertext in zip(list_encrypted_columns(model), values, strict=True)
    ]
    if all(after is before for after, before in zip(new, values, strict=True)):
        return None
    return (pk, *(None if ciphertext is None else ciphertext.token for ciphertext in new))


@transaction.atomic
def _record_rotation(keys: KeyRing, report: KeyUsageReport) -> None:
    """Record the outcome of the rotation in the audit trail."""
    state = KeyRotation.objects.filter(key_id=keys.first_key_id).order_by("id").last()
    if state:
        trail.record_event(
            "field_keys.rotated", state, None, first=keys.first_key_id, values=dict(report.counts)
        )
