"""Content as files: CSV with all tables under each other, XLSX with a sheet for each, PDF."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
from django.utils import timezone
from django.utils.translation import gettext

from accounts.dates import format_moment
from accounts.numbers import fill
from analytics.reports.content import Cell, Page, Table
from feedback.memo.pdf import render_pdf
from matching.jobs.formats.rows import escape_formula

_TEMPLATE = Path(__file__).with_name("page.typ")
_SHEET_NAME_LENGTH = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
_PRINTED_ROWS = 40
"""Most rows of a table in a PDF; files have all."""

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def render_file(page: Page, ending: str) -> bytes:
    """Return a page as ``csv``, ``xlsx`` or ``pdf``. Raises ``KeyError`` for another ending."""
    return _RENDERERS[ending](page)


def _render_csv(page: Page) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([[page.title], [page.lead]])
    for section in page.sections:
        if section.cards:
            writer.writerows([[], [section.title]])
            cards = [(str(card.title), card.value, card.before) for card in section.cards]
            writer.writerows([[escape_formula(cell) for cell in row] for row in cards])
    for table in page.tables:
        writer.writerows([[], [table.title], table.head])
        writer.writerows([[_prepare_cell(cell) for cell in row] for row in table.rows])
    return text.getvalue().encode()


def _render_xlsx(page: Page) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    names: set[str] = set()
    for table in page.tables:
        sheet = book.create_sheet(_name_sheet(table, names))
        sheet.append(table.head)
        for row in table.rows:
            sheet.append([_strip_zone(_prepare_cell(cell)) for cell in row])
    if not names:
        book.create_sheet(gettext("Nothing yet"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _render_pdf(page: Page) -> bytes:
    at = timezone.now().replace(microsecond=0)
    sections = [
        {
            "title": section.title,
            "note": section.note,
            "cards": [[card.title, card.value, card.before, card.note] for card in section.cards],
            "tables": [_describe_table(table) for table in section.tables],
        }
        for section in page.sections
    ]
    content = {"title": page.title, "lead": page.lead, "at": format_moment(at), "sections": sections}
    return render_pdf(content, at, _TEMPLATE)


_RENDERERS: Mapping[str, Callable[[Page], bytes]] = {
    "csv": _render_csv,
    "xlsx": _render_xlsx,
    "pdf": _render_pdf,
}


def _describe_table(table: Table) -> dict[str, Any]:
    note = table.note
    if len(table.rows) > _PRINTED_ROWS:
        note = fill(
            gettext("{note} The first {printed} of {number:,} rows."),
            note=note,
            printed=_PRINTED_ROWS,
            number=len(table.rows),
        ).strip()
    rows = table.texts[:_PRINTED_ROWS]
    return {"title": table.title, "head": table.head, "rows": rows, "note": note, "empty": table.empty}


def _prepare_cell(cell: Cell) -> Cell:
    """Return a value as a file holds it: numbers as numbers, no text that a program runs."""
    return escape_formula(cell) if isinstance(cell, str) else cell


def _strip_zone(cell: Cell) -> Cell:
    """Return a time without its zone, which workbooks cannot hold; all times are UTC."""
    return cell.astimezone(UTC).replace(tzinfo=None) if isinstance(cell, datetime) else cell


def _name_sheet(table: Table, names: set[str]) -> str:
    """Return a name that no other sheet has."""
    prefix = gettext("Numbers of the chart: {title}").format(title="")
    wanted = _NOT_IN_SHEET_NAMES.sub(" ", str(table.title).removeprefix(prefix))
    name = wanted[:_SHEET_NAME_LENGTH]
    while name in names:
        name = f"{wanted[: _SHEET_NAME_LENGTH - 4]} ({len(names)})"
    names.add(name)
    return name
