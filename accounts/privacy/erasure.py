"""Erasure of names: everything one user sent, one name, one prediction, or all names older than a date.

Rows, verdicts and counts stay. Each app lists its tables and files that hold names or texts about them, and
the setting ``ERASURE_TARGET_LISTS`` names those lists, so this module knows no table of another app. The work
is done in batches, each a transaction with its audit event and its count. Blank rows are not selected again,
so an interrupted erasure is resumed by running it once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.audit import trail
from accounts.encryption.crypto import DigestPurpose, compute_digest
from accounts.encryption.fields import build_blank_row, write_ciphertexts
from accounts.models import ApiKey, Erasure, IdempotentResponse, User

_BATCH_ROWS = 500
"""Rows blanked in one transaction."""


class ErasureTarget(Protocol):
    """A table or folder that holds names: it counts and blanks what an erasure selects."""

    @property
    def title(self) -> str:
        """The name under which its counts are shown."""

    def count(self, erasure: Erasure) -> int:
        """Return the number of rows or files that the erasure selects."""

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Blank them batch by batch, each in its own transaction, and yield the size of each batch."""


@dataclass(frozen=True)
class EncryptedTable:
    """A table whose encrypted columns are blanked; ``extra_updates`` returns further columns to set."""

    model: type[models.Model]
    select_rows: Callable[[Erasure], models.QuerySet[Any]]
    extra_updates: Callable[[], Mapping[str, Any]] = dict

    @property
    def title(self) -> str:
        """The name of the table."""
        return self.model._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return the number of selected rows."""
        return self.select_rows(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Blank the selected rows in the order of their primary keys."""
        last: object = None
        while True:
            with transaction.atomic():
                rows = self.select_rows(erasure).order_by("pk").only("pk")
                rows = rows if last is None else rows.filter(pk__gt=last)
                keys = [row.pk for row in rows.select_for_update(of=("self",), no_key=True)[:_BATCH_ROWS]]
                if not keys:
                    return
                self._blank_rows(keys)
                record_batch(erasure, self.title, len(keys))
            last = keys[-1]
            yield len(keys)

    def _blank_rows(self, keys: list[Any]) -> None:
        write_ciphertexts(self.model, [build_blank_row(self.model, pk) for pk in keys])
        if changes := self.extra_updates():
            self.model._base_manager.filter(pk__in=keys).update(**changes)


@dataclass(frozen=True)
class IdempotentResponseTarget:
    """Stored idempotent responses: those that may quote the erased names are deleted."""

    title: str = IdempotentResponse._meta.db_table
    model: type[models.Model] = IdempotentResponse

    def count(self, erasure: Erasure) -> int:
        """Return the number of responses to delete."""
        return len(self._find_keys(erasure))

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete the responses in one batch."""
        with transaction.atomic():
            number, _ = IdempotentResponse.objects.filter(pk__in=self._find_keys(erasure)).delete()
            if number:
                record_batch(erasure, self.title, number)
        yield number

    def _find_keys(self, erasure: Erasure) -> list[str]:
        rows = IdempotentResponse.objects.all()
        if erasure.user_id:
            return list(rows.filter(user=erasure.user_id).values_list("pk", flat=True))
        if erasure.before:
            return list(rows.filter(created_at__lt=erasure.before).values_list("pk", flat=True))
        name = erasure.name.casefold()
        return [row.pk for row in rows.iterator() if name in row.answer.casefold()]


ERASURE_TARGETS: tuple[ErasureTarget, ...] = (IdempotentResponseTarget(),)


def load_targets() -> list[ErasureTarget]:
    """Return the targets of all apps. Rows that refer to a prediction come before the predictions."""
    return [target for name in settings.ERASURE_TARGET_LISTS for target in import_string(name)]


@transaction.atomic
def request_prediction_erasure(prediction_id: UUID, owner: User, actor: User | None, reason: str) -> Erasure:
    """Request the erasure of the names of one prediction; ``owner`` is the user who received it."""
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.PREDICTION,
        prediction_id=prediction_id,
        user=owner,
        reason=reason,
        requested_by=actor,
    )
    trail.record_event(
        "erasure.requested",
        erasure,
        actor,
        subject="prediction",
        prediction=str(prediction_id),
        reason=reason,
    )
    return erasure


@transaction.atomic
def request_user_erasure(user: User, actor: User | None, reason: str, account: bool = False) -> Erasure:
    """Request the erasure of all names a user sent; ``account`` adds the user's own name and address."""
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.USER, user=user, account=account, reason=reason, requested_by=actor
    )
    trail.record_event("erasure.requested", erasure, actor, subject="user", user=str(user.pk), reason=reason)
    return erasure


@transaction.atomic
def request_name_erasure(name: str, actor: User | None, reason: str) -> Erasure:
    """Request the erasure of one name, whoever sent it. Raises ``ValueError`` without a name.

    The audit trail holds the keyed digest of the name, never the name.
    """
    name = " ".join(name.split())
    if not name:
        raise ValueError("there is no name to erase")
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.NAME, name=name, reason=reason, requested_by=actor
    )
    digest = compute_digest(DigestPurpose.PAIR, "erased name", name.casefold())
    trail.record_event("erasure.requested", erasure, actor, subject="name", name_digest=digest, reason=reason)
    return erasure


@transaction.atomic
def request_erasure_before(before: datetime, reason: str) -> Erasure:
    """Request the erasure of every name older than a date and time."""
    erasure = Erasure.objects.create(subject=Erasure.Subject.AGE, before=before, reason=reason)
    trail.record_event("erasure.requested", erasure, None, subject="age", before=before.isoformat())
    return erasure


def count_affected(erasure: Erasure) -> dict[str, int]:
    """Return the number of rows or files that an erasure selects, by target; nothing is changed."""
    return {target.title: target.count(erasure) for target in load_targets()}


def run_erasure(erasure: Erasure) -> Erasure:
    """Run or resume an erasure; return the finished row with its counts."""
    for target in load_targets():
        for _ in target.blank(erasure):
            pass
    return _finish_erasure(erasure)


def list_unfinished() -> models.QuerySet[Erasure]:
    """Return the erasures that are not finished, oldest first."""
    return Erasure.objects.filter(finished_at=None).order_by("id")


def record_batch(erasure: Erasure, title: str, number: int) -> None:
    """Add a batch to the counts and to the audit trail; call it in the transaction of the batch."""
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    row.counts[title] = row.counts.get(title, 0) + number
    row.save(update_fields=["counts"])
    trail.record_event("erasure.rows_cleared", row, row.requested_by, part=title, rows=number)


@transaction.atomic
def _finish_erasure(erasure: Erasure) -> Erasure:
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if row.finished_at:
        return row
    if row.account and row.user:
        _anonymise_account(row.user)
    row.name, row.finished_at = "", timezone.now()
    row.save(update_fields=["name", "finished_at"])
    trail.record_event("erasure.finished", row, row.requested_by, counts=row.counts, account=row.account)
    return row


def _anonymise_account(user: User) -> None:
    """Remove the personal data of an account and close it; records of its actions still refer to it."""
    user.email, user.name, user.is_active = f"{user.pk}@erased.invalid", "", False
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "is_active", "password", "updated_at"])
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
