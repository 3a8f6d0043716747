"""Rows of a job's file and what is written beside them, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any, NamedTuple, Protocol

from matching.jobs.compare_file import FileError

OUTPUT_COLUMNS = (
    "verdict",
    "prediction",
    "confidence",
    "material_probability",
    "differences",
    "reason",
    "missing_fact",
    "model_version",
    "rules_version",
    "error",
)
"""Columns that a result has after those of the upload."""

MAX_ROW_LENGTH = 64 * 1024
"""Characters (JSON Lines: bytes) of one line; a longer one is an error of its row."""

ROW_TOO_LONG = f"The row is longer than {MAX_ROW_LENGTH} characters."

NameColumns = tuple[str, str]
FileLayout = Mapping[str, Any]
"""What the header says, as JSON: its columns, where the names are, how cells are divided."""


class JobRow(NamedTuple):
    """One row as it came, with both names, or what is wrong with it."""

    fields: list[Any]
    left: str
    right: str
    error: str


class JobRowResult(NamedTuple):
    """What is said about a row, in the order of :data:`OUTPUT`; without a verdict there is an error."""

    verdict: str = ""
    prediction: bool | None = None
    confidence: float | None = None
    material_probability: float | None = None
    differences: tuple[str, ...] = ()
    reason: str = ""
    missing_fact: str = ""
    model_version: str = ""
    rules_version: str = ""
    error: str = ""

    def to_cells(self) -> list[str]:
        """Return it as cells of a table."""
        side = "" if self.prediction is None else str(self.prediction).lower()
        numbers = ["" if n is None else f"{n:.4f}" for n in (self.confidence, self.material_probability)]
        return [self.verdict, side, *numbers, ";".join(self.differences), *self[5:]]


class TabularFormat(Protocol):
    """How one kind of file is read and written."""

    content_type: str

    def read_layout(self, file: BufferedReader, columns: NameColumns) -> FileLayout:
        """Read the header and check the file as a whole. Raises :class:`FileError`."""

    def read_rows(self, file: BufferedReader, shape: FileLayout) -> Iterator[JobRow]:
        """Read the rows, one at a time; a bad one carries its error."""

    def format_header(self, shape: FileLayout) -> bytes:
        """Return what a result begins with."""

    def format_rows(self, rows: Sequence[JobRow], told: Sequence[JobRowResult], shape: FileLayout) -> bytes:
        """Return rows of a result."""


def check_header(header: Sequence[str], columns: NameColumns) -> list[str]:
    """Return the header. Raises :class:`FileError` when it lacks a column or has one of ours."""
    if not any(header):
        raise FileError("The file is empty: its first line must name the columns.")
    if columns[0] == columns[1]:
        raise FileError("The two names must be in two columns.")
    missing = [column for column in columns if column not in header]
    if missing:
        known = ", ".join(header)[:200]
        raise FileError(f"There is no column {', '.join(missing)}; the columns are {known}.")
    if doubled := [column for column in columns if list(header).count(column) > 1]:
        raise FileError(f"There is more than one column {', '.join(doubled)}; rename all but one.")
    if taken := [name for name in OUTPUT_COLUMNS if name in header]:
        raise FileError(f"There is a column {', '.join(taken)} already; rename it first.")
    return list(header)


_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


def escape_formula(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula: with an apostrophe in front.

    Plain numbers stay as they are.
    """
    if not cell.startswith(_FORMULA_PREFIXES):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
