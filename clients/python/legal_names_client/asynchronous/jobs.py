"""Bulk jobs: files of up to five million pairs."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Literal, TypedDict, Unpack, cast
from uuid import UUID

from legal_names_client.asynchronous.connection import AsyncConnection, walk_pages
from legal_names_client.errors import ConnectionLostError, JobFailedError, NotFoundError
from legal_names_client.generated.api.jobs import (
    job,
    job_cancel,
    job_create,
    job_delete,
    job_review_plan,
    job_review_send,
    job_rows,
    jobs,
)
from legal_names_client.generated.models import (
    FormatEnum,
    Job,
    JobPage,
    JobRequest,
    JobReview,
    JobRow,
    JobRowPage,
    JobRowsReviewStatus,
    JobRowsVerdict,
    ProfileEnum,
    SendingPlan,
    SendingResult,
)
from legal_names_client.generated.types import File
from legal_names_client.job_record import JobRecord, compute_fingerprint
from legal_names_client.progress import ProgressBar
from legal_names_client.values import (
    PAGE_SIZE,
    Identified,
    KindId,
    ProfileId,
    choose_key,
    expect,
    leave_out_none,
    read_id,
)
from legal_names_client.waiting_async import sleep

_UNFINISHED = frozenset({"queued", "running"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_OFFLINE_PATIENCE = 900.0
RowChoice = Literal["all", "sample", "priority"]


class JobOptions(TypedDict, total=False):
    """How a file is read and compared; the columns are ``name1`` and ``name2`` unless said."""

    profile: ProfileId | str
    kind: KindId
    column1: str
    column2: str
    format: FormatEnum | None
    matter: str | None


class AsyncBulkJob:
    """One bulk job; ``state`` is what the server last said of it."""

    def __init__(self, connection: AsyncConnection, state: Job) -> None:
        self._connection, self._api = connection, connection.api
        self.state = state

    @property
    def id(self) -> UUID:
        """The id, with which ``client.jobs.get`` finds the job again."""
        return self.state.id

    async def refresh(self) -> Job:
        """Ask how far it is."""
        self.state = expect(Job, await job.asyncio_detailed(self.id, client=self._api))
        return self.state

    async def wait(
        self,
        *,
        progress: bool | None = None,
        on_progress: Callable[[Job], None] | None = None,
        patience: float | None = None,
    ) -> Job:
        """Wait until it is done; return its final state. A server may be away for a quarter of an hour.

        ``progress`` draws a bar on standard error, by itself on a terminal. Raises JobFailedError when it
        failed or was cancelled, TimeoutError after ``patience`` seconds.
        """
        deadline = time.monotonic() + (float("inf") if patience is None else patience)
        pause = _FIRST_PAUSE
        with ProgressBar(progress) as bar:
            while await self._is_unfinished():
                bar.show(self.state)
                if on_progress is not None:
                    on_progress(self.state)
                if time.monotonic() + pause > deadline:
                    raise TimeoutError(f"The job is still {self.state.status}.")
                await sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 1.5)
            bar.show(self.state)
        if self.state.status != "succeeded":
            raise JobFailedError(self.state.error or f"The job was {self.state.status}.", self.state.status)
        return self.state

    async def download(self, target: str | Path, *, with_reviews: bool = False) -> None:
        """Write the result into a file; ``with_reviews`` adds what reviewers decided since."""
        params = {"reviews": "true"} if with_reviews else None
        await self._connection.download(f"/api/v1/jobs/{self.id}/result", Path(target), params)

    async def rows(
        self, *, verdict: JobRowsVerdict | None = None, review_status: JobRowsReviewStatus | None = None
    ) -> AsyncIterator[JobRow]:
        """Yield rows of the result with their reviews, in the order of the file."""
        after: int | None = 0
        while after is not None:
            response = await job_rows.asyncio_detailed(
                self.id,
                client=self._api,
                after=after,
                limit=PAGE_SIZE,
                verdict=leave_out_none(verdict),
                review_status=leave_out_none(review_status),
            )
            page = expect(JobRowPage, response)
            for row in page.results:
                yield row
            after = page.next_

    async def plan_review(
        self, rows: RowChoice = "all", *, size: int | None = None, at_least: int | None = None
    ) -> SendingPlan:
        """Return what sending review rows to reviewers would do and cost."""
        response = await job_review_plan.asyncio_detailed(
            self.id, client=self._api, rows=rows, size=leave_out_none(size), at_least=leave_out_none(at_least)
        )
        return expect(SendingPlan, response)

    async def send_to_reviewers(
        self,
        reason: str,
        rows: RowChoice = "all",
        *,
        size: int | None = None,
        at_least: int | None = None,
        idempotency_key: str | None = None,
    ) -> SendingResult:
        """Send review rows to reviewers: all, a ``sample`` of ``size``, or a ``priority`` of ``at_least``."""
        body = JobReview(
            reason=reason, rows=rows, size=leave_out_none(size), at_least=leave_out_none(at_least)
        )
        key = choose_key(idempotency_key)
        response = await job_review_send.asyncio_detailed(
            self.id, client=self._api, body=body, idempotency_key=key
        )
        return expect(SendingResult, response)

    async def cancel(self) -> Job:
        """Stop it for good and delete its files."""
        self.state = expect(Job, await job_cancel.asyncio_detailed(self.id, client=self._api))
        return self.state

    async def delete(self) -> None:
        """Delete it with its files, in any state."""
        await job_delete.asyncio_detailed(self.id, client=self._api)

    async def _is_unfinished(self) -> bool:
        """Ask how far it is, also after a while. Raises ConnectionLostError when the server stays away."""
        deadline = time.monotonic() + _OFFLINE_PATIENCE
        while True:
            try:
                return (await self.refresh()).status in _UNFINISHED
            except ConnectionLostError:
                if time.monotonic() > deadline:
                    raise
                await sleep(_LONGEST_PAUSE)


class AsyncJobs:
    """Files of pairs, compared in the background."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection, self._api = connection, connection.api

    async def submit(
        self, source: str | Path, *, idempotency_key: str | None = None, **options: Unpack[JobOptions]
    ) -> AsyncBulkJob:
        """Upload a CSV, XLSX or JSON Lines file; return its job at once. An upload sent again counts once."""
        path = Path(source)
        with path.open("rb") as opened:
            body = JobRequest(
                file=File(opened, path.name, "application/octet-stream"),
                profile=cast("ProfileEnum", options.get("profile", "general")),
                kind=options.get("kind", "auto"),
                column1=options.get("column1", "name1"),
                column2=options.get("column2", "name2"),
                format_=leave_out_none(options.get("format")),
                matter=leave_out_none(options.get("matter")),
            )
            response = await job_create.asyncio_detailed(
                client=self._api, body=body, idempotency_key=choose_key(idempotency_key)
            )
        return AsyncBulkJob(self._connection, expect(Job, response))

    async def get(self, job_id: Identified) -> AsyncBulkJob:
        """Return a job by its id: how another process goes on."""
        state = expect(Job, await job.asyncio_detailed(read_id(job_id), client=self._api))
        return AsyncBulkJob(self._connection, state)

    def list(self, *, matter: str | None = None) -> AsyncIterator[Job]:
        """Yield your jobs, newest first."""
        fetch = partial(
            jobs.asyncio_detailed, client=self._api, limit=PAGE_SIZE, matter=leave_out_none(matter)
        )
        return walk_pages(JobPage, fetch)

    async def run(
        self,
        source: str | Path,
        target: str | Path,
        *,
        progress: bool | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Upload, wait with a progress bar, download the result, and return the final state.

        When the program or the connection is lost, run it again with the same target: it goes on with the
        same job, which it remembers in ``<target>.job``. Raises JobFailedError when the job fails.
        """
        path, result = Path(source), Path(target)
        record = JobRecord.begin(result, compute_fingerprint(path, json.dumps(options, sort_keys=True)))
        bulk_job = await self._find(record)
        if bulk_job is None:
            if record.job is not None:
                JobRecord.forget(result)
                record = JobRecord.begin(result, record.fingerprint)
            bulk_job = await self.submit(path, idempotency_key=record.idempotency_key, **options)
            record.remember(result, str(bulk_job.id))
        try:
            await bulk_job.wait(progress=progress)
        except JobFailedError:
            JobRecord.forget(result)
            raise
        await bulk_job.download(result)
        JobRecord.forget(result)
        return bulk_job.state

    async def _find(self, record: JobRecord) -> AsyncBulkJob | None:
        """Return the job of an earlier run, unless there was none or it was deleted meanwhile."""
        try:
            return None if record.job is None else await self.get(record.job)
        except NotFoundError:
            return None
