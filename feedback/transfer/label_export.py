"""Export feedback as a streamed CSV file; memory use is bounded by one chunk of rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from feedback.models import Feedback
from matching.jobs.formats.rows import escape_formula
from matching.models import ExportRequest

_CHUNK_SIZE = 500
_PLAIN_COLUMNS = (
    "id",
    "created_at",
    "answer",
    "source",
    "stage",
    "stream",
    "selection_probability",
    "reviewer",
    "guideline_version",
    "clause",
    "prediction",
    "profile",
    "kind",
    "categories",
)
_NAME_COLUMNS = ("name1", "name2", "reason")


class _Echo:
    """A file object that returns what is written to it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def export_feedback(rows: QuerySet[Feedback], with_names: bool) -> StreamingHttpResponse:
    """Return the rows as a file; cells that a spreadsheet would take for formulas are made harmless."""
    response = StreamingHttpResponse(
        _generate_lines(rows, with_names), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="feedback-{timezone.now():%Y%m%d-%H%M}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def open_feedback_export(request: ExportRequest) -> StreamingHttpResponse:
    """Return the file of an export of feedback with names."""
    rows = Feedback.objects.visible_to(request.requested_by).filter(pk__in=request.selection["ids"])
    return export_feedback(rows, with_names=True)


def _generate_lines(rows: QuerySet[Feedback], with_names: bool) -> Iterator[str]:
    writer: Any = csv.writer(_Echo())
    yield writer.writerow([*_PLAIN_COLUMNS, *(_NAME_COLUMNS if with_names else ())])
    joined = rows.defer(None).select_related("reviewer", "prediction", "clause").order_by("id")
    for row in joined.iterator(chunk_size=_CHUNK_SIZE):
        cells = [*_build_plain_cells(row), *(_build_name_cells(row) if with_names else ())]
        yield writer.writerow([escape_formula(cell) for cell in cells])


def _build_plain_cells(row: Feedback) -> list[str]:
    prediction = row.prediction
    chance = "" if row.selection_probability is None else f"{row.selection_probability:.6f}"
    return [
        str(row.pk),
        row.created_at.isoformat(),
        str(row.decision),
        row.source,
        row.stage,
        row.stream,
        chance,
        row.reviewer.email,
        row.guideline_version,
        str(row.clause or ""),
        str(row.prediction_id),
        prediction.profile,
        prediction.kind,
        ";".join(sorted(prediction.categories)),
    ]


def _build_name_cells(row: Feedback) -> list[str]:
    return [row.prediction.name1, row.prediction.name2, row.feedback_text]
