"""Working a job off: its file is cut into pieces once, and each piece is compared exactly once.

Both steps may be asked for any number of times, by any number of workers on any number of machines. A piece
is held by a row lock for as long as it is worked on; its output is written under a name of its own, and
counts only when the transaction that holds the piece names it. So a killed worker, a restart and a message
delivered twice leave nothing but a file that nobody names.
"""

from __future__ import annotations

import gc
import json
import shutil
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

from matching.engine import RULES_VERSION, Scorer, score_many_with_reasons
from matching.engine import ScoreWithReason as EngineTold
from matching.jobs import monitoring_sample, service
from matching.jobs.encrypted_file import EncryptedWriter, create_encrypted_file, open_encrypted_file
from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import FileError, JobRowResult, PairRow
from matching.jobs.upload_handler import UPLOAD_FILE_NAME, get_job_folder
from matching.models import BatchChunk, BatchJob
from matching.serving.live_models import build_scorer
from modelops.models import ModelVersion, RunStatus
from modelops.serving.loader import read_verified_artefact

ROWS_FILE_NAME = "rows"
"""File of all rows, read and checked, which pieces are parts of."""

CHUNK_ROWS = 2_000
"""Rows of a piece: about a third of a second, so that jobs take turns and a lost piece costs little."""

MAX_ATTEMPTS = 5
"""Workers that may die over one piece; then its rows get an error and the rest goes on."""

_LEASE_DURATION = timedelta(minutes=2)
_CHUNKS_PER_RENEWAL = 50
_CHUNK_FAILED = "The comparison of this part of the file failed again and again; please report it."

log = structlog.get_logger(__name__)


class _LeaseLostError(Exception):
    """The job was cancelled, deleted or taken over meanwhile."""


def split_job_file(job_id: UUID) -> bool:
    """Cut the file of a job into pieces; say whether this call did. Whoever dies over it is replaced."""
    job = _lease_job(job_id)
    if job is None:
        return False
    try:
        pieces = _write_chunks(job)
    except FileError as error:
        service.fail(job, str(error))
        return False
    except (_LeaseLostError, FileNotFoundError):
        return False
    begun = _start_job(job, pieces)
    if begun:
        (get_job_folder(job.pk) / UPLOAD_FILE_NAME).unlink(missing_ok=True)
    return begun


def _lease_job(job_id: UUID) -> BatchJob | None:
    """Take the preparing of a job for two minutes; nobody else has it then."""
    now = timezone.now()
    free = BatchJob.objects.ready_to_prepare(now).filter(pk=job_id)
    return BatchJob.objects.get(pk=job_id) if free.update(leased_until=now + _LEASE_DURATION) else None


def _write_chunks(job: BatchJob) -> list[BatchChunk]:
    """Write the rows, piece after piece, into one file, and return where each piece is."""
    folder, kind = get_job_folder(job.pk), FORMATS[job.format]
    pieces: list[BatchChunk] = []
    with (
        open_encrypted_file(folder / UPLOAD_FILE_NAME, job.file_key) as file,
        create_encrypted_file(folder / ROWS_FILE_NAME, job.file_key) as out,
    ):
        at = 0
        for number, rows in enumerate(_batch_rows(kind.read_rows(file, service.load_layout(job)))):
            ends = at + _write_rows(out, rows)
            pieces.append(BatchChunk(job=job, number=number, rows=len(rows), begins_at=at, ends_at=ends))
            at = ends
            _check_limits(job, pieces)
    if not pieces:
        raise FileError("The file has no rows below its header.")
    return pieces


def _batch_rows(rows: Iterator[PairRow]) -> Iterator[list[PairRow]]:
    while portion := list(islice(rows, CHUNK_ROWS)):
        yield portion


def _write_rows(out: EncryptedWriter, rows: Sequence[PairRow]) -> int:
    content = json.dumps(rows, separators=(",", ":")).encode()
    out.write(content)
    return len(content)


def _check_limits(job: BatchJob, pieces: Sequence[BatchChunk]) -> None:
    """Keep the limit of rows and the lease. Raises ``FileError`` and :class:`_LostError`."""
    if (len(pieces) - 1) * CHUNK_ROWS + pieces[-1].rows > settings.JOB_MAX_ROWS:
        raise FileError(f"The file has more than {settings.JOB_MAX_ROWS:,} rows; divide it.")
    if len(pieces) % _CHUNKS_PER_RENEWAL == 0:
        queued = BatchJob.objects.filter(pk=job.pk, status=RunStatus.QUEUED)
        if not queued.update(leased_until=timezone.now() + _LEASE_DURATION):
            raise _LeaseLostError


@transaction.atomic
def _start_job(job: BatchJob, pieces: Sequence[BatchChunk]) -> bool:
    """Let the work begin, once."""
    changed = BatchJob.objects.filter(pk=job.pk, status=RunStatus.QUEUED).update(
        status=RunStatus.RUNNING,
        started_at=timezone.now(),
        leased_until=None,
        rows_total=sum(piece.rows for piece in pieces),
        chunks_left=len(pieces),
    )
    if changed:
        BatchChunk.objects.bulk_create(pieces, batch_size=1_000)
    return bool(changed)


def compare_next_chunk() -> bool:
    """Compare the next piece of any job; say whether there was one to try.

    Raises ``OSError`` where there is no room for the output; the piece waits then.
    """
    chunk_id = BatchChunk.objects.claim_next(RULES_VERSION)
    if chunk_id is None:
        return False
    try:
        with transaction.atomic():
            chunk = BatchChunk.objects.lock_unfinished(chunk_id)
            if chunk is not None:
                _compare_chunk(chunk)
    except OSError:  # no room, or no folder for a moment: not the piece's fault
        BatchChunk.objects.filter(pk=chunk_id).update(attempts=F("attempts") - 1)
        raise
    return True


def _compare_chunk(chunk: BatchChunk) -> None:
    """Write the output of a piece that this transaction holds, and name it as the one that counts."""
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
    except FileNotFoundError:  # cancelled or deleted meanwhile
        log.info("piece_without_file", job=str(job.pk), piece=chunk.number)
        return
    now = timezone.now()
    chunk.output, chunk.output_bytes, chunk.done_at = name, len(content), now
    chunk.save(update_fields=["output", "output_bytes", "done_at"])
    monitoring_sample.save_sample(chunk, rows, results, now)
    _update_progress(job, len(rows), sum(bool(result.error) for result in results))


@contextmanager
def _relax_garbage_collection() -> Iterator[None]:
    """Let the collector of this process look seldom meanwhile: comparing makes much, and hardly a cycle."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _read_rows(file: BufferedReader, chunk: BatchChunk) -> list[PairRow]:
    file.seek(chunk.begins_at)
    found: list[list[Any]] = json.loads(file.read(chunk.ends_at - chunk.begins_at))
    return [PairRow(*fields) for fields in found]


def compare_rows(rows: Sequence[PairRow], job: BatchJob) -> list[JobRowResult]:
    """Return what is said about each row; one with an error has it and nothing else."""
    scorer = _load_scorer(job.model_id)
    good = [(row.left, row.right) for row in rows if not row.error]
    found = iter(score_many_with_reasons(good, job.profile, job.kind, scorer))
    return [
        JobRowResult(error=row.error) if row.error else _build_row_result(next(found), scorer.version)
        for row in rows
    ]


def _build_row_result(found: EngineTold | ValueError, version: str) -> JobRowResult:
    if isinstance(found, ValueError):
        return JobRowResult(error=str(found))
    score = found.score
    return JobRowResult(
        score.verdict.value,
        score.prediction,
        round(score.confidence, 4),
        round(score.material_probability, 4),
        score.categories,
        found.reason,
        found.missing_fact or "",
        version,
        RULES_VERSION,
    )


def _fail_rows(rows: Sequence[PairRow]) -> list[JobRowResult]:
    return [JobRowResult(error=row.error or _CHUNK_FAILED) for row in rows]


@lru_cache(maxsize=4)
def _load_scorer(model_id: UUID) -> Scorer:
    """The model of a job, whatever is live by now; versions never change."""
    return build_scorer(
        read_verified_artefact(ModelVersion.objects.select_related("artefact").get(pk=model_id))
    )


def _update_progress(job: BatchJob, rows: int, failed: int) -> None:
    """Move the job on; the last piece ends it."""
    own = BatchJob.objects.filter(pk=job.pk)
    moved = own.filter(status=RunStatus.RUNNING).update(
        rows_done=F("rows_done") + rows,
        rows_failed=F("rows_failed") + failed,
        chunks_left=F("chunks_left") - 1,
    )
    if not moved:  # cancelled after this piece was taken: its output is nobody's
        transaction.on_commit(lambda: shutil.rmtree(get_job_folder(job.pk), ignore_errors=True))
    complete = Q(status=RunStatus.RUNNING, chunks_left=0, rows_done=F("rows_total"))
    if own.filter(complete).update(status=RunStatus.SUCCEEDED, finished_at=timezone.now()):
        transaction.on_commit(lambda: delete_leftover_files(job.pk))


def delete_leftover_files(job_id: UUID) -> None:
    """Remove what a finished job no longer needs: its rows, and outputs that nobody names."""
    named = set(BatchChunk.objects.filter(job_id=job_id).values_list("output", flat=True))
    for path in get_job_folder(job_id).glob("*"):
        if path.name not in named:
            path.unlink(missing_ok=True)
