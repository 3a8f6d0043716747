"""Processing of bulk jobs: a file is split into chunks once, and each chunk is compared exactly once.

Both steps may be started any number of times, by any number of workers on any number of machines. A worker
holds a row lock on the chunk it compares. It writes the output under a unique name, which counts only when
the transaction that holds the lock stores it in the chunk. A killed worker, a restart or a message delivered
twice therefore leaves at most an unreferenced file.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from io import BufferedReader
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from matching.engine import RULES_VERSION, Scorer, ScoreWithReason, score_many_with_reasons
from matching.jobs import monitoring_sample, service
from matching.jobs.encrypted_file import EncryptedWriter, create_encrypted_file, open_encrypted_file
from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import FileError, JobRowResult, PairRow
from matching.jobs.job_folder import (
    ROWS_FILE_NAME,
    UPLOAD_FILE_NAME,
    delete_job_folder_on_commit,
    get_job_folder,
)
from matching.models import BatchChunk, BatchJob
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion, RunStatus
from modelops.serving.loader import read_verified_artefact

CHUNK_ROWS = 2_000
"""Rows of a chunk: about a third of a second, so that jobs take turns and a lost chunk costs little."""

MAX_ATTEMPTS = 5
"""Workers that may die while they compare one chunk; then its rows get an error and the job goes on."""

_LEASE_DURATION = timedelta(minutes=2)
_CHUNKS_PER_RENEWAL = 50
_CHUNK_FAILED = "The comparison of this part of the file failed again and again; please report it."

log = structlog.get_logger(__name__)


class _LeaseLostError(Exception):
    """The job was cancelled, deleted or taken over by another worker in the meantime."""


def split_job_file(job_id: UUID) -> bool:
    """Split the file of a job into chunks and return whether this call did.

    When the worker dies, another one starts again after the lease.
    """
    job = _lease_job(job_id)
    if job is None:
        return False
    try:
        chunks = _write_chunks(job)
    except FileError as error:
        service.fail(job, str(error))
        return False
    except (_LeaseLostError, FileNotFoundError):
        return False
    started = _start_job(job, chunks)
    if started:
        (get_job_folder(job.pk) / UPLOAD_FILE_NAME).unlink(missing_ok=True)
    return started


def _lease_job(job_id: UUID) -> BatchJob | None:
    """Reserve the splitting of a job for two minutes; return ``None`` where another worker has it."""
    now = timezone.now()
    free = BatchJob.objects.ready_to_prepare(now).filter(pk=job_id)
    return BatchJob.objects.get(pk=job_id) if free.update(leased_until=now + _LEASE_DURATION) else None


def _write_chunks(job: BatchJob) -> list[BatchChunk]:
    """Write all rows into one file and return the chunks, each with its range of bytes."""
    folder, file_format = get_job_folder(job.pk), FORMATS[job.format]
    chunks: list[BatchChunk] = []
    with (
        open_encrypted_file(folder / UPLOAD_FILE_NAME, job.file_key) as file,
        create_encrypted_file(folder / ROWS_FILE_NAME, job.file_key) as out,
    ):
        start = 0
        for number, rows in enumerate(_batch_rows(file_format.read_rows(file, service.load_layout(job)))):
            end = start + _write_rows(out, rows)
            chunks.append(BatchChunk(job=job, number=number, rows=len(rows), begins_at=start, ends_at=end))
            start = end
            _check_limits(job, chunks)
    if not chunks:
        raise FileError("The file has no rows below its header.")
    return chunks


def _batch_rows(rows: Iterator[PairRow]) -> Iterator[list[PairRow]]:
    while batch := list(islice(rows, CHUNK_ROWS)):
        yield batch


def _write_rows(out: EncryptedWriter, rows: Sequence[PairRow]) -> int:
    content = json.dumps(rows, separators=(",", ":")).encode()
    out.write(content)
    return len(content)


def _check_limits(job: BatchJob, chunks: Sequence[BatchChunk]) -> None:
    """Enforce the limit of rows and renew the lease. Raises ``FileError`` and :class:`_LeaseLostError`."""
    if (len(chunks) - 1) * CHUNK_ROWS + chunks[-1].rows > settings.JOB_MAX_ROWS:
        raise FileError(f"The file has more than {settings.JOB_MAX_ROWS:,} rows; divide it.")
    if len(chunks) % _CHUNKS_PER_RENEWAL == 0:
        queued = BatchJob.objects.filter(pk=job.pk, status=RunStatus.QUEUED)
        if not queued.update(leased_until=timezone.now() + _LEASE_DURATION):
            raise _LeaseLostError


@transaction.atomic
def _start_job(job: BatchJob, chunks: Sequence[BatchChunk]) -> bool:
    """Set the job running and store its chunks; return whether it was still queued."""
    changed = BatchJob.objects.filter(pk=job.pk, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING,
        started_at=timezone.now(),
        leased_until=None,
        rows_total=sum(chunk.rows for chunk in chunks),
        chunks_left=len(chunks),
    )
    if changed:
        BatchChunk.objects.bulk_create(chunks, batch_size=1_000)
    return bool(changed)


def compare_next_chunk() -> bool:
    """Compare the next chunk of any job; return whether there was one to try.

    Raises ``OSError`` when the disk has no room for the output; the chunk then stays unfinished.
    """
    chunk_id = BatchChunk.objects.claim_next(RULES_VERSION)
    if chunk_id is None:
        return False
    try:
        with transaction.atomic():
            chunk = BatchChunk.objects.lock_unfinished(chunk_id)
            if chunk is not None:
                _compare_chunk(chunk)
    except OSError:  # no room or no folder for a moment: the attempt does not count
        BatchChunk.objects.filter(pk=chunk_id).update(attempts=F("attempts") - 1)
        raise
    return True


def _compare_chunk(chunk: BatchChunk) -> None:
    """Compare a chunk whose row this transaction has locked, and store the name of its output."""
    job = chunk.job
    name = f"out-{chunk.number:06}-{uuid4().hex}"
    try:
        with open_encrypted_file(get_job_folder(job.pk) / ROWS_FILE_NAME, job.file_key) as file:
            rows = _read_rows(file, chunk)
        with _relax_garbage_collection():
            results = compare_rows(rows, job) if chunk.attempts <= MAX_ATTEMPTS else _fail_rows(rows)
        content = FORMATS[job.format].format_rows(rows, results, service.load_layout(job))
        with create_encrypted_file(get_job_folder(job.pk) / name, job.file_key) as out:
            out.write(content)
    except FileNotFoundError:  # the job was cancelled or deleted in the meantime
        log.info("piece_without_file", job=str(job.pk), piece=chunk.number)
        return
    now = timezone.now()
    chunk.output, chunk.output_bytes, chunk.done_at = name, len(content), now
    chunk.save(update_fields=["output", "output_bytes", "done_at"])
    monitoring_sample.save_sample(chunk, rows, results, now)
    _update_progress(job, len(rows), sum(bool(result.error) for result in results))


@contextmanager
def _relax_garbage_collection() -> Iterator[None]:
    """Make garbage collection rare for the duration: comparing allocates much and makes few cycles."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _read_rows(file: BufferedReader, chunk: BatchChunk) -> list[PairRow]:
    file.seek(chunk.begins_at)
    stored: list[list[Any]] = json.loads(file.read(chunk.ends_at - chunk.begins_at))
    return [PairRow(*values) for values in stored]


def compare_rows(rows: Sequence[PairRow], job: BatchJob) -> list[JobRowResult]:
    """Return the result of each row; a row that carries an error gets nothing else."""
    scorer = _load_scorer(job.model_id)
    pairs = [(row.left, row.right) for row in rows if not row.error]
    scores = iter(score_many_with_reasons(pairs, job.profile, job.kind, scorer))
    return [
        JobRowResult(error=row.error) if row.error else _build_row_result(next(scores), scorer.version)
        for row in rows
    ]


def _build_row_result(explained: ScoreWithReason | ValueError, version: str) -> JobRowResult:
    if isinstance(explained, ValueError):
        return JobRowResult(error=str(explained))
    score = explained.score
    return JobRowResult(
        verdict=score.verdict.value,
        prediction=score.prediction,
        confidence=round(score.confidence, 4),
        material_probability=round(score.material_probability, 4),
        differences=score.categories,
        reason=explained.reason,
        missing_fact=explained.missing_fact or "",
        model_version=version,
        rules_version=RULES_VERSION,
    )


def _fail_rows(rows: Sequence[PairRow]) -> list[JobRowResult]:
    return [JobRowResult(error=row.error or _CHUNK_FAILED) for row in rows]


@lru_cache(maxsize=4)
def _load_scorer(model_id: UUID) -> Scorer:
    """Load the model that a job was created with, whatever is live now; model versions never change."""
    return build_scorer(
        read_verified_artefact(ModelVersion.objects.select_related("artefact").get(pk=model_id))
    )


def _update_progress(job: BatchJob, rows: int, failed: int) -> None:
    """Add a chunk to the job's counts; the last chunk ends the job."""
    this_job = BatchJob.objects.filter(pk=job.pk)
    updated = this_job.filter(status=RunStatus.RUNNING).update(
        rows_done=F("rows_done") + rows,
        rows_failed=F("rows_failed") + failed,
        chunks_left=F("chunks_left") - 1,
    )
    if not updated:  # cancelled after this chunk was claimed: its output belongs to no job
        delete_job_folder_on_commit(job.pk)
    complete = Q(status=RunStatus.RUNNING, chunks_left=0, rows_done=F("rows_total"))
    if this_job.filter(complete).update(status=RunStatus.SUCCEEDED, finished_at=timezone.now()):
        transaction.on_commit(lambda: delete_leftover_files(job.pk))


def delete_leftover_files(job_id: UUID) -> None:
    """Delete what a finished job no longer needs: its rows, and outputs that no chunk references."""
    referenced = set(BatchChunk.objects.filter(job_id=job_id).values_list("output", flat=True))
    for path in get_job_folder(job_id).glob("*"):
        if path.name not in referenced:
            path.unlink(missing_ok=True)
