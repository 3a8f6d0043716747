"""XLSX: the first sheet of a workbook, read row by row and written in constant memory.

A workbook is a ZIP archive of XML. Its unpacked size is checked before anything is unpacked, and results are
written as text cells, which no spreadsheet evaluates as formulas.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BufferedReader
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

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

MAX_PARTS = 1_000
MAX_UNPACKED_BYTES = 2**30
"""Most bytes that all parts of a workbook may have unpacked."""
MAX_SHARED_STRINGS_BYTES = 128 * 2**20
"""Most unpacked bytes of the table of texts, the one part that is held in memory."""
_MAX_CELL_LENGTH = 32_767
"""Most characters that a cell of a spreadsheet can hold."""
_NOT_A_WORKBOOK = "The file is no XLSX workbook, or a damaged one."

_READ_ERRORS = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    ParseError,
    InvalidFileException,
    EOFError,
    TypeError,
    AttributeError,
    IndexError,
    NotImplementedError,
    OverflowError,
)


class XlsxFormat:
    """XLSX files of bulk jobs."""

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Check the unpacked size and read the header. Raises :class:`FileError`."""
        _check_unpacked_size(file)
        first = next(_read_values(file), ())
        header = check_header([_format_cell(value) for value in _trim_empty_cells(first)], columns)
        return {"header": header, "places": [header.index(column) for column in columns]}

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows below the header."""
        _check_unpacked_size(file)
        rows = _read_values(file)
        next(rows, None)
        for values in rows:
            if any(value is not None for value in values):
                yield _parse_row(
                    [_format_cell(value) for value in _trim_empty_cells(values)],
                    len(layout["header"]),
                    layout["places"],
                )

    def format_header(self, layout: FileLayout) -> bytes:
        """Return the header of a result."""
        return format_sheet_row([*layout["header"], *OUTPUT_COLUMNS])

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return rows of a result as XML of a sheet."""
        return b"".join(
            [
                format_sheet_row([*row.fields, *result.to_cells()])
                for row, result in zip(rows, results, strict=True)
            ]
        )


def _check_unpacked_size(file: BufferedReader) -> None:
    """Refuse a ZIP bomb by the sizes its directory declares; reading never goes beyond these sizes.

    Raises :class:`FileError`, also for a file that is no workbook.
    """
    try:
        with zipfile.ZipFile(file) as parts:
            infos = parts.infolist()
    except _READ_ERRORS:
        raise FileError(_NOT_A_WORKBOOK) from None
    shared = max(
        (info.file_size for info in infos if info.filename.lower().endswith("sharedstrings.xml")), default=0
    )
    if (
        len(infos) > MAX_PARTS
        or sum(info.file_size for info in infos) > MAX_UNPACKED_BYTES
        or shared > MAX_SHARED_STRINGS_BYTES
    ):
        raise FileError("The workbook unpacks to more than can be read; upload the sheet as CSV.")


def _read_values(file: BufferedReader) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the first sheet. Raises :class:`FileError` where the workbook is damaged."""
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a workbook may claim any size
        yield from sheet.iter_rows(values_only=True)
    except _READ_ERRORS:
        raise FileError(_NOT_A_WORKBOOK) from None


def _trim_empty_cells(values: Sequence[Any]) -> Sequence[Any]:
    """Drop the empty cells at the end of a row, which sheets often have."""
    last = max((at for at, value in enumerate(values, 1) if value is not None), default=0)
    return values[:last]


def _format_cell(value: Any) -> str:
    """Return a cell as text: whole numbers without a decimal point, dates in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)


def _parse_row(cells: list[str], width: int, places: Sequence[int]) -> PairRow:
    shown = (cells + [""] * width)[:width]
    if len(cells) > width:
        return PairRow(shown, "", "", f"The row has {len(cells)} cells; the header has {width}.")
    if sum(map(len, cells)) > MAX_ROW_LENGTH:
        return PairRow([""] * width, "", "", ROW_TOO_LONG)
    return PairRow(shown, shown[places[0]], shown[places[1]], "")


def format_sheet_row(cells: Sequence[str]) -> bytes:
    """Return one row as XML of a sheet; every cell is text, so none is a formula."""
    content = "".join(
        [
            f'<c t="inlineStr"><is><t xml:space="preserve">{_escape_xml(cell)}</t></is></c>'
            if cell
            else "<c/>"
            for cell in cells
        ]
    )
    return f"<row>{content}</row>".encode()


_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def _escape_xml(text: str) -> str:
    """Escape text for XML; shorten it to the length of a cell and replace characters XML does not allow."""
    cut = text[:_MAX_CELL_LENGTH].translate(_FORBIDDEN)
    return escape(cut.encode("utf-8", "replace").decode())
