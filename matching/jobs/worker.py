"""Processing of bulk jobs: a file is split into chunks once, and each chunk is compared exactly once.

Both steps may be started any number of times, by any number of workers on any number of machines. A worker
leases the chunk it compares and holds no lock meanwhile. It writes the output under a unique name, which
counts only when a transaction stores it in the chunk, once. A killed worker, a restart or a message delivered
twice therefore leaves at most an unreferenced file.
"""

from __future__ import annotations

import gc
import json
from collections import Counter
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

from matching.compare.metrics import observe_job_rows
from matching.engine import RULES_VERSION, Scorer, ScoreWithReason, score_many_with_reasons
from matching.jobs import counts, monitoring_sample, service
from matching.jobs.announcements import announce_end
from matching.jobs.encrypted_file import EncryptedWriter
from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import FileError, JobRowResult, PairRow
from matching.jobs.formats.sentences import FileSentence
from matching.jobs.job_folder import (
    ROWS_FILE_NAME,
    UPLOAD_FILE_NAME,
    create_job_file,
    delete_job_file,
    delete_job_folder_on_commit,
    list_job_files,
    open_job_file,
)
from matching.models import BatchChunk, BatchJob
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion, RunStatus
from modelops.serving.loader import read_verified_artefact

CHUNK_ROWS = 2_000
"""Rows of a chunk: about a third of a second, so that jobs take turns and a lost chunk costs little."""

MAX_ATTEMPTS = 3
"""Attempts to split a file or to compare a chunk that may fail; then the job fails with its reason."""

_LEASE_DURATION = timedelta(minutes=2)
_CHUNKS_PER_RENEWAL = 50

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
    if job.split_attempts > MAX_ATTEMPTS:
        service.give_up(job, FileSentence.SPLITTING_FAILED.value)
        return False
    try:
        chunks = _write_chunks(job)
    except FileError as error:
        service.fail(job, str(error))
        return False
    except (_LeaseLostError, FileNotFoundError):
        return False
    except OSError:  # no room for a moment: the attempt does not count
        _release_job(job, counts=False)
        raise
    except BaseException:
        _release_job(job, counts=True)
        raise
    started = _start_job(job, chunks)
    if started:
        delete_job_file(job.pk, UPLOAD_FILE_NAME)
    else:
        _delete_rows_of_ended_job(job.pk)
    return started


def _lease_job(job_id: UUID) -> BatchJob | None:
    """Reserve the splitting of a job for two minutes; return ``None`` where another worker has it."""
    now = timezone.now()
    free = BatchJob.objects.ready_to_prepare(now).filter(pk=job_id)
    leased = free.update(leased_until=now + _LEASE_DURATION, split_attempts=F("split_attempts") + 1)
    return BatchJob.objects.get(pk=job_id) if leased else None


def _release_job(job: BatchJob, counts: bool) -> None:
    queued = BatchJob.objects.filter(pk=job.pk, status=RunStatus.QUEUED)
    queued.update(leased_until=None, split_attempts=job.split_attempts if counts else job.split_attempts - 1)


def _delete_rows_of_ended_job(job_id: UUID) -> None:
    """Delete the rows that were written while the job was cancelled, deleted, or done by another worker."""
    if not BatchJob.objects.unfinished().filter(pk=job_id).exists():
        delete_job_file(job_id, ROWS_FILE_NAME)


def _write_chunks(job: BatchJob) -> list[BatchChunk]:
    """Write all rows into one file and return the chunks, each with its range of bytes."""
    file_format = FORMATS[job.format]
    chunks: list[BatchChunk] = []
    with (
        open_job_file(job, UPLOAD_FILE_NAME) as file,
        create_job_file(job, ROWS_FILE_NAME) as out,
    ):
        start = 0
        for number, rows in enumerate(_batch_rows(file_format.read_rows(file, service.load_layout(job)))):
            end = start + _write_rows(out, rows)
            chunks.append(BatchChunk(job=job, number=number, rows=len(rows), begins_at=start, ends_at=end))
            start = end
            _check_limits(job, chunks)
    if not chunks:
        raise FileError(FileSentence.NO_ROWS)
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
        raise FileError(FileSentence.TOO_MANY_ROWS.format(rows=settings.JOB_MAX_ROWS))
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

    Raises ``OSError`` when the disk has no room for the output, and whatever stopped the comparison; the
    chunk then stays unfinished. A job fails when one of its chunks was not finished in three attempts.
    """
    chunk_id = BatchChunk.objects.claim_next(RULES_VERSION)
    if chunk_id is None:
        return False
    chunk = BatchChunk.objects.find_unfinished(chunk_id)
    if chunk is not None and chunk.attempts > MAX_ATTEMPTS:
        first = chunk.number * CHUNK_ROWS + 1
        service.give_up(chunk.job, FileSentence.CHUNK_FAILED.format(first=first, last=first + chunk.rows - 1))
    elif chunk is not None:
        _compare_or_release(chunk)
    return True


def _compare_or_release(chunk: BatchChunk) -> None:
    """Compare a leased chunk; where that fails, end the lease and raise."""
    try:
        compare_chunk(chunk)
    except OSError:  # no room or no folder for a moment: the attempt does not count
        BatchChunk.objects.filter(pk=chunk.pk).update(attempts=F("attempts") - 1)
        BatchChunk.objects.release(chunk.pk)
        raise
    except BaseException:
        BatchChunk.objects.release(chunk.pk)
        raise


def compare_chunk(chunk: BatchChunk) -> None:
    """Compare the rows of a chunk and store its output, unless another worker was first."""
    job = chunk.job
    name = f"out-{chunk.number:06}-{uuid4().hex}"
    try:
        with open_job_file(job, ROWS_FILE_NAME) as file:
            rows = _read_rows(file, chunk)
        with _relax_garbage_collection():
            results = compare_rows(rows, job)
        content = FORMATS[job.format].format_rows(rows, results, service.load_layout(job))
        with create_job_file(job, name) as out:
            out.write(content)
    except FileNotFoundError:  # the job was cancelled or deleted in the meantime
        log.info("piece_without_file", job=str(job.pk), piece=chunk.number)
        return
    verdicts = Counter(result.verdict for result in results if not result.error)
    output = {"output": name, "output_bytes": len(content), **verdicts}
    if not _store_output(chunk, rows, results, output):
        delete_job_file(job.pk, name)
        return
    version = next((result.model_version for result in results if result.model_version), "")
    observe_job_rows(job.profile, version, verdicts, len(results) - verdicts.total())


@transaction.atomic
def _store_output(
    chunk: BatchChunk, rows: Sequence[PairRow], results: Sequence[JobRowResult], output: dict[str, Any]
) -> bool:
    """Store the output and the progress; return ``False`` where the chunk is done or gone already."""
    now = timezone.now()
    unfinished = BatchChunk.objects.filter(pk=chunk.pk, done_at=None)
    if not unfinished.update(done_at=now, leased_until=None, **output):
        return False
    monitoring_sample.save_sample(chunk, rows, results, now)
    counts.save_counts(chunk, results, now)
    _update_progress(chunk.job, len(rows), sum(bool(result.error) for result in results))
    return True


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
    scorer = load_scorer(job.model_id)
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
        confidence=_round(score.confidence),
        material_probability=round(score.material_probability, 4),
        leaning=score.leaning.value if score.leaning else "",
        leaning_probability=_round(score.leaning_probability),
        differences=score.categories,
        reason=explained.reason,
        missing_fact=explained.missing_fact or "",
        model_version=version,
        rules_version=RULES_VERSION,
    )


def _round(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


@lru_cache(maxsize=4)
def load_scorer(model_id: UUID) -> Scorer:
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
        announce_end(this_job.get())
        transaction.on_commit(lambda: delete_leftover_files(job.pk))


def delete_leftover_files(job_id: UUID) -> None:
    """Delete what a finished job no longer needs: its rows, and outputs that no chunk references."""
    referenced = set(BatchChunk.objects.filter(job_id=job_id).values_list("output", flat=True))
    for name in list(list_job_files(job_id)):
        if name not in referenced:
            delete_job_file(job_id, name)
