"""The result of a job with what reviewers decided on its rows, made anew for each download."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.rows import OutputRow
from matching.jobs.result_rows import NumberedRow, iterate_rows, read_chunk
from matching.jobs.results import stream_workbook
from matching.jobs.service import load_layout
from matching.models import BatchJob, FileFormat, JobReviewRow, Prediction

_LAST_NUMBER = 2**31 - 1
MAX_LOOKED_AT = 20_000
"""Most rows that one page of a filtered list looks at."""

DescribeReview = Callable[[OutputRow, Prediction | None], Mapping[str, Any]]
"""Returns the review columns of a row; the prediction is given where the row was sent to reviewers."""


def stream_reviewed_result(
    job: BatchJob, describe: DescribeReview, columns: tuple[str, ...]
) -> Iterator[bytes]:
    """Yield the result of a job that succeeded, with these columns of its reviews behind the others."""
    chunks = _stream_chunks(job, describe, columns)
    return stream_workbook(chunks) if job.format == FileFormat.XLSX else chunks


def list_rows(
    job: BatchJob, keeps: Callable[[OutputRow, Prediction | None], bool], verdict: str, after: int, limit: int
) -> tuple[list[tuple[NumberedRow, Prediction | None]], int | None]:
    """Return up to ``limit`` rows that are kept, with their predictions, and where the next page begins.

    At most ``MAX_LOOKED_AT`` rows are looked at; a page may end there with fewer. ``None``: no more rows.
    """
    sent = load_predictions(job, after + 1, _LAST_NUMBER)
    found: list[tuple[NumberedRow, Prediction | None]] = []
    for looked_at, row in enumerate(iterate_rows(job, verdict, after)):
        if len(found) == limit or looked_at == MAX_LOOKED_AT:
            return found, row.number - 1
        prediction = sent.get(row.number)
        if keeps(row.row, prediction):
            found.append((row, prediction))
    return found, None


def load_predictions(job: BatchJob, first: int, last: int) -> dict[int, Prediction]:
    """Return the predictions of the sent rows with numbers from ``first`` to ``last``, with their reviews."""
    rows = JobReviewRow.objects.filter(job=job, number__gte=first, number__lte=last)
    return {row.number: row.prediction for row in rows.select_related("prediction__requester_review")}


def _stream_chunks(job: BatchJob, describe: DescribeReview, columns: tuple[str, ...]) -> Iterator[bytes]:
    file_format, layout, first = FORMATS[job.format], load_layout(job), 1
    header = file_format.format_header(layout, columns)
    for chunk in list(job.chunks.order_by("number")):
        predictions = load_predictions(job, first, first + chunk.rows - 1)
        rows = read_chunk(job, chunk)
        reviews = [describe(row, predictions.get(number)) for number, row in enumerate(rows, first)]
        yield header + file_format.format_reviewed(rows, reviews, layout)
        header = b""
        first += chunk.rows
