"""CSV: UTF-8 with or without a byte order mark, divided by comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import TextIO

from matching.jobs.compare_file import FileError
from matching.jobs.formats.rows import (
    MAX_ROW_LENGTH,
    ROW_TOO_LONG,
    FileLayout,
    JobRow,
    JobRowResult,
    NameColumns,
    check_header,
    escape_formula,
)

_DELIMITERS = (",", ";", "\t", "|")
_NOT_UTF8 = "A name is not UTF-8 text."


class _RowTooLongError(Exception):
    """A line is longer than a row may be."""


class _BoundedLines:
    """The lines of a text, none longer than a row may be: one that is raises, and the next follows it."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def __iter__(self) -> _BoundedLines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ROW_LENGTH + 1)
        if not line:
            raise StopIteration
        if len(line) <= MAX_ROW_LENGTH:
            return line
        while line and not line.endswith("\n"):
            line = self._text.readline(MAX_ROW_LENGTH + 1)
        raise _RowTooLongError


class CsvFormat:
    """How CSV is read and written."""

    content_type = "text/csv; charset=utf-8"

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header. Raises :class:`FileError`."""
        if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise FileError("The file is UTF-16 text; save it as UTF-8 (CSV UTF-8 in spreadsheets).")
        first = _open_text(file).readline(MAX_ROW_LENGTH + 1)
        if len(first) > MAX_ROW_LENGTH:
            raise FileError(
                f"The first line is longer than {MAX_ROW_LENGTH} characters; it must name the columns."
            )
        if _has_invalid_bytes(first):
            raise FileError("The first line is not UTF-8 text; save the file as UTF-8.")
        if "\0" in first:
            raise FileError("The file is no text; upload CSV, XLSX or JSON Lines.")
        delimiter = _detect_delimiter(first, columns)
        header = check_header(_split_cells(first, delimiter), columns)
        return {"header": header, "delimiter": delimiter, "places": [header.index(it) for it in columns]}

    def read_rows(self, file: BufferedReader, shape: FileLayout) -> Iterator[JobRow]:
        """Read the rows; bytes that are not UTF-8 and broken quotes spoil their row only."""
        csv.field_size_limit(MAX_ROW_LENGTH)
        reader = csv.reader(_BoundedLines(_open_text(file)), delimiter=shape["delimiter"])
        next(reader)
        width = len(shape["header"])
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except _RowTooLongError:
                yield JobRow([""] * width, "", "", ROW_TOO_LONG)
            except csv.Error as error:
                yield JobRow([""] * width, "", "", f"The row is not readable CSV: {error}.")
            else:
                if fields:
                    yield _parse_row(fields, width, shape["places"])

    def format_header(self, shape: FileLayout) -> bytes:
        """Return the header of a result."""
        return format_csv([[*shape["header"], *JobRowResult._fields]], shape["delimiter"])

    def format_rows(self, rows: Sequence[JobRow], told: Sequence[JobRowResult], shape: FileLayout) -> bytes:
        """Return rows of a result; cells that a spreadsheet would take for formulas are defused."""
        table = [[*row.fields, *answer.to_cells()] for row, answer in zip(rows, told, strict=True)]
        return format_csv(table, shape["delimiter"])


def _open_text(file: BufferedReader) -> TextIO:
    """The file as text; bytes that are not UTF-8 survive as lone surrogates."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _split_cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise FileError(f"The first line is not readable CSV: {error}.") from None


def _detect_delimiter(first: str, columns: NameColumns) -> str:
    """The delimiter under which the header holds both columns, else the most frequent one."""
    found = [mark for mark in _DELIMITERS if set(columns) <= set(_split_cells(first, mark))]
    return found[0] if found else max(_DELIMITERS, key=first.count)


def _parse_row(fields: list[str], width: int, places: Sequence[int]) -> JobRow:
    if len(fields) != width:
        shown = (fields + [""] * width)[:width]
        return JobRow(shown, "", "", f"The row has {len(fields)} fields; the header has {width}.")
    left, right = (fields[place] for place in places)
    return JobRow(
        fields, left, right, _NOT_UTF8 if _has_invalid_bytes(left) or _has_invalid_bytes(right) else ""
    )


def _has_invalid_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def format_csv(table: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    """Return rows of a table as CSV; cells that a spreadsheet would take for formulas are defused."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([[escape_formula(cell) for cell in cells] for cells in table])
    return out.getvalue().encode("utf-8", "replace")
