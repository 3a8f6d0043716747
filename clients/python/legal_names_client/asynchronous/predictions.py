"""Your stored comparisons, and what you said of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, cast

from legal_names_client.asynchronous.connection import AsyncConnection, walk_pages
from legal_names_client.generated.api.feedback import feedback, feedback_list
from legal_names_client.generated.api.predictions import prediction, predictions
from legal_names_client.generated.models import (
    Feedback,
    FeedbackAnswer,
    FeedbackPage,
    FileEnum,
    Prediction,
    PredictionPage,
    PredictionsProfile,
    PredictionsReviewStatus,
    PredictionSummary,
    PredictionsVerdict,
    StoredFeedback,
)
from legal_names_client.values import (
    PAGE_SIZE,
    Identified,
    ProfileId,
    choose_key,
    expect,
    leave_out_none,
    read_id,
)


class AsyncPredictions:
    """Stored comparisons of yours."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection, self._api = connection, connection.api

    async def get(self, prediction_id: Identified) -> Prediction:
        """Return a comparison whole, with its review as it is now."""
        return expect(Prediction, await prediction.asyncio_detailed(read_id(prediction_id), client=self._api))

    def list(
        self,
        *,
        verdict: PredictionsVerdict | None = None,
        profile: ProfileId | str | None = None,
        review_status: PredictionsReviewStatus | None = None,
        matter: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> AsyncIterator[PredictionSummary]:
        """Yield your comparisons, newest first."""
        fetch = partial(
            predictions.asyncio_detailed,
            client=self._api,
            limit=PAGE_SIZE,
            verdict=leave_out_none(verdict),
            profile=leave_out_none(cast("PredictionsProfile | None", profile)),
            review_status=leave_out_none(review_status),
            matter=leave_out_none(matter),
            created_from=leave_out_none(created_from),
            created_to=leave_out_none(created_to),
        )
        return walk_pages(PredictionPage, fetch)

    async def export(
        self, target: str | Path, file: Literal["csv", "jsonl", "xlsx"] = "csv", **filters: str
    ) -> None:
        """Write the whole list into a file; ``filters`` are those of ``list`` as text."""
        await self._connection.download("/api/v1/predictions/export", Path(target), {**filters, "file": file})

    async def issue_report(
        self,
        prediction_id: Identified,
        target: str | Path,
        file: FileEnum = "pdf",
        *,
        reference: str = "",
        redacted: bool = False,
    ) -> None:
        """Write a new report into a file, decided or not; anybody can verify it by the code on it.

        ``reference`` is your own and is printed; ``redacted`` leaves the names out.
        """
        body = {"file": file, "reference": reference, "redacted": redacted}
        address = f"/api/v1/predictions/{read_id(prediction_id)}/reports"
        # The generated call reads every answer of this address as JSON.
        response = await self._connection.http.post(address, json=body)
        Path(target).write_bytes(response.content)

    async def give_feedback(
        self,
        prediction_id: Identified,
        *,
        is_material: bool,
        text: str = "",
        confidence: float | None = None,
        idempotency_key: str | None = None,
    ) -> FeedbackAnswer:
        """Say that the difference is material or not, whatever the answer was."""
        body = Feedback(
            prediction=read_id(prediction_id),
            user_correction=is_material,
            feedback_text=text,
            confidence_score=None if confidence is None else f"{confidence:.4f}",
        )
        key = choose_key(idempotency_key)
        return expect(
            FeedbackAnswer, await feedback.asyncio_detailed(client=self._api, body=body, idempotency_key=key)
        )

    def list_feedback(self) -> AsyncIterator[StoredFeedback]:
        """Yield what you said, newest first, with the reviews."""
        return walk_pages(
            FeedbackPage, partial(feedback_list.asyncio_detailed, client=self._api, limit=PAGE_SIZE)
        )
