"""The rows of this app that an erasure covers: predictions by user, id, age or name, and bulk jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.encryption.fields import DecryptionError
from accounts.models import Erasure
from accounts.privacy.erasure import EncryptedTable, record_batch
from matching.jobs import service
from matching.jobs.uploads.drafts import discard_draft
from matching.models import BatchJob, JobDraft, PairPrecedent, Prediction, PredictionReview
from matching.pair_digest import normalise_name

log = structlog.get_logger(__name__)

_PAGE_SIZE = 1_000
"""Rows read at once while a name is searched."""


def find_predictions(erasure: Erasure) -> QuerySet[Prediction]:
    """Return the predictions that an erasure covers and that still hold their names."""
    remaining = Prediction.objects.filter(erased_at=None)
    if erasure.subject == Erasure.Subject.USER:
        return remaining.filter(user=erasure.user_id)
    if erasure.subject == Erasure.Subject.PREDICTION:
        return remaining.filter(pk=str(erasure.prediction_id))
    if erasure.subject == Erasure.Subject.AGE:
        return remaining.filter(created_at__lt=erasure.before)
    return remaining.filter(pk__in=_find_by_name(erasure))


def make_row_finder(model: type[Model], path: str) -> Callable[[Erasure], QuerySet[Any]]:
    """Return a function that finds the rows of a table whose ``path`` leads to a prediction being erased."""

    def find_rows(erasure: Erasure) -> QuerySet[Any]:
        return model._base_manager.filter(**{f"{path}__in": find_predictions(erasure)})

    return find_rows


def _get_erased_values() -> dict[str, Any]:
    """Return the columns that an erasure sets beside the encrypted ones, which it blanks."""
    return {"pair_digest": "", "erased_at": timezone.now()}


class BatchJobTarget:
    """Bulk jobs, which an erasure by user or by age deletes with their files.

    Their files are not searched for a name; they are kept for days only.
    """

    model = BatchJob
    title = BatchJob._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many jobs the erasure deletes."""
        return self._find_jobs(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete the jobs one by one, and yield 1 for each."""
        for job in self._find_jobs(erasure):
            with transaction.atomic():
                service.delete(job, erasure.requested_by, "erasure")
                record_batch(erasure, self.title, 1)
            yield 1

    def _find_jobs(self, erasure: Erasure) -> QuerySet[BatchJob]:
        if erasure.subject == Erasure.Subject.USER:
            return BatchJob.objects.filter(user=erasure.user_id)
        if erasure.subject == Erasure.Subject.AGE:
            return BatchJob.objects.filter(created_at__lt=erasure.before)
        return BatchJob.objects.none()


class JobDraftTarget:
    """Files that wait to be started, which an erasure by user, age or name deletes: none is kept a day."""

    model = JobDraft
    title = JobDraft._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many files the erasure deletes."""
        return self._find_drafts(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete the files one by one, and yield 1 for each."""
        for draft in self._find_drafts(erasure):
            with transaction.atomic():
                discard_draft(draft)
                record_batch(erasure, self.title, 1)
            yield 1

    def _find_drafts(self, erasure: Erasure) -> QuerySet[JobDraft]:
        if erasure.subject == Erasure.Subject.USER:
            return JobDraft.objects.filter(user=erasure.user_id)
        if erasure.subject == Erasure.Subject.AGE:
            return JobDraft.objects.filter(created_at__lt=erasure.before)
        if erasure.subject == Erasure.Subject.NAME:
            return JobDraft.objects.all()
        return JobDraft.objects.none()


class PairPrecedentTarget:
    """Precedents of pairs: they end, and the digest by which the pair is found is blanked."""

    model = PairPrecedent
    title = PairPrecedent._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many precedents the erasure ends."""
        return self._find_rows(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """End them in one batch."""
        with transaction.atomic():
            ended = {"ended_at": timezone.now(), "end_reason": PairPrecedent.EndReason.ERASED}
            number = self._find_rows(erasure).update(key="", **ended)
            if number:
                record_batch(erasure, self.title, number)
        yield number

    def _find_rows(self, erasure: Erasure) -> QuerySet[PairPrecedent]:
        return PairPrecedent.objects.filter(prediction__in=find_predictions(erasure)).exclude(key="")


ERASURE_TARGETS = (
    BatchJobTarget(),
    JobDraftTarget(),
    PairPrecedentTarget(),
    EncryptedTable(PredictionReview, make_row_finder(PredictionReview, "prediction")),
    EncryptedTable(Prediction, find_predictions, _get_erased_values),
)
"""Bulk jobs with files; precedents; text of reviews; then names, text, context, digest of predictions."""


def _find_by_name(erasure: Erasure) -> list[UUID]:
    """Return the predictions in which one name equals the name to erase, ignoring case and spaces.

    It decrypts every prediction once: a digest of each name would cost every comparison two columns and two
    indexes for the sake of a rare command.
    """
    if "naming" not in erasure.run_cache:
        erasure.run_cache["naming"] = [
            row.pk for row in _iterate_predictions() if _fold_name(erasure.name) in _read_names(row)
        ]
    matches: list[UUID] = erasure.run_cache["naming"]
    return matches


def _iterate_predictions() -> Any:
    last = None
    rows = Prediction.objects.filter(erased_at=None).order_by("pk").only("pk", "name1", "name2")
    while page := list((rows.filter(pk__gt=last) if last else rows)[:_PAGE_SIZE]):
        yield from page
        last = page[-1].pk


def _read_names(row: Prediction) -> set[str]:
    try:
        return {_fold_name(row.name1), _fold_name(row.name2)}
    except DecryptionError:
        log.warning("erasure_cannot_read_a_name", prediction=str(row.pk))
        return set()


def _fold_name(name: str) -> str:
    return " ".join(normalise_name(name).casefold().split())
