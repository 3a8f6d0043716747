"""Workbooks are read by a process of its own: as a person sees them, or refused with one sentence."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, time
from typing import cast

import openpyxl
import pytest

from matching.jobs.formats.rows import FileError
from matching.jobs.formats.workbooks import read_workbook
from tests.jobs import PAIRS, xlsx_file

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


def rows_in(content: bytes, seconds: int = 5) -> list[list[str] | None]:
    return list(read_workbook(cast(io.BufferedReader, io.BytesIO(content)), seconds))


def changed(part: str, pattern: bytes, replacement: bytes) -> bytes:
    """A workbook of one text and one date, with something replaced in one of its parts."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["name1", "name2", datetime(2001, 1, 2, tzinfo=UTC).replace(tzinfo=None)])
    book.worksheets[0].append(["Acme", "ACME", 5])
    original, out = io.BytesIO(), io.BytesIO()
    book.save(original)
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                content, found = re.subn(pattern, lambda _: replacement, content, count=1)
                assert found, f"{part} has no {pattern!r}"
            target.writestr(name, content)
    return out.getvalue()


def test_cells_are_text_as_a_person_sees_them() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["a", 360, 3.5, True, None])
    sheet.append(
        [
            datetime(2001, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None),
            date(2020, 2, 29),
            time(1, 2, 3),
            "=1+1",
            "株式会社",
        ]
    )
    sheet["C4"] = "alone"
    out = io.BytesIO()
    book.save(out)
    assert rows_in(out.getvalue()) == [
        ["a", "360", "3.5", "true"],
        ["2001-01-02T03:04:05", "2020-02-29T00:00:00", "01:02:03", "", "株式会社"],
        ["", "", "alone"],
    ]


def test_a_sheet_without_a_dimension_is_read() -> None:
    content = changed(SHEET, rb"<dimension[^>]*/>", b"")
    assert rows_in(content)[1] == ["Acme", "ACME", "5"]


def test_a_part_that_is_not_a_sheet_yet_names_cells_changes_nothing() -> None:
    assert rows_in(changed(SHEET, rb"<sheetViews>", b'<row r="9"/><sheetViews>'))[1] == ["Acme", "ACME", "5"]


@pytest.mark.parametrize(
    ("part", "pattern", "replacement", "message"),
    [
        (SHEET, rb'<row r="2"', b'<row r="1000000000000000"', "no number from 1 to 1,048,576"),
        (SHEET, rb'<row r="2"', b'<row r="1"', "no number from 1 to 1,048,576"),
        (SHEET, rb'r="A2"', b'r="ZZZ2"', "no column from 1 to 16,384"),
        (SHEET, rb"</cellXfs>|<sheetData>", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sheetData>', "damaged"),
        (STYLES, rb"</cellXfs>", b"<xf/>" * 1_000_000 + b"</cellXfs>", "too many styles"),
        (
            STYLES,
            rb"<numFmts",
            b'<numFmt numFmtId="1" formatCode="d"/>' * 100_000 + b"<numFmts",
            "damaged|styles",
        ),
        ("xl/workbook.xml", rb"<sheet ", b"<sheat ", "damaged"),
        (SHEET, rb"<row [^>]*>", b'<row><c t="s"><v>99999999999</v></c>', "too many different texts"),
        (SHEET, rb"<row [^>]*>", b'<row><c t="s"><v>' + b"9" * 10_000 + b"</v></c>", "damaged"),
        (SHEET, rb"<row", b"<a>" * 200_000 + b"<row", "damaged"),
    ],
)
def test_what_would_cost_time_or_memory_is_refused_with_one_sentence(
    part: str, pattern: bytes, replacement: bytes, message: str
) -> None:
    with pytest.raises(FileError, match=message):
        rows_in(changed(part, pattern, replacement))


def test_a_reader_at_its_limit_is_ended_and_says_so() -> None:
    content = xlsx_file([("Acme", str(at)) for at in range(60_000)])
    with pytest.raises(FileError, match="too much time or memory"):
        rows_in(content, seconds=1)


def test_a_reader_that_is_not_needed_any_more_ends() -> None:
    rows = read_workbook(cast(io.BufferedReader, io.BytesIO(xlsx_file(PAIRS * 5_000))), 5)
    assert next(rows) == ["id", "name1", "name2"]
    rows.close()
    assert list(rows) == []
