"""JSON Lines: one object per line, in UTF-8; a result repeats each line unchanged and adds to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from itertools import islice
from typing import Any

from matching.jobs.formats.rows import (
    MAX_ROW_LENGTH,
    OUTPUT_COLUMNS,
    ROW_TOO_LONG,
    FileError,
    FileLayout,
    JobRowResult,
    NameColumns,
    OutputRow,
    PairRow,
    check_header,
)
from matching.jobs.formats.sentences import FileSentence, RowSentence


class _LineError(ValueError):
    """A line cannot be used; the message is one sentence."""


class JsonLinesFormat:
    """JSON Lines files of bulk jobs."""

    content_type = "application/jsonl"

    def read_sample(self, file: BufferedReader, count: int) -> list[list[str]]:
        """Return the fields of the first objects. Raises :class:`FileError` naming the line that is none."""
        items = []
        for number, line in enumerate(islice(_read_lines(file), max(1, count - 1)), 1):
            try:
                items.append(_parse_object(line))
            except _LineError as error:
                raise FileError(FileSentence.LINE_UNUSABLE.format(number=number, sentence=error)) from None
        fields = list(dict.fromkeys(name for item in items for name in item))
        return [fields, *([_show_value(item.get(name)) for name in fields] for item in items)]

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Check the first line. Raises :class:`FileError`."""
        first = next(_read_lines(file), None)
        if first is None:
            raise FileError(FileSentence.NO_OBJECT)
        try:
            item = _parse_object(first)
        except _LineError as error:
            raise FileError(FileSentence.FIRST_LINE_UNUSABLE.format(sentence=error)) from None
        check_header(list(item), columns)
        return {"header": list(columns), "columns": list(columns)}

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows; a line that is no JSON object with both names carries its error."""
        columns = layout["columns"]
        for line in _read_lines(file):
            yield _parse_row(line, (columns[0], columns[1]))

    def format_header(self, layout: FileLayout, further: Sequence[str] = ()) -> bytes:
        """Return nothing: a result has no header."""
        return b""

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return lines of a result."""
        return "".join(
            [_format_line(row.fields, result) for row, result in zip(rows, results, strict=True)]
        ).encode("utf-8", "replace")

    def read_output(self, content: bytes, layout: FileLayout) -> Iterator[OutputRow]:
        """Read lines of a result."""
        for line in content.decode().split("\n")[:-1]:
            item = json.loads(line)
            left, right = (item.get(column) for column in layout["columns"])
            result = {name: _format_value(item[name]) for name in OUTPUT_COLUMNS}
            yield OutputRow([line], str(left or ""), str(right or ""), result)

    def format_reviewed(
        self, rows: Sequence[OutputRow], reviews: Sequence[Mapping[str, Any]], layout: FileLayout
    ) -> bytes:
        """Return lines of a result with the fields of their reviews."""
        pairs = zip(rows, reviews, strict=True)
        lines = (
            f"{row.cells[0][:-1]}, {json.dumps(dict(review), ensure_ascii=False)[1:]}\n"
            for row, review in pairs
        )
        return "".join(lines).encode("utf-8", "replace")


def _show_value(value: Any) -> str:
    """Return a field as a cell of the preview."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _format_value(value: Any) -> str:
    """Return a field of a result as the cell of a table has it."""
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value)


def _read_lines(file: BufferedReader) -> Iterator[bytes | None]:
    """Yield the lines that are not blank; ``None`` stands for a line that is too long."""
    while line := file.readline(MAX_ROW_LENGTH + 1):
        if len(line) > MAX_ROW_LENGTH:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_ROW_LENGTH + 1)
            yield None
        elif stripped := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield stripped


def _refuse_constant(name: str) -> None:
    """Refuse what ``json`` reads beyond the standard (RFC 8259, section 6)."""
    raise _LineError(RowSentence.CONSTANT.format(name=name))


def _parse_object(line: bytes | None) -> dict[str, Any]:
    """Return the object of a line. Raises :class:`_LineError`, whose message says what is wrong with it."""
    if line is None:
        raise _LineError(ROW_TOO_LONG)
    try:
        item = json.loads(line.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise _LineError(RowSentence.LINE_NOT_UTF8) from None
    except (json.JSONDecodeError, RecursionError):
        raise _LineError(RowSentence.NO_OBJECT) from None
    if not isinstance(item, dict):
        raise _LineError(RowSentence.NO_OBJECT)
    return item


def _parse_row(line: bytes | None, columns: NameColumns) -> PairRow:
    text = None if line is None else line.decode("utf-8", "replace")
    try:
        item = _parse_object(line)
    except _LineError as error:
        return PairRow([text, False], "", "", str(error))
    taken = [name for name in OUTPUT_COLUMNS if name in item]
    fields = [text, not taken]
    left, right = (item.get(column) for column in columns)
    if isinstance(left, str) and isinstance(right, str):
        doubled = RowSentence.FIELDS_TAKEN.format(columns=", ".join(taken)) if taken else ""
        return PairRow(fields, left, right, doubled)
    absent = [column for column in columns if not isinstance(item.get(column), str)]
    sentence = RowSentence.NEITHER_TEXT if absent[1:] else RowSentence.NO_TEXT
    return PairRow(fields, "", "", sentence.format(column=absent[0], first=absent[0], second=absent[-1]))


def _format_line(fields: Sequence[Any], result: JobRowResult) -> str:
    """Return the input line with the result added; a line that cannot be extended goes under ``input``."""
    raw, is_extensible = fields
    added = {**result._asdict(), "differences": list(result.differences)}
    added |= {name: None for name in ("verdict", "missing_fact", "error") if not added[name]}
    if is_extensible:
        inner = raw[1:-1].strip()
        return f"{{{inner}{', ' if inner else ''}{json.dumps(added, ensure_ascii=False)[1:]}\n"
    return json.dumps({"input": raw, **added}, ensure_ascii=False) + "\n"
