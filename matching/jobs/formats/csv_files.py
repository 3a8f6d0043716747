"""CSV: UTF-8 with or without a byte order mark, cells separated by comma, semicolon, tab or bar.

The one reader and writer of CSV files of pairs, for bulk jobs and for the command ``compare_file``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from itertools import chain, islice
from typing import Any, NamedTuple, TextIO

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
    build_output_row,
    check_header,
    escape_formula,
    fill_rows,
    format_review_cells,
)
from matching.jobs.formats.sentences import FileSentence, RowSentence

_DELIMITERS = (",", ";", "\t", "|")
_LINE_ENDS = ("\n", "\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOT_UTF8 = RowSentence.NOT_UTF8.value


class CsvPiece(NamedTuple):
    """Whole rows of a CSV file as text, and the bytes that they take in the file."""

    text: str
    size: int


class _RowTooLongError(Exception):
    """A line is longer than :data:`MAX_ROW_LENGTH`."""


class _BoundedLines:
    """The lines of a text, each of at most :data:`MAX_ROW_LENGTH` characters.

    A longer line raises :class:`_RowTooLongError`; iteration continues with the line after it. With ``keep``
    the lines are kept until they are taken: of a longer one, as much as makes it too long.
    """

    def __init__(self, text: TextIO, keep: bool = False) -> None:
        self._text = text
        self._kept: list[str] | None = [] if keep else None
        self._skipped_bytes = 0

    def __iter__(self) -> _BoundedLines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_ROW_LENGTH + 1)
        if not line:
            raise StopIteration
        if self._kept is not None:
            self._kept.append(line)
        if len(line) <= MAX_ROW_LENGTH:
            return line
        self._skip_rest(line)
        raise _RowTooLongError

    def _skip_rest(self, line: str) -> None:
        """Skip to the end of a line that is too long, however long it is."""
        while line and not line.endswith(_LINE_ENDS):
            line = self._text.readline(MAX_ROW_LENGTH + 1)
            self._skipped_bytes += _count_bytes(line)
        if self._kept is not None and not self._kept[-1].endswith(_LINE_ENDS):
            self._kept.append("\n")
            self._skipped_bytes -= 1

    def take_kept(self) -> CsvPiece:
        """Return the lines since the last call as a piece, and keep them no longer."""
        text = "".join(self._kept or ())
        piece = CsvPiece(text, _count_bytes(text) + self._skipped_bytes)
        self._kept, self._skipped_bytes = [], 0
        return piece


def _count_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def read_csv_layout(file: BufferedReader, columns: NameColumns, reserved: Sequence[str]) -> FileLayout:
    """Read the header. Raises :class:`FileError`, also when it has one of the ``reserved`` columns."""
    _refuse_utf16(file)
    with _open_text(file) as text:
        return _read_header(_BoundedLines(text), columns, reserved)


def _read_header(lines: _BoundedLines, columns: NameColumns, reserved: Sequence[str]) -> FileLayout:
    first = _read_first_line(lines)
    delimiter = _detect_delimiter(first, columns)
    header = check_header(_read_cells(chain([first], lines), delimiter), columns, reserved)
    return {
        "header": header,
        "delimiter": delimiter,
        "places": [header.index(column) for column in columns],
    }


def read_csv_rows(file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
    """Read the rows below the header; invalid bytes and broken quotes are errors of their row only.

    ``file`` stands at its beginning and stays open.
    """
    with _open_text(file) as text:
        reader = _build_reader(_BoundedLines(text), layout["delimiter"])
        next(reader)
        yield from _parse_rows(reader, layout)


def read_csv_piece(text: str, layout: FileLayout) -> list[PairRow]:
    """Read the rows of a piece that a :class:`CsvCutter` made."""
    reader = _build_reader(_BoundedLines(io.StringIO(text, newline="")), layout["delimiter"])
    return list(_parse_rows(reader, layout))


class CsvCutter:
    """Cuts a CSV file into pieces, wherever line breaks and broken quotes stand in it; reads it once.

    The rows of the pieces are those of the whole file, because the reader that reads rows also cuts them.
    ``layout`` is that of the file, ``start`` the byte at which its first row begins. Raises
    :class:`FileError` like :func:`read_csv_layout`.
    """

    def __init__(self, file: BufferedReader, columns: NameColumns, reserved: Sequence[str]) -> None:
        _refuse_utf16(file)
        mark = len(_BYTE_ORDER_MARK) if file.peek(3).startswith(_BYTE_ORDER_MARK) else 0
        self._file, self._text = file, _wrap_text(file)
        lines = _BoundedLines(self._text, keep=True)
        self.layout = _read_header(lines, columns, reserved)
        self.start = mark + lines.take_kept().size

    def cut(self, start: int, rows: int) -> Iterator[CsvPiece]:
        """Yield pieces of so many rows from a byte at which a row begins; a pipe has only ``self.start``."""
        if start != self.start:
            self._text.detach()
            self._file.seek(start)
            self._text = _wrap_text(self._file, "utf-8")
        lines = _BoundedLines(self._text, keep=True)
        reader = _build_reader(lines, self.layout["delimiter"])
        while _skip_rows(reader, rows):
            yield lines.take_kept()
        if (rest := lines.take_kept()).size:
            yield rest


def _skip_rows(reader: Iterator[list[str]], rows: int) -> bool:
    """Read so many rows, good or bad; return whether there were as many."""
    for _ in range(rows):
        try:
            next(reader)
        except StopIteration:
            return False
        except (_RowTooLongError, csv.Error):
            continue
    return True


def _parse_rows(reader: Iterator[list[str]], layout: FileLayout) -> Iterator[PairRow]:
    width, places = len(layout["header"]), layout["places"]
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except _RowTooLongError:
            yield PairRow([""] * width, "", "", ROW_TOO_LONG)
        except csv.Error as error:
            yield PairRow([""] * width, "", "", RowSentence.UNREADABLE.format(error=error))
        else:
            if cells:
                yield _parse_row(cells, width, places)


def format_csv(table: Iterable[Iterable[str]], delimiter: str = ",", line_end: str = "\r\n") -> bytes:
    """Return rows of a table as CSV in UTF-8; cells that a spreadsheet would run as formulas are escaped."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([[escape_formula(cell) for cell in cells] for cells in table])
    return out.getvalue().encode("utf-8", "replace")


def number_column(place: int) -> str:
    """Return the title of a column of a file without titles, by its place from 0."""
    return f"Column {place + 1}"


def build_numbered_header(cells: Sequence[str], delimiter: str) -> bytes:
    """Return the header of a file without titles whose first row has these cells."""
    return format_csv([[number_column(place) for place in range(len(cells))]], delimiter)


def read_first_rows(file: BufferedReader, count: int) -> tuple[list[list[str]], str]:
    """Return the first rows that are not empty, and the delimiter. Raises :class:`FileError`."""
    _refuse_utf16(file)
    with _open_text(file) as text:
        lines = _BoundedLines(text)
        first = _read_first_line(lines)
        try:
            sample = [first, *islice(lines, count - 1)]
            delimiter = _choose_delimiter(sample)
            reader = _build_reader(chain(sample, lines), delimiter)
            rows = list(islice((cells for cells in reader if cells), count))
        except (csv.Error, _RowTooLongError) as error:
            raise FileError(FileSentence.ROWS_UNREADABLE.format(count=count, error=error)) from None
    return [[_replace_invalid_bytes(cell) for cell in row] for row in rows], delimiter


def _choose_delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that stands equally often in every line, else the most frequent one of the first.

    Commas come last: they stand in names too.
    """
    for mark in reversed(_DELIMITERS):
        counts = {line.count(mark) for line in lines if line.strip()}
        if len(counts) == 1 and counts != {0}:
            return mark
    return max(_DELIMITERS, key=lines[0].count)


def _replace_invalid_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class CsvFormat:
    """CSV files of bulk jobs."""

    content_type = "text/csv; charset=utf-8"

    def read_sample(self, file: BufferedReader, count: int) -> list[list[str]]:
        """Return the first rows."""
        return fill_rows(read_first_rows(file, count)[0])

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header. Raises :class:`FileError`."""
        return read_csv_layout(file, columns, OUTPUT_COLUMNS)

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows below the header."""
        return read_csv_rows(file, layout)

    def format_header(self, layout: FileLayout, further: Sequence[str] = ()) -> bytes:
        """Return the header of a result."""
        return format_csv([[*layout["header"], *OUTPUT_COLUMNS, *further]], layout["delimiter"])

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return rows of a result."""
        pairs = zip(rows, results, strict=True)
        return format_csv(([*row.fields, *result.to_cells()] for row, result in pairs), layout["delimiter"])

    def read_output(self, content: bytes, layout: FileLayout) -> Iterator[OutputRow]:
        """Read rows of a result."""
        for cells in _build_reader(io.StringIO(content.decode(), newline=""), layout["delimiter"]):
            yield build_output_row(cells, layout)

    def format_reviewed(
        self, rows: Sequence[OutputRow], reviews: Sequence[Mapping[str, Any]], layout: FileLayout
    ) -> bytes:
        """Return rows of a result with the columns of their reviews."""
        pairs = zip(rows, reviews, strict=True)
        table = ([*row.cells, *format_review_cells(review)] for row, review in pairs)
        return format_csv(table, layout["delimiter"])


@contextmanager
def _open_text(file: BufferedReader) -> Iterator[TextIO]:
    """Read a file as text and leave it open."""
    text = _wrap_text(file)
    try:
        yield text
    finally:
        if not file.closed:
            text.detach()


def _wrap_text(file: BufferedReader, encoding: str = "utf-8-sig") -> TextIOWrapper:
    """Return a file as text; bytes that are not UTF-8 become lone surrogates."""
    return TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline="")


def _refuse_utf16(file: BufferedReader) -> None:
    if file.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileError(FileSentence.UTF16)


def _read_first_line(lines: Iterator[str]) -> str:
    try:
        first = next(lines, "")
    except _RowTooLongError:
        raise FileError(FileSentence.FIRST_LINE_TOO_LONG.format(length=MAX_ROW_LENGTH)) from None
    if _has_invalid_bytes(first):
        raise FileError(FileSentence.FIRST_LINE_NOT_UTF8)
    if "\0" in first:
        raise FileError(FileSentence.NOT_TEXT)
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
        raise FileError(FileSentence.FIRST_LINE_UNREADABLE.format(error=error)) from None


def _build_reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_ROW_LENGTH)
    return csv.reader(lines, delimiter=delimiter)


def _parse_row(cells: list[str], width: int, places: Sequence[int]) -> PairRow:
    if len(cells) != width:
        shown = (cells + [""] * width)[:width]
        return PairRow(shown, "", "", RowSentence.FIELDS.format(found=len(cells), width=width))
    left, right = cells[places[0]], cells[places[1]]
    invalid = _has_invalid_bytes(left) or _has_invalid_bytes(right)
    return PairRow(cells, left, right, NOT_UTF8 if invalid else "")


def _has_invalid_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)
