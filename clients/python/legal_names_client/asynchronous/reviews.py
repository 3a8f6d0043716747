"""Ask a reviewer: requests, documents, messages, and the decision."""

from __future__ import annotations

import mimetypes
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from legal_names_client.asynchronous.connection import AsyncConnection
from legal_names_client.asynchronous.predictions import AsyncPredictions
from legal_names_client.generated.api.predictions import (
    review_answer,
    review_document_delete,
    review_documents,
    review_documents_send,
    review_message_send,
    review_messages,
    review_request,
    review_request_withdraw,
)
from legal_names_client.generated.models import (
    DocumentList,
    Documents,
    Message,
    MessageList,
    PredictionReview,
    ReviewAnswer,
    ReviewRequest,
    StoredDocument,
    StoredMessage,
    StoredReviewRequest,
)
from legal_names_client.generated.types import File
from legal_names_client.values import Identified, choose_key, expect, read_id
from legal_names_client.waiting_async import sleep

_OPEN = frozenset({"queued", "in_review"})


class AsyncReviews:
    """What reviewers say of your comparisons."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection, self._api = connection, connection.api
        self._predictions = AsyncPredictions(connection)

    async def ask(
        self,
        prediction: Identified,
        reason: str,
        *,
        priority: Literal["normal", "urgent"] = "normal",
        due_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> StoredReviewRequest:
        """Ask that a reviewer decides; an open request of yours is returned as it is.

        Reviewers read the reason after their decision. Raises ConflictError (``no_review_possible``) when
        they have decided.
        """
        body = ReviewRequest(reason=reason, priority=priority, due_at=due_at)
        response = await review_request.asyncio_detailed(
            read_id(prediction), client=self._api, body=body, idempotency_key=choose_key(idempotency_key)
        )
        return expect(StoredReviewRequest, response)

    async def withdraw(self, prediction: Identified) -> StoredReviewRequest:
        """Take the request back, until the first decision."""
        response = await review_request_withdraw.asyncio_detailed(read_id(prediction), client=self._api)
        return expect(StoredReviewRequest, response)

    async def get(self, prediction: Identified) -> PredictionReview:
        """Return how far the review is, and what was decided."""
        return (await self._predictions.get(prediction)).review

    async def wait(
        self, prediction: Identified, *, patience: float = 86_400, interval: float = 30
    ) -> PredictionReview:
        """Ask every ``interval`` seconds until it is no longer waiting, and return the review.

        Its ``status`` is then ``decided``, ``withdrawn`` or ``needs_document``, which waits for you. Raises
        TimeoutError after ``patience`` seconds. A webhook tells sooner: see ``client.webhooks``.
        """
        deadline = time.monotonic() + patience
        while (review := await self.get(prediction)).status in _OPEN:
            if time.monotonic() + interval > deadline:
                raise TimeoutError(f"The review is still {review.status} after {patience:.0f} seconds.")
            await sleep(interval)
        return review

    async def answer(
        self, prediction: Identified, text: str, *, idempotency_key: str | None = None
    ) -> PredictionReview:
        """Answer the reviewer who waits for a document, in words; the review goes on."""
        response = await review_answer.asyncio_detailed(
            read_id(prediction),
            client=self._api,
            body=ReviewAnswer(text=text),
            idempotency_key=choose_key(idempotency_key),
        )
        return expect(PredictionReview, response)

    async def send_documents(
        self, prediction: Identified, *paths: str | Path, text: str = "", idempotency_key: str | None = None
    ) -> list[StoredDocument]:
        """Send one to five PDF, PNG, JPEG or TIFF files; return all documents of the prediction."""
        with ExitStack() as opened:
            files = [
                File(opened.enter_context(path.open("rb")), path.name, mimetypes.guess_type(path.name)[0])
                for path in map(Path, paths)
            ]
            response = await review_documents_send.asyncio_detailed(
                read_id(prediction),
                client=self._api,
                body=Documents(files=files, text=text),
                idempotency_key=choose_key(idempotency_key),
            )
        return expect(DocumentList, response).results

    async def list_documents(self, prediction: Identified) -> list[StoredDocument]:
        """Return the documents in the order in which they were sent."""
        response = await review_documents.asyncio_detailed(read_id(prediction), client=self._api)
        return expect(DocumentList, response).results

    async def read_document(self, prediction: Identified, document: Identified) -> bytes:
        """Return a document as it was sent."""
        return await self._connection.read(_address(prediction, f"documents/{read_id(document)}"))

    async def delete_document(self, prediction: Identified, document: Identified) -> None:
        """Delete a document, until a reviewer has decided."""
        await review_document_delete.asyncio_detailed(
            read_id(prediction), read_id(document), client=self._api
        )

    async def send_message(
        self, prediction: Identified, text: str, *, idempotency_key: str | None = None
    ) -> StoredMessage:
        """Write to the reviewers, facts only; see ``is_held`` of what is returned."""
        response = await review_message_send.asyncio_detailed(
            read_id(prediction),
            client=self._api,
            body=Message(text=text),
            idempotency_key=choose_key(idempotency_key),
        )
        return expect(StoredMessage, response)

    async def list_messages(self, prediction: Identified) -> list[StoredMessage]:
        """Return what you and the reviewers wrote, oldest first."""
        response = await review_messages.asyncio_detailed(read_id(prediction), client=self._api)
        return expect(MessageList, response).results

    async def download_memo(
        self, prediction: Identified, target: str | Path, file: Literal["pdf", "json"] = "pdf"
    ) -> None:
        """Write the memo of the decision into a file."""
        await self._connection.download(_address(prediction, "memo"), Path(target), {"file": file})


def _address(prediction: Identified, rest: str) -> str:
    prediction_id: UUID = read_id(prediction)
    return f"/api/v1/predictions/{prediction_id}/{rest}"
