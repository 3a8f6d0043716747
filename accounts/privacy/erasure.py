"""Erasing names: of a person or client, of one name, or of what is too old. Rows and counts stay.

Each app lists which of its tables hold names or words about them, and the setting ``ERASURE`` names the
lists; so this module knows the how and never the where. The work goes in batches, each one transaction with
its event and its count, and what is blank already is not looked for again: an erasure that was killed is
simply run again.
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
    """A part of the product that holds names: it can say how much an erasure takes there, and take it."""

    @property
    def title(self) -> str:
        """What people call it."""

    def count(self, erasure: Erasure) -> int:
        """Return how many rows or files the erasure takes here."""

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Take them batch by batch, each in a transaction of its own, and yield how many."""


@dataclass(frozen=True)
class EncryptedTable:
    """A table with encrypted columns: they are blanked, and what ``also`` returns is set beside them."""

    model: type[models.Model]
    select_rows: Callable[[Erasure], models.QuerySet[Any]]
    extra_updates: Callable[[], Mapping[str, Any]] = dict

    @property
    def title(self) -> str:
        """The table's name."""
        return self.model._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many rows belong to what is erased."""
        return self.select_rows(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Blank the rows in the order of their keys."""
        last: object = None
        while True:
            with transaction.atomic():
                rows = self.select_rows(erasure).order_by("pk").only("pk")
                rows = rows if last is None else rows.filter(pk__gt=last)
                found = [row.pk for row in rows.select_for_update(of=("self",), no_key=True)[:_BATCH_ROWS]]
                if not found:
                    return
                self._blank_rows(found)
                record_batch(erasure, self.title, len(found))
            last = found[-1]
            yield len(found)

    def _blank_rows(self, found: list[Any]) -> None:
        write_ciphertexts(self.model, [build_blank_row(self.model, pk) for pk in found])
        if changes := self.extra_updates():
            self.model._base_manager.filter(pk__in=found).update(**changes)


@dataclass(frozen=True)
class IdempotentResponseTarget:
    """Answers kept for a day so that requests can be repeated: those that may quote the names go."""

    title: str = IdempotentResponse._meta.db_table
    model: type[models.Model] = IdempotentResponse

    def count(self, erasure: Erasure) -> int:
        """Return how many answers go."""
        return len(self._find_keys(erasure))

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete them."""
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
        sought = erasure.name.casefold()
        return [row.pk for row in rows.iterator() if sought in row.answer.casefold()]


ERASURE_TARGETS: tuple[ErasureTarget, ...] = (IdempotentResponseTarget(),)


def load_targets() -> list[ErasureTarget]:
    """Return every part that takes part. What hangs on an answer goes before the answer does."""
    return [holder for name in settings.ERASURE for holder in import_string(name)]


@transaction.atomic
def request_prediction_erasure(answer: UUID, owner: User, actor: User | None, reason: str) -> Erasure:
    """Ask that the names of one answer, given to its owner, be erased."""
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.PREDICTION, answer=answer, user=owner, reason=reason, requested_by=actor
    )
    trail.record_event("erasure.asked", erasure, actor, subject="answer", answer=str(answer), reason=reason)
    return erasure


@transaction.atomic
def request_user_erasure(user: User, actor: User | None, reason: str, account: bool = False) -> Erasure:
    """Ask that all names a person or client sent be erased, and with ``account`` who they are."""
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.USER, user=user, account=account, reason=reason, requested_by=actor
    )
    trail.record_event("erasure.asked", erasure, actor, subject="person", user=str(user.pk), reason=reason)
    return erasure


@transaction.atomic
def request_name_erasure(name: str, actor: User | None, reason: str) -> Erasure:
    """Ask that one name be erased, whoever sent it. Raises ``ValueError`` without a name.

    The trail gets the name's keyed digest, never the name.
    """
    name = " ".join(name.split())
    if not name:
        raise ValueError("there is no name to erase")
    erasure = Erasure.objects.create(
        subject=Erasure.Subject.NAME, name=name, reason=reason, requested_by=actor
    )
    blinded = compute_digest(DigestPurpose.PAIR, "erased name", name.casefold())
    trail.record_event("erasure.asked", erasure, actor, subject="name", name_digest=blinded, reason=reason)
    return erasure


@transaction.atomic
def request_erasure_before(before: datetime, reason: str) -> Erasure:
    """Ask that every name older than a moment be erased."""
    erasure = Erasure.objects.create(subject=Erasure.Subject.AGE, before=before, reason=reason)
    trail.record_event("erasure.asked", erasure, None, subject="age", before=before.isoformat())
    return erasure


def count_affected(erasure: Erasure) -> dict[str, int]:
    """Return what an erasure would take, by part; nothing is changed."""
    return {holder.title: holder.count(erasure) for holder in load_targets()}


def run_erasure(erasure: Erasure) -> Erasure:
    """Erase, or go on erasing; return the finished row with its counts."""
    for holder in load_targets():
        for _ in holder.blank(erasure):
            pass
    return _finish_erasure(erasure)


def list_unfinished() -> models.QuerySet[Erasure]:
    """Erasures that were asked for and are not done."""
    return Erasure.objects.filter(finished_at=None).order_by("id")


def record_batch(erasure: Erasure, title: str, number: int) -> None:
    """Count a batch and record it, in the batch's own transaction."""
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    row.counts[title] = row.counts.get(title, 0) + number
    row.save(update_fields=["counts"])
    trail.record_event("erasure.blanked", row, row.requested_by, part=title, rows=number)


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
    """Leave an account that says nothing about its person and opens nothing; what it did stays its own."""
    user.email, user.name, user.is_active = f"{user.pk}@erased.invalid", "", False
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "is_active", "password", "updated_at"])
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
