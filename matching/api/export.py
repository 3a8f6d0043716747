"""Export of predictions as a file, streamed in batches, so that memory does not grow with their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse

from accounts.audit import trail
from accounts.models import User
from matching.api.files import stream_file
from matching.api.review_serializers import REVIEW_COLUMNS, build_review_record
from matching.api.serializers import get_reference
from matching.jobs.formats.csv_files import format_csv
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
    "leaning",
    "leaning_probability",
    "differences",
    "reason",
    "missing_fact",
    "model_version",
    "rules_version",
    "experiment",
    "arm",
    "matter",
    *REVIEW_COLUMNS,
)
_BATCH_SIZE = 500


def send_export(
    rows: PredictionQuerySet, format_id: str, actor: User, filters: Mapping[str, Any]
) -> StreamingHttpResponse:
    """Return the own predictions as a download, and record who took how many and by which filters."""
    _record_export(actor, format_id, filters, rows.count())
    return stream_file(stream_export(rows, format_id), format_id, f"predictions.{format_id}")


@transaction.atomic
def _record_export(actor: User, format_id: str, filters: Mapping[str, Any], rows: int) -> None:
    chosen = {name: str(getattr(value, "pk", value)) for name, value in filters.items() if value}
    trail.record_event("predictions.exported", actor, actor, format=format_id, chosen=chosen, rows=rows)


def stream_export(rows: PredictionQuerySet, format_id: str) -> Iterator[bytes]:
    """Return the file in pieces of a few hundred rows."""
    records = (_build_record(row) for row in rows.with_model().with_review().iterator(chunk_size=_BATCH_SIZE))
    if format_id == FileFormat.JSONL:
        return (_format_json_lines(batch) for batch in _split_batches(records))
    table = chain([EXPORT_COLUMNS], (_format_cells(record) for record in records))
    if format_id == FileFormat.XLSX:
        return stream_workbook(b"".join(map(format_sheet_row, batch)) for batch in _split_batches(table))
    return (format_csv(batch) for batch in _split_batches(table))


def _split_batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH_SIZE)):
        yield batch


def _format_json_lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join([json.dumps(record, ensure_ascii=False) + "\n" for record in records]).encode(
        "utf-8", "replace"
    )


def _build_record(row: Prediction) -> dict[str, Any]:
    """Return one prediction by column; names and text are empty after erasure."""
    quoted = json.loads(row.words) if row.words else {}
    return {
        "id": str(row.pk),
        "created_at": row.created_at.isoformat(),
        "name1": row.name1,
        "name2": row.name2,
        "profile": row.profile,
        "kind": row.kind,
        "verdict": row.verdict,
        "prediction": row.prediction,
        "confidence": None if row.confidence is None else float(row.confidence),
        "material_probability": float(row.material_probability),
        "leaning": row.leaning,
        "leaning_probability": row.leaning_probability,
        "differences": list(dict.fromkeys(item["category"] for item in row.differences)),
        "reason": quoted.get("reason", ""),
        "missing_fact": quoted.get("missing_fact"),
        "model_version": row.model.version,
        "rules_version": row.rules_version,
        "experiment": row.experiment_id and str(row.experiment_id),
        "arm": row.variant or None,
        "matter": get_reference(row),
        **build_review_record(row),
    }


def _format_cells(record: Mapping[str, Any]) -> Sequence[str]:
    return [_format_cell(record[name]) for name in EXPORT_COLUMNS]


def _format_cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value)
