"""The first sheet of a workbook, read row by row by a process of its own.

Run by :mod:`matching.jobs.formats.workbooks` as ``python -m matching.jobs.formats.workbook_reader``. The
process has no secret, no database and no file: it asks for the bytes of the workbook and answers with rows,
as JSON lines on standard output. Its memory and processor time are limited by the kernel, and nothing in a
workbook decides how much is done: parts, texts, styles, row and column numbers are bounded (ECMA-376 part 1,
limits of Excel).
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from defusedxml.ElementTree import iterparse

from matching.jobs.formats.sentences import FileSentence

MAX_PARTS = 1_000
MAX_UNPACKED_BYTES = 2**30
"""Most bytes that all parts of a workbook may have unpacked."""
MAX_SHARED_STRINGS_BYTES = 128 * 2**20
"""Most unpacked bytes of the table of texts, the one part that is held in memory."""
MAX_TEXTS = 5_000_000
MAX_STYLES = 65_536
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_ROW_LENGTH = 64 * 1024
"""Characters of a row; of a longer one ``null`` is sent."""
MEMORY_BYTES = 2**30
_READ_BYTES = 256 * 1024

_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Numbers of the built-in formats that show a date or a time (ECMA-376 part 1, 18.8.30)."""
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
"""What a format code shows as it is: quoted text, colours, conditions, currencies."""
_DATE_LETTERS = re.compile("[dmyhs]", re.IGNORECASE)
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no time zone
_DAYS_BETWEEN_EPOCHS = 1_462
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class WorkbookError(ValueError):
    """The workbook cannot be read; the message is one sentence that says what to do."""


class AskedFile(io.RawIOBase):
    """The bytes of the workbook, which the other process has: each read is a question."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        """Return ``True``."""
        return True

    def seekable(self) -> bool:
        """Return ``True``."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the beginning, the current place or the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the offset from the beginning."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Ask for as many bytes as fit into the buffer."""
        size = max(0, min(len(buffer), self._size - self._at, _READ_BYTES))
        if size:
            _say({"read": [self._at, size]})
            buffer[:size] = sys.stdin.buffer.read(size)
        self._at += size
        return size


class Workbook:
    """A workbook whose parts are read as far as they are asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._parts = zipfile.ZipFile(file)
        _check_sizes(self._parts.infolist())
        self._path = self._list_targets("", "officeDocument")[0]
        self._texts: list[str] = []

    def read_rows(self) -> Iterator[list[str]]:
        """Yield the cells of each row of the first sheet as text, without empty cells at the end."""
        before, sheet = 0, None
        for event, element in self._iterate(self._list_targets(self._path, "worksheet")[0], "start", "end"):
            name = _get_name(element)
            if event == "start":
                sheet = element if name == "sheetData" else sheet
            elif name == "row" and sheet is not None:
                before = _check_row_number(element.get("r"), before)
                yield self._read_cells(element)
                sheet.clear()
            elif name == "sheetData":
                return

    def _read_cells(self, row: Any) -> list[str]:
        cells: list[str] = []
        for cell in row:
            at = _get_column(cell.get("r"), len(cells))
            text = self._read_cell(cell)
            if text:
                cells += [""] * (at - len(cells)) + [text]
        return cells

    def _read_cell(self, cell: Any) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _join_texts(cell)
        value = next((child.text or "" for child in cell if _get_name(child) == "v"), "")
        if kind == "s" and value:
            return self._find_text(int(value))
        if kind == "b":
            return "true" if value == "1" else "false"
        if kind == "n" and value:
            return self._format_number(value, int(cell.get("s", "0")))
        return value

    def _find_text(self, index: int) -> str:
        """Return a text of the table of texts, of which no more is read than needed."""
        if not 0 <= index < MAX_TEXTS:
            raise WorkbookError(FileSentence.WORKBOOK_TEXTS)
        if index >= len(self._texts):
            self._texts += islice(self._unread_texts, index + 1_000 - len(self._texts))
        return self._texts[index]

    @cached_property
    def _unread_texts(self) -> Iterator[str]:
        for _, element in self._iterate(self._list_targets(self._path, "sharedStrings")[0], "end"):
            if _get_name(element) == "si":
                yield _join_texts(element)
                element.clear()

    def _format_number(self, value: str, style: int) -> str:
        """Return a number as a person sees it: whole without a decimal point, dates in ISO 8601."""
        number = float(value)
        if style and style < len(self._date_styles) and self._date_styles[style]:
            return _format_date(number + _DAYS_BETWEEN_EPOCHS * self._counts_from_1904) or value
        if value.lstrip("-").isdecimal():
            return str(int(value))
        return str(int(number)) if number.is_integer() else str(number)

    @cached_property
    def _date_styles(self) -> list[bool]:
        """Whether each style shows a number as a date or a time."""
        codes: dict[int, bool] = {}
        styles = 0
        for target in self._list_targets(self._path, "styles")[:1]:
            for _, element in self._iterate(target, "end"):
                styles += _get_name(element) in ("xf", "numFmt")
                if styles > MAX_STYLES:
                    raise WorkbookError(FileSentence.WORKBOOK_STYLES)
                if _get_name(element) == "numFmt":
                    code = _LITERALS.sub("", element.get("formatCode", "")[:255])
                    codes[int(element.get("numFmtId", "0"))] = bool(_DATE_LETTERS.search(code))
                elif _get_name(element) == "cellXfs":
                    return [_shows_date(int(style.get("numFmtId", "0")), codes) for style in element]
        return []

    @cached_property
    def _counts_from_1904(self) -> bool:
        for _, element in self._iterate(self._path, "end"):
            if _get_name(element) == "workbookPr":
                return element.get("date1904", "0") in ("1", "true")
        return False

    def _list_targets(self, source: str, kind: str) -> list[str]:
        """Return the parts of a kind that a part refers to, sheets in the order of the workbook."""
        folder = PurePosixPath(source).parent
        relations = str(folder / "_rels" / f"{PurePosixPath(source).name}.rels")
        found = {
            element.get("Id", ""): _resolve(folder, element.get("Target", ""))
            for _, element in self._iterate(relations.removeprefix("./"), "end")
            if element.get("Type", "").rpartition("/")[2] == kind
        }
        return list(found.values()) if kind != "worksheet" else self._order_sheets(source, found)

    def _order_sheets(self, source: str, found: dict[str, str]) -> list[str]:
        sheets = [element for _, element in self._iterate(source, "end") if _get_name(element) == "sheet"]
        ids = [value for sheet in sheets for name, value in sheet.items() if name.endswith("}id")]
        return [found[id_] for id_ in ids if id_ in found]

    def _iterate(self, part: str, *events: str) -> Iterator[tuple[str, Any]]:
        with self._parts.open(part) as stream:
            yield from iterparse(stream, events=events, forbid_dtd=True)


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    """Refuse a ZIP bomb by the sizes its directory declares; reading never goes beyond these sizes."""
    texts = [part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml")]
    if (
        len(parts) > MAX_PARTS
        or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES
        or max(texts, default=0) > MAX_SHARED_STRINGS_BYTES
    ):
        raise WorkbookError(FileSentence.WORKBOOK_SIZE)


def _check_row_number(stated: str | None, before: int) -> int:
    number = int(stated) if stated else before + 1
    if not before < number <= MAX_ROWS:
        raise WorkbookError(FileSentence.WORKBOOK_ROW.format(most=MAX_ROWS))
    return number


def _get_column(reference: str | None, following: int) -> int:
    """Return the index of a cell's column, from 0; cells without a reference follow one another."""
    if reference is None:
        return following
    parts = _REFERENCE.fullmatch(reference)
    column = 0
    for letter in parts[1] if parts else "":
        column = column * 26 + ord(letter) - 64
    if not following < column <= MAX_COLUMNS:
        raise WorkbookError(FileSentence.WORKBOOK_COLUMN.format(most=MAX_COLUMNS))
    return column - 1


def _shows_date(format_number: int, codes: dict[int, bool]) -> bool:
    return codes.get(format_number, format_number in _DATE_FORMATS)


def _format_date(days: float) -> str:
    """Return a day number as date and time, a part of a day as time; nothing beyond the calendar."""
    try:
        moment = _EPOCH + timedelta(days=days + (1 <= days < 60), microseconds=500)
    except OverflowError:
        return ""
    moment = moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
    return moment.time().isoformat() if 0 <= days < 1 else moment.isoformat()


def _join_texts(element: Any) -> str:
    """Return the runs of a text, without the reading aids of Japanese."""
    aids = {id(text) for aid in element.iter() if _get_name(aid) == "rPh" for text in aid.iter()}
    return "".join(
        text.text or "" for text in element.iter() if _get_name(text) == "t" and id(text) not in aids
    )


def _get_name(element: Any) -> str:
    name: str = element.tag
    return name.rpartition("}")[2]


def _resolve(folder: PurePosixPath, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else str(folder / target).removeprefix("./")


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(size: int, seconds: int) -> None:
    """Limit this process, then send the rows of the workbook, and at last why or that there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for cells in Workbook(io.BufferedReader(AskedFile(size), _READ_BYTES)).read_rows():
            is_short = sum(map(len, cells)) <= MAX_ROW_LENGTH
            sys.stdout.write(json.dumps(cells if is_short else None) + "\n")
    except WorkbookError as error:
        _say({"error": str(error)})
    except Exception:
        _say({"error": ""})
    else:
        _say({"end": True})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
