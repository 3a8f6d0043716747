"""Rows of a job's file and what is written beside them, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any, NamedTuple, Protocol

from matching.bulk import FileError

OUTPUT = (
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

MAX_ROW = 64 * 1024
"""Characters (JSON Lines: bytes) of one line; a longer one is an error of its row."""

TOO_LONG = f"The row is longer than {MAX_ROW} characters."

Columns = tuple[str, str]
Shape = Mapping[str, Any]
"""What the header says, as JSON: its columns, where the names are, how cells are divided."""


class Row(NamedTuple):
    """One row as it came, with both names, or what is wrong with it."""

    fields: list[Any]
    left: str
    right: str
    error: str


class Told(NamedTuple):
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

    def cells(self) -> list[str]:
        """Return it as cells of a table."""
        side = "" if self.prediction is None else str(self.prediction).lower()
        numbers = ["" if n is None else f"{n:.4f}" for n in (self.confidence, self.material_probability)]
        return [self.verdict, side, *numbers, ";".join(self.differences), *self[5:]]


class Format(Protocol):
    """How one kind of file is read and written."""

    content_type: str

    def shape(self, file: BufferedReader, columns: Columns) -> Shape:
        """Read the header and check the file as a whole. Raises :class:`FileError`."""

    def rows(self, file: BufferedReader, shape: Shape) -> Iterator[Row]:
        """Read the rows, one at a time; a bad one carries its error."""

    def beginning(self, shape: Shape) -> bytes:
        """Return what a result begins with."""

    def written(self, rows: Sequence[Row], told: Sequence[Told], shape: Shape) -> bytes:
        """Return rows of a result."""


def checked_header(header: Sequence[str], columns: Columns) -> list[str]:
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
    if taken := [name for name in OUTPUT if name in header]:
        raise FileError(f"There is a column {', '.join(taken)} already; rename it first.")
    return list(header)


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """Return the cell so that no spreadsheet takes it for a formula: with an apostrophe in front.

    Plain numbers stay as they are.
    """
    if not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
