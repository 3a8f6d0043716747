"""Documents for the review of a prediction: store, list, delete, erase.

Each function changes rows, records an audit event and returns in one transaction; files are deleted after the
commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from accounts.audit import trail
from accounts.models import User
from feedback.models import Feedback, ItemEvent, ReviewDocument, ReviewItem
from feedback.requests.document_content import DocumentContent, DocumentError, inspect_document
from feedback.requests.document_files import delete_document_file_on_commit, delete_leftover_files
from feedback.requests.service import ReviewRequestError, refuse_settled
from feedback.requests.upload import DocumentUpload
from feedback.review.queue import resume_item
from matching.models import Prediction, PredictionReview, ReviewStream

MAX_DOCUMENTS = 20
"""Most documents of one prediction."""


class DocumentsRefusedError(DocumentError):
    """A document cannot be stored; ``number`` says which one of the request, from 1."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def add_documents(
    prediction: Prediction, user: User, uploads: Sequence[DocumentUpload], text: str = ""
) -> list[ReviewDocument]:
    """Store documents for the review of a prediction; a reviewer who waits for one goes on.

    ``text`` is what the requester says beside them to a reviewer who waits. Raises
    :class:`DocumentsRefusedError` for a document that is none, ``ReviewRequestError`` where reviewers have
    decided, the names are erased or there are too many.
    """
    contents = [_inspect(upload, number) for number, upload in enumerate(uploads, 1)]
    with transaction.atomic():
        _refuse_unwanted(prediction, len(uploads))
        rows = [
            _store_document(prediction, user, upload, content)
            for upload, content in zip(uploads, contents, strict=True)
        ]
        _resume_parked_item(prediction, user, text or _describe_arrival(rows))
    for upload in uploads:
        upload.is_kept = True
    return rows


@transaction.atomic
def delete_document(document: ReviewDocument, user: User) -> None:
    """Delete a document of a prediction that no reviewer has decided. Raises ``ReviewRequestError``."""
    decisions = Feedback.objects.by_reviewers().filter(prediction=document.prediction_id)
    if decisions.exclude(stream=ReviewStream.GOLD).exists():
        raise ReviewRequestError(
            gettext("A reviewer has decided with this document; it stays until it is erased.")
        )
    _delete_row(document)
    trail.record_event(
        "review_document.deleted", document, user, prediction=str(document.prediction_id), why="requested"
    )


@transaction.atomic
def record_document_read(document: ReviewDocument, actor: User) -> None:
    """Record that somebody downloaded a document."""
    trail.record_event("review_document.downloaded", document, actor, prediction=str(document.prediction_id))


@transaction.atomic
def remove_documents(rows: QuerySet[ReviewDocument]) -> int:
    """Delete documents with their files, for an erasure or a retention rule; return how many."""
    documents = list(rows.select_for_update().order_by("pk").only("pk"))
    for document in documents:
        _delete_row(document)
    return len(documents)


def find_old_documents(before: datetime) -> QuerySet[ReviewDocument]:
    """Return the documents sent before a date and time."""
    return ReviewDocument.objects.filter(sent_at__lt=before)


def delete_leftovers() -> int:
    """Delete the rests of interrupted uploads, and documents that arrived while names were erased."""
    late = remove_documents(ReviewDocument.objects.filter(prediction__erased_at__isnull=False))
    return late + delete_leftover_files()


def _inspect(upload: DocumentUpload, number: int) -> DocumentContent:
    try:
        if not upload.file.byte_count:
            raise DocumentError(gettext("The file is empty."))
        return inspect_document(upload.read(), upload.name, upload.stated_type)
    except DocumentError as error:
        raise DocumentsRefusedError(str(error), number) from None


def _refuse_unwanted(prediction: Prediction, number: int) -> None:
    """Lock the prediction, and raise ``ReviewRequestError`` where no further document is wanted."""
    locked = Prediction.objects.select_for_update(no_key=True).only("pk", "erased_at").get(pk=prediction.pk)
    refuse_settled(locked, PredictionReview.objects.filter(pk=prediction.pk).first())
    stored = ReviewDocument.objects.filter(prediction=prediction).count()
    if stored + number > MAX_DOCUMENTS:
        raise ReviewRequestError(
            gettext("A comparison has at most {max_documents} documents; delete one first.").format(
                max_documents=MAX_DOCUMENTS
            )
        )


def _store_document(
    prediction: Prediction, user: User, upload: DocumentUpload, content: DocumentContent
) -> ReviewDocument:
    row = ReviewDocument(
        id=upload.id,
        prediction=prediction,
        sent_by=user,
        file_name=upload.name,
        file_key=upload.file.key,
        content_type=content.type,
        byte_count=upload.file.byte_count,
        is_encrypted=content.is_encrypted,
        has_active_content=content.has_active_content,
    )
    row.save(force_insert=True)
    trail.record_event(
        "review_document.added",
        row,
        user,
        prediction=str(prediction.pk),
        type=content.type.label,
        bytes=upload.file.byte_count,
    )
    return row


def _resume_parked_item(prediction: Prediction, user: User, note: str) -> None:
    parked = ReviewItem.objects.filter(prediction=prediction, state=ReviewItem.State.PARKED)
    item = parked.exclude(stream=ReviewStream.GOLD).order_by("id").first()
    if item is not None:
        resume_item(item, user, note, ItemEvent.Kind.ANSWERED)


def _describe_arrival(rows: Sequence[ReviewDocument]) -> str:
    return "A document arrived." if len(rows) == 1 else f"{len(rows)} documents arrived."


def _delete_row(document: ReviewDocument) -> None:
    ReviewDocument.objects.filter(pk=document.pk).delete()
    delete_document_file_on_commit(document.pk)
