"""CSV: UTF-8 with or without a byte order mark, divided by comma, semicolon, tab or bar."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import TextIO

from matching.bulk import FileError
from matching.jobs.rows import MAX_ROW, TOO_LONG, Columns, Row, Shape, Told, checked_header, harmless

_DELIMITERS = (",", ";", "\t", "|")
_BROKEN = "A name is not UTF-8 text."


class _RowTooLongError(Exception):
    """A line is longer than a row may be."""


class _Lines:
    """The lines of a text, none longer than a row may be: one that is raises, and the next follows it."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        if len(line) <= MAX_ROW:
            return line
        while line and not line.endswith("\n"):
            line = self._text.readline(MAX_ROW + 1)
        raise _RowTooLongError


class CsvFiles:
    """How CSV is read and written."""

    content_type = "text/csv; charset=utf-8"

    def shape(self, file: BufferedReader, columns: Columns) -> Shape:
        """Read the header. Raises :class:`FileError`."""
        if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise FileError("The file is UTF-16 text; save it as UTF-8 (CSV UTF-8 in spreadsheets).")
        first = _text(file).readline(MAX_ROW + 1)
        if len(first) > MAX_ROW:
            raise FileError(f"The first line is longer than {MAX_ROW} characters; it must name the columns.")
        if _broken(first):
            raise FileError("The first line is not UTF-8 text; save the file as UTF-8.")
        if "\0" in first:
            raise FileError("The file is no text; upload CSV, XLSX or JSON Lines.")
        delimiter = _delimiter(first, columns)
        header = checked_header(_cells(first, delimiter), columns)
        return {"header": header, "delimiter": delimiter, "places": [header.index(it) for it in columns]}

    def rows(self, file: BufferedReader, shape: Shape) -> Iterator[Row]:
        """Read the rows; bytes that are not UTF-8 and broken quotes spoil their row only."""
        csv.field_size_limit(MAX_ROW)
        reader = csv.reader(_Lines(_text(file)), delimiter=shape["delimiter"])
        next(reader)
        width = len(shape["header"])
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except _RowTooLongError:
                yield Row([""] * width, "", "", TOO_LONG)
            except csv.Error as error:
                yield Row([""] * width, "", "", f"The row is not readable CSV: {error}.")
            else:
                if fields:
                    yield _row(fields, width, shape["places"])

    def beginning(self, shape: Shape) -> bytes:
        """Return the header of a result."""
        return csv_lines([[*shape["header"], *Told._fields]], shape["delimiter"])

    def written(self, rows: Sequence[Row], told: Sequence[Told], shape: Shape) -> bytes:
        """Return rows of a result; cells that a spreadsheet would take for formulas are defused."""
        table = [[*row.fields, *answer.cells()] for row, answer in zip(rows, told, strict=True)]
        return csv_lines(table, shape["delimiter"])


def _text(file: BufferedReader) -> TextIO:
    """The file as text; bytes that are not UTF-8 survive as lone surrogates."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise FileError(f"The first line is not readable CSV: {error}.") from None


def _delimiter(first: str, columns: Columns) -> str:
    """The delimiter under which the header holds both columns, else the most frequent one."""
    found = [mark for mark in _DELIMITERS if set(columns) <= set(_cells(first, mark))]
    return found[0] if found else max(_DELIMITERS, key=first.count)


def _row(fields: list[str], width: int, places: Sequence[int]) -> Row:
    if len(fields) != width:
        shown = (fields + [""] * width)[:width]
        return Row(shown, "", "", f"The row has {len(fields)} fields; the header has {width}.")
    left, right = (fields[place] for place in places)
    return Row(fields, left, right, _BROKEN if _broken(left) or _broken(right) else "")


def _broken(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def csv_lines(table: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    """Return rows of a table as CSV; cells that a spreadsheet would take for formulas are defused."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows([[harmless(cell) for cell in cells] for cells in table])
    return out.getvalue().encode("utf-8", "replace")
