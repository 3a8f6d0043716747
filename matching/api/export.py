"""Answers as a file: read by a cursor and written row by row; any number of them takes flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse

from accounts.audit import trail
from accounts.models import User
from matching.jobs.formats.csv_files import format_csv
from matching.jobs.formats.registry import FORMATS
from matching.jobs.formats.workbooks import format_sheet_row
from matching.jobs.results import stream_workbook
from matching.models import FileFormat, Prediction, PredictionQuerySet

EXPORT_COLUMNS = (
    "id",
    "created_at",
    "name1",
    "name2",
    "profile",
    "kind",
    "verdict",
    "prediction",
    "confidence",
    "material_probability",
    "differences",
    "reason",
    "missing_fact",
    "model_version",
    "rules_version",
)
_BATCH_SIZE = 500


def send_export(
    rows: PredictionQuerySet, format_id: str, actor: User, chosen: Mapping[str, Any]
) -> StreamingHttpResponse:
    """Return the answers as a download, and record who took them and by which filter."""
    _record_export(actor, format_id, chosen)
    response = StreamingHttpResponse(
        stream_export(rows, format_id), content_type=FORMATS[format_id].content_type
    )
    response.headers["Content-Disposition"] = f'attachment; filename="predictions.{format_id}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@transaction.atomic
def _record_export(actor: User, format_id: str, chosen: Mapping[str, Any]) -> None:
    shown = {name: str(value) for name, value in chosen.items() if value}
    trail.record_event("predictions.exported", actor, actor, format=format_id, chosen=shown)


def stream_export(rows: PredictionQuerySet, format_id: str) -> Iterator[bytes]:
    """Return the file, a little at a time."""
    found = (_build_row(row) for row in rows.with_model().iterator(chunk_size=_BATCH_SIZE))
    if format_id == FileFormat.JSONL:
        return (_format_json_lines(portion) for portion in _split_batches(found))
    table = chain([EXPORT_COLUMNS], (_format_cells(row) for row in found))
    if format_id == FileFormat.XLSX:
        return stream_workbook(b"".join(map(format_sheet_row, portion)) for portion in _split_batches(table))
    return (format_csv(portion) for portion in _split_batches(table))


def _split_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    given = iter(rows)
    while portion := list(islice(given, _BATCH_SIZE)):
        yield portion


def _format_json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join([json.dumps(row, ensure_ascii=False) + "\n" for row in rows]).encode("utf-8", "replace")


def _build_row(row: Prediction) -> dict[str, Any]:
    """One answer; after erasure without names and sentences."""
    words = json.loads(row.words) if row.words else {}
    return {
        "id": str(row.pk),
        "created_at": row.created_at.isoformat(),
        "name1": row.name1,
        "name2": row.name2,
        "profile": row.profile,
        "kind": row.kind,
        "verdict": row.verdict,
        "prediction": row.prediction,
        "confidence": float(row.confidence),
        "material_probability": float(row.material_probability),
        "differences": list(dict.fromkeys(item["category"] for item in row.differences)),
        "reason": words.get("reason", ""),
        "missing_fact": words.get("missing_fact"),
        "model_version": row.model.version,
        "rules_version": row.rules_version,
    }


def _format_cells(row: Mapping[str, Any]) -> Sequence[str]:
    return [_format_cell(row[name]) for name in EXPORT_COLUMNS]


def _format_cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value)
