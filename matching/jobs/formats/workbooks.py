"""XLSX: the first sheet of a workbook, read row by row and written in constant memory.

A workbook is a ZIP archive of XML, which can be made to cost any time and memory. It is read by a process of
its own (:mod:`matching.jobs.formats.workbook_reader`), which the kernel ends at its limits. Results are
written as text cells, which no spreadsheet evaluates as formulas.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, unescape

from matching.jobs.formats import workbook_reader
from matching.jobs.formats.rows import (
    OUTPUT_COLUMNS,
    ROW_TOO_LONG,
    FileError,
    FileLayout,
    JobRowResult,
    NameColumns,
    OutputRow,
    PairRow,
    check_header,
    fill_rows,
    format_review_cells,
)
from matching.jobs.formats.sentences import FileSentence, RowSentence

HEADER_SECONDS = 5
"""Processor time for the header of a workbook."""
ROWS_SECONDS = 300
"""Processor time for all rows; a million rows take about half a minute."""
_MAX_LINE_BYTES = 8 * workbook_reader.MAX_ROW_LENGTH
_MAX_CELL_LENGTH = 32_767
"""Most characters that a cell of a spreadsheet can hold."""
_WRITTEN_CELL = re.compile(r'<c/>|<c t="inlineStr"><is><t xml:space="preserve">([^<]*)</t></is></c>')
_ROOT = Path(__file__).resolve().parents[3]


class XlsxFormat:
    """XLSX files of bulk jobs."""

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def read_sample(self, file: BufferedReader, count: int) -> list[list[str]]:
        """Return the first rows that are not empty. Raises :class:`FileError`."""
        rows = read_workbook(file, HEADER_SECONDS)
        sample = list(islice((cells for cells in rows if cells), count))
        rows.close()
        return fill_rows(sample)

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header. Raises :class:`FileError`."""
        rows = read_workbook(file, HEADER_SECONDS)
        first = next(rows, None)
        header = check_header(first or [], columns)
        rows.close()
        return {"header": header, "places": [header.index(column) for column in columns]}

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows below the header."""
        rows = read_workbook(file, ROWS_SECONDS)
        next(rows, None)
        for cells in rows:
            if cells is None or cells:
                yield _parse_row(cells, len(layout["header"]), layout["places"])

    def format_header(self, layout: FileLayout, further: Sequence[str] = ()) -> bytes:
        """Return the header of a result."""
        return format_sheet_row([*layout["header"], *OUTPUT_COLUMNS, *further])

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

    def read_output(self, content: bytes, layout: FileLayout) -> Iterator[OutputRow]:
        """Read rows of a result from the XML that :func:`format_sheet_row` wrote."""
        width, (left, right) = len(layout["header"]), layout["places"]
        for row in content.decode().split("</row>")[:-1]:
            cells = [unescape(text) for text in _WRITTEN_CELL.findall(row)]
            result = dict(zip(OUTPUT_COLUMNS, cells[width:], strict=True))
            yield OutputRow(cells, cells[left], cells[right], result)

    def format_reviewed(
        self, rows: Sequence[OutputRow], reviews: Sequence[Mapping[str, Any]], layout: FileLayout
    ) -> bytes:
        """Return rows of a result with the columns of their reviews."""
        pairs = zip(rows, reviews, strict=True)
        return b"".join(
            [format_sheet_row([*row.cells, *format_review_cells(review)]) for row, review in pairs]
        )


def read_workbook(file: BufferedReader, seconds: int) -> Generator[list[str] | None, None, None]:
    """Yield the cells of each row of the first sheet as text; ``None`` for a row that is too long.

    ``seconds`` limit the processor time. Raises :class:`FileError` for whatever is no workbook, is damaged,
    or takes more than its share of time or memory.
    """
    size = file.seek(0, os.SEEK_END)
    command = [sys.executable, "-m", "matching.jobs.formats.workbook_reader", str(size), str(seconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env={}
    ) as process:
        try:
            yield from _converse(process, file)
        finally:
            process.kill()


def _converse(process: subprocess.Popen[bytes], file: BufferedReader) -> Iterator[list[str] | None]:
    """Answer the questions of the reader for bytes, and yield the rows it sends."""
    if process.stdin is None or process.stdout is None:  # both are pipes
        return
    while True:
        message = _parse_message(process.stdout.readline(_MAX_LINE_BYTES))
        if not isinstance(message, dict):
            yield message
        elif "read" in message:
            offset, size = message["read"]
            file.seek(offset)
            _answer(process.stdin, file.read(size))
        elif "error" in message:
            raise FileError(message["error"] or FileSentence.NO_WORKBOOK)
        else:
            return


def _answer(pipe: IO[bytes], content: bytes) -> None:
    """Send bytes to the reader; where it has ended, the next message says so."""
    with contextlib.suppress(BrokenPipeError):
        pipe.write(content)
        pipe.flush()


def _parse_message(line: bytes) -> Any:
    """Return a message of the reader. Raises :class:`FileError` where the kernel ended it before the last."""
    if not line.endswith(b"\n"):
        raise FileError(FileSentence.WORKBOOK_TOO_COSTLY)
    return json.loads(line)


def _parse_row(cells: list[str] | None, width: int, places: Sequence[int]) -> PairRow:
    if cells is None:
        return PairRow([""] * width, "", "", ROW_TOO_LONG)
    shown = (cells + [""] * width)[:width]
    if len(cells) > width:
        return PairRow(shown, "", "", RowSentence.CELLS.format(found=len(cells), width=width))
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
