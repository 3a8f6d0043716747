"""Rows of a file of pairs and the columns that a result adds to them, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any, NamedTuple, Protocol

from matching.jobs.formats.sentences import FileSentence, RowSentence

MAX_ROW_LENGTH = 64 * 1024
"""Characters (JSON Lines: bytes) of one line; a longer one is an error of its row."""

ROW_TOO_LONG = RowSentence.TOO_LONG.format(length=MAX_ROW_LENGTH)

NameColumns = tuple[str, str]
"""Columns of name A and name B."""

FileLayout = Mapping[str, Any]
"""What the header of a file says, as JSON: its columns, the places of the names, the delimiter."""


class FileError(ValueError):
    """The file cannot be read or written; the message is one sentence that says what to do."""


class PairRow(NamedTuple):
    """One row of a file: its cells as they are, and both names or the error that keeps it from comparison."""

    fields: list[Any]
    left: str
    right: str
    error: str


class JobRowResult(NamedTuple):
    """The columns that a bulk job adds to a row; where ``verdict`` is empty, ``error`` is not."""

    verdict: str = ""
    prediction: bool | None = None
    confidence: float | None = None
    material_probability: float | None = None
    leaning: str = ""
    leaning_probability: float | None = None
    differences: tuple[str, ...] = ()
    reason: str = ""
    missing_fact: str = ""
    model_version: str = ""
    rules_version: str = ""
    error: str = ""

    def to_cells(self) -> list[str]:
        """Return the values as text, in the order of :data:`OUTPUT_COLUMNS`."""
        return [
            self.verdict,
            "" if self.prediction is None else str(self.prediction).lower(),
            _format_number(self.confidence),
            _format_number(self.material_probability),
            self.leaning,
            _format_number(self.leaning_probability),
            ";".join(self.differences),
            self.reason,
            self.missing_fact,
            self.model_version,
            self.rules_version,
            self.error,
        ]


OUTPUT_COLUMNS = JobRowResult._fields
"""Columns that the result of a bulk job has after those of the upload."""


class OutputRow(NamedTuple):
    """A row of a result as it was written: its cells, both names, and the columns of the result as text.

    Of JSON Lines ``cells`` holds the line.
    """

    cells: list[str]
    left: str
    right: str
    result: Mapping[str, str]


def _format_number(number: float | None) -> str:
    return "" if number is None else f"{number:.4f}"


class TabularFormat(Protocol):
    """Reader and writer of one file format."""

    content_type: str

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header and check the file as a whole. Raises :class:`FileError`."""

    def read_sample(self, file: BufferedReader, count: int) -> list[list[str]]:
        """Return the first rows as text, titles first, cells of equal number. Raises :class:`FileError`."""

    def read_rows(self, file: BufferedReader, layout: FileLayout) -> Iterator[PairRow]:
        """Read the rows below the header one at a time; a row that cannot be used carries its error."""

    def format_header(self, layout: FileLayout, further: Sequence[str] = ()) -> bytes:
        """Return the beginning of a result, with further columns behind its own."""

    def format_rows(
        self, rows: Sequence[PairRow], results: Sequence[JobRowResult], layout: FileLayout
    ) -> bytes:
        """Return rows of a result."""

    def read_output(self, content: bytes, layout: FileLayout) -> Iterator[OutputRow]:
        """Read what :meth:`format_rows` wrote."""

    def format_reviewed(
        self, rows: Sequence[OutputRow], reviews: Sequence[Mapping[str, Any]], layout: FileLayout
    ) -> bytes:
        """Return rows of a result with further columns behind, in the order of each mapping."""


def build_output_row(cells: list[str], layout: FileLayout) -> OutputRow:
    """Return the row of a table with these cells; names lose the mark that keeps formulas from running."""
    width, (left, right) = len(layout["header"]), layout["places"]
    result = dict(zip(OUTPUT_COLUMNS, cells[width:], strict=True))
    return OutputRow(cells, _unescape_formula(cells[left]), _unescape_formula(cells[right]), result)


def format_review_cells(review: Mapping[str, Any]) -> list[str]:
    """Return the columns of a review as text."""
    return ["" if value is None else str(value) for value in review.values()]


def check_header(
    header: Sequence[str], columns: NameColumns, reserved: Sequence[str] = OUTPUT_COLUMNS
) -> list[str]:
    """Return the header. Raises :class:`FileError` when it lacks a name column or has a reserved one."""
    if not any(header):
        raise FileError(FileSentence.NO_HEADER)
    if columns[0] == columns[1]:
        raise FileError(FileSentence.ONE_COLUMN)
    missing = [column for column in columns if column not in header]
    if missing:
        present = ", ".join(header)[:200]
        raise FileError(FileSentence.COLUMN_MISSING.format(columns=", ".join(missing), present=present))
    if doubled := [column for column in columns if list(header).count(column) > 1]:
        raise FileError(FileSentence.COLUMN_DOUBLED.format(columns=", ".join(doubled)))
    if taken := [name for name in reserved if name in header]:
        raise FileError(FileSentence.COLUMN_TAKEN.format(columns=", ".join(taken)))
    return list(header)


def fill_rows(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of equal length: the longest row has as many cells as all others then."""
    width = max(map(len, rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


def _unescape_formula(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def escape_formula(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula; numbers stay as they are."""
    if not cell.startswith(_FORMULA_PREFIXES):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
