"""The tables of feedback with encrypted text that may quote names; an erasure clears or deletes them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Erasure
from accounts.privacy.erasure import EncryptedTable, record_batch
from feedback.models import (
    Draft,
    Feedback,
    GoldAnswer,
    ImportPreview,
    IssuedReport,
    ItemEvent,
    ReviewDocument,
    ReviewMessage,
    ReviewRequest,
)
from feedback.requests.documents import remove_documents
from matching.privacy.erasure import make_row_finder


class ImportPreviewTarget:
    """Files of labels that were uploaded and not confirmed: they are deleted, and can be uploaded again.

    An erasure by name deletes all of them, because a workbook cannot be searched; one of a single prediction
    deletes none, because they hold no prediction.
    """

    model = ImportPreview
    title = ImportPreview._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many files the erasure deletes."""
        return self._find_files(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete the files in one batch."""
        with transaction.atomic():
            number, _ = self._find_files(erasure).delete()
            if number:
                record_batch(erasure, self.title, number)
        yield number

    def _find_files(self, erasure: Erasure) -> QuerySet[ImportPreview]:
        if erasure.subject == Erasure.Subject.USER:
            return ImportPreview.objects.filter(user=erasure.user_id)
        if erasure.subject == Erasure.Subject.AGE:
            return ImportPreview.objects.filter(created_at__lt=erasure.before)
        if erasure.subject == Erasure.Subject.NAME:
            return ImportPreview.objects.all()
        return ImportPreview.objects.none()


class ReviewDocumentTarget:
    """Documents sent for the review of the predictions: rows, keys and files are deleted."""

    model = ReviewDocument
    title = ReviewDocument._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many documents the erasure deletes."""
        return self._find_documents(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Delete the documents in one batch."""
        with transaction.atomic():
            number = remove_documents(self._find_documents(erasure))
            if number:
                record_batch(erasure, self.title, number)
        yield number

    def _find_documents(self, erasure: Erasure) -> QuerySet[ReviewDocument]:
        rows: QuerySet[ReviewDocument] = make_row_finder(ReviewDocument, "prediction")(erasure)
        return rows


class IssuedReportTarget:
    """Reports on the predictions: they stay verifiable, and can confirm no name from then on."""

    model = IssuedReport
    title = IssuedReport._meta.db_table

    def count(self, erasure: Erasure) -> int:
        """Return how many digests of names the erasure blanks."""
        return self._find_rows(erasure).count()

    def blank(self, erasure: Erasure) -> Iterator[int]:
        """Blank the digests in one batch."""
        with transaction.atomic():
            number = self._find_rows(erasure).update(names_digest="")
            if number:
                record_batch(erasure, self.title, number)
        yield number

    def _find_rows(self, erasure: Erasure) -> QuerySet[IssuedReport]:
        rows: QuerySet[IssuedReport] = make_row_finder(IssuedReport, "prediction")(erasure)
        return rows.exclude(names_digest="")


ERASURE_TARGETS = (
    ImportPreviewTarget(),
    ReviewDocumentTarget(),
    IssuedReportTarget(),
    EncryptedTable(Feedback, make_row_finder(Feedback, "prediction")),
    EncryptedTable(GoldAnswer, make_row_finder(GoldAnswer, "prediction")),
    EncryptedTable(ItemEvent, make_row_finder(ItemEvent, "item__prediction")),
    EncryptedTable(ReviewMessage, make_row_finder(ReviewMessage, "prediction")),
    EncryptedTable(ReviewRequest, make_row_finder(ReviewRequest, "prediction")),
    EncryptedTable(Draft, make_row_finder(Draft, "item__prediction")),
)
"""A test checks that every table with encrypted text is listed."""
