"""Read the rows of a job's result again: for the preview, for reviewers, and to add their decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Sum

from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import OutputRow
from matching.jobs.job_folder import open_job_file
from matching.jobs.service import load_layout
from matching.models import BatchChunk, BatchJob, VerdictChoice


class NumberedRow(NamedTuple):
    """A row of a result and its number below the header, from 1."""

    number: int
    row: OutputRow

    @property
    def priority(self) -> int:
        """How near the row is to both verdicts, from 0 to 100: 100 where the model finds both as likely."""
        probability = float(self.row.result["material_probability"] or 0)
        return round(100 * (1 - abs(2 * probability - 1)))


def count_verdicts(job: BatchJob) -> dict[str, int]:
    """Return the number of rows of each verdict that are compared so far."""
    sums = job.chunks.aggregate(**{verdict: Sum(verdict) for verdict in VerdictChoice.values})
    return {verdict: number or 0 for verdict, number in sums.items()}


def iterate_rows(job: BatchJob, verdict: str = "", after: int = 0) -> Iterator[NumberedRow]:
    """Yield the rows of a job that succeeded, in order, those of one verdict only if one is given.

    Rows up to the number ``after`` are left out. Parts of the file without such a row are not read.
    """
    first = 0
    for chunk in job.chunks.order_by("number"):
        if first + chunk.rows > after and (not verdict or getattr(chunk, verdict)):
            yield from _read_chunk(job, chunk, first, verdict, after)
        first += chunk.rows


def read_review_rows(job: BatchJob, places: list[int]) -> Iterator[NumberedRow]:
    """Yield the review rows of a job at these places, from 0, among all its review rows."""
    wanted, seen, first = sorted(places), 0, 0
    for chunk in job.chunks.order_by("number"):
        inside = {place - seen for place in wanted if seen <= place < seen + chunk.review}
        if inside:
            rows = _read_chunk(job, chunk, first, VerdictChoice.REVIEW, 0)
            yield from (row for place, row in enumerate(rows) if place in inside)
        seen, first = seen + chunk.review, first + chunk.rows


def read_chunk(job: BatchJob, chunk: BatchChunk) -> list[OutputRow]:
    """Return all rows of a chunk's output."""
    with open_job_file(job, chunk.output) as file:
        return list(FORMATS[job.format].read_output(file.read(), load_layout(job)))


def _read_chunk(
    job: BatchJob, chunk: BatchChunk, first: int, verdict: str, after: int
) -> Iterator[NumberedRow]:
    for number, row in enumerate(read_chunk(job, chunk), first + 1):
        if number > after and verdict in ("", row.result["verdict"]):
            yield NumberedRow(number, row)
