"""JSON Lines: one object a line, in UTF-8; a result repeats each line as it came and adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import Any

from matching.jobs.formats.rows import (
    MAX_ROW_LENGTH,
    OUTPUT_COLUMNS,
    ROW_TOO_LONG,
    FileError,
    FileLayout,
    JobRowResult,
    NameColumns,
    PairRow,
    check_header,
)


class JsonLinesFormat:
    """How JSON Lines are read and written."""

    content_type = "application/jsonl"

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Check the first line. Raises :class:`FileError`."""
        first = next(_read_lines(file), None)
        if first is None:
            raise FileError("The file is empty: each line must be a JSON object.")
        row = _parse_row(first, columns)
        held = _parse_object(first)
        if held is None:
            raise FileError(f"The first line cannot be used: {row.error}")
        check_header(list(held), columns)
        return {"header": list(columns), "columns": list(columns)}

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows; a line that is no such object carries its error."""
        columns = layout["columns"]
        for line in _read_lines(file):
            yield _parse_row(line, (columns[0], columns[1]))

    def format_header(self, layout: FileLayout) -> bytes:
        """A result has no header."""
        return b""

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return lines of a result."""
        return "".join(
            [_format_line(row.fields, answer) for row, answer in zip(rows, results, strict=True)]
        ).encode("utf-8", "replace")


def _read_lines(file: BufferedReader) -> Iterator[bytes | None]:
    """Lines without blank ones; ``None`` stands for one that is too long."""
    while line := file.readline(MAX_ROW_LENGTH + 1):
        if len(line) > MAX_ROW_LENGTH:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_ROW_LENGTH + 1)
            yield None
        elif stripped := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield stripped


def _parse_object(line: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(line) if line is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parse_row(line: bytes | None, columns: NameColumns) -> PairRow:
    if line is None:
        return PairRow([None, False], "", "", ROW_TOO_LONG)
    held = _parse_object(line)
    if held is None:
        return PairRow(
            [line.decode("utf-8", "replace"), False], "", "", "The line is no JSON object in UTF-8."
        )
    taken = [name for name in OUTPUT_COLUMNS if name in held]
    fields = [line.decode("utf-8", "replace"), not taken]
    left, right = (held.get(column) for column in columns)
    if isinstance(left, str) and isinstance(right, str):
        return PairRow(fields, left, right, f"The line has {', '.join(taken)} already." if taken else "")
    absent = [column for column in columns if not isinstance(held.get(column), str)]
    return PairRow(fields, "", "", f"{' and '.join(absent)} must be text.")


def _format_line(fields: Sequence[Any], told: JobRowResult) -> str:
    """The line as it came with what is said about it; what is no object goes under ``input``."""
    raw, whole = fields
    said = {**told._asdict(), "differences": list(told.differences)}
    said |= {name: None for name in ("verdict", "missing_fact", "error") if not said[name]}
    if whole:
        inner = raw[1:-1].strip()
        return f"{{{inner}{', ' if inner else ''}{json.dumps(said, ensure_ascii=False)[1:]}\n"
    return json.dumps({"input": raw, **said}, ensure_ascii=False) + "\n"
