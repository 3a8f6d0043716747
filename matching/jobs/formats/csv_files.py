"""CSV: UTF-8 with or without a byte order mark, cells separated by comma, semicolon, tab or bar.

The one reader and writer of CSV files of pairs, for bulk jobs and for the command ``compare_file``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from itertools import chain
from typing import TextIO

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
    escape_formula,
)

_DELIMITERS = (",", ";", "\t", "|")
_NOT_UTF8 = "A name is not UTF-8 text."


class _RowTooLongError(Exception):
    """A line is longer than :data:`MAX_ROW_LENGTH`."""


class _BoundedLines:
    """The lines of a text, each of at most :data:`MAX_ROW_LENGTH` characters.

    A longer line raises :class:`_RowTooLongError`; iteration continues with the line after it.
    """

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


def read_csv_layout(file: BufferedReader, columns: NameColumns, reserved: Sequence[str]) -> FileLayout:
    """Read the header. Raises :class:`FileError`, also when it has one of the ``reserved`` columns."""
    if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError("The file is UTF-16 text; save it as UTF-8 (CSV UTF-8 in spreadsheets).")
    with _open_text(file) as text:
        lines = _BoundedLines(text)
        first = _read_first_line(lines)
        delimiter = _detect_delimiter(first, columns)
        cells = _read_cells(chain([first], lines), delimiter)
    header = check_header(cells, columns, reserved)
    return {
        "header": header,
        "delimiter": delimiter,
        "places": [header.index(column) for column in columns],
    }


def read_csv_rows(file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
    """Read the rows below the header; invalid bytes and broken quotes are errors of their row only.

    ``file`` stands at its beginning and stays open.
    """
    width, places = len(layout["header"]), layout["places"]
    with _open_text(file) as text:
        reader = _build_reader(_BoundedLines(text), layout["delimiter"])
        next(reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _RowTooLongError:
                yield PairRow([""] * width, "", "", ROW_TOO_LONG)
            except csv.Error as error:
                yield PairRow([""] * width, "", "", f"The row is not readable CSV: {error}.")
            else:
                if cells:
                    yield _parse_row(cells, width, places)


def format_csv(table: Iterable[Iterable[str]], delimiter: str = ",", line_end: str = "\r\n") -> bytes:
    """Return rows of a table as CSV in UTF-8; cells that a spreadsheet would run as formulas are escaped."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([[escape_formula(cell) for cell in cells] for cells in table])
    return out.getvalue().encode("utf-8", "replace")


class CsvFormat:
    """CSV files of bulk jobs."""

    content_type = "text/csv; charset=utf-8"

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header. Raises :class:`FileError`."""
        return read_csv_layout(file, columns, OUTPUT_COLUMNS)

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows below the header."""
        return read_csv_rows(file, layout)

    def format_header(self, layout: FileLayout) -> bytes:
        """Return the header of a result."""
        return format_csv([[*layout["header"], *OUTPUT_COLUMNS]], layout["delimiter"])

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return rows of a result."""
        pairs = zip(rows, results, strict=True)
        return format_csv(([*row.fields, *result.to_cells()] for row, result in pairs), layout["delimiter"])


@contextmanager
def _open_text(file: BufferedReader) -> Iterator[TextIO]:
    """Read a file as text and leave it open; bytes that are not UTF-8 become lone surrogates."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        if not file.closed:
            text.detach()


def _read_first_line(lines: Iterator[str]) -> str:
    try:
        first = next(lines, "")
    except _RowTooLongError:
        raise FileError(
            f"The first line is longer than {MAX_ROW_LENGTH} characters; it must name the columns."
        ) from None
    if _has_invalid_bytes(first):
        raise FileError("The first line is not UTF-8 text; save the file as UTF-8.")
    if "\0" in first:
        raise FileError("The file is not text; save it as CSV (UTF-8).")
    return first


def _detect_delimiter(first: str, columns: NameColumns) -> str:
    """Return the delimiter under which the header holds both columns, else the most frequent one."""
    fitting = [mark for mark in _DELIMITERS if set(columns) <= set(_read_cells([first], mark))]
    return fitting[0] if fitting else max(_DELIMITERS, key=first.count)


def _read_cells(lines: Iterable[str], delimiter: str) -> list[str]:
    """Return the cells of the first row, which a quoted cell can spread over several lines."""
    try:
        return next(_build_reader(lines, delimiter), [])
    except (csv.Error, _RowTooLongError) as error:
        raise FileError(f"The first line is not readable CSV: {error}.") from None


def _build_reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_ROW_LENGTH)
    return csv.reader(lines, delimiter=delimiter)


def _parse_row(cells: list[str], width: int, places: Sequence[int]) -> PairRow:
    if len(cells) != width:
        shown = (cells + [""] * width)[:width]
        return PairRow(shown, "", "", f"The row has {len(cells)} fields; the header has {width}.")
    left, right = cells[places[0]], cells[places[1]]
    invalid = _has_invalid_bytes(left) or _has_invalid_bytes(right)
    return PairRow(cells, left, right, _NOT_UTF8 if invalid else "")


def _has_invalid_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)
