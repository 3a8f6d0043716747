"""A result as it is sent: piece after piece, in order, never held as a whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, cast

from matching.job_models import BatchJob, FileFormat
from matching.jobs.formats import FORMATS
from matching.jobs.services import shape_of
from matching.jobs.spool import folder_of
from matching.jobs.vault import FRAME, opened

_NS = "http://schemas.openxmlformats.org"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = f"{_NS}/officeDocument/2006/relationships"


def _relation(kind: str, target: str) -> str:
    """One part of a workbook that leads to another."""
    lead = f'<Relationship Id="rId1" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_NS}/package/2006/relationships">{lead}</Relationships>'


_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_NS}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_MAIN}.worksheet+xml"/></Types>',
    "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{_NS}/spreadsheetml/2006/main" xmlns:r="{_RELATIONS}"><sheets>'
    '<sheet name="Result" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
}
_SHEET = f'{_HEAD}<worksheet xmlns="{_NS}/spreadsheetml/2006/main"><sheetData>'.encode()
_SHEET_ENDS = b"</sheetData></worksheet>"


def file_name(job: BatchJob) -> str:
    """Return what the result is called: like the upload, with ``-result``."""
    stem = PurePath(job.file_name.replace("\\", "/")).stem or "job"
    return f"{stem}-result.{job.format}"


def length(job: BatchJob) -> int | None:
    """Return the bytes of the result; ``None`` for a workbook, which is packed while it is sent."""
    if job.format == FileFormat.XLSX:
        return None
    return len(FORMATS[job.format].beginning(shape_of(job))) + sum(
        job.chunks.values_list("output_bytes", flat=True)
    )


def content(job: BatchJob) -> Iterator[bytes]:
    """Return the result of a job that succeeded, a little at a time."""
    plain = _plain(job)
    return workbook(plain) if job.format == FileFormat.XLSX else plain


def _plain(job: BatchJob) -> Iterator[bytes]:
    yield FORMATS[job.format].beginning(shape_of(job))
    for name in job.chunks.order_by("number").values_list("output", flat=True):
        with opened(folder_of(job.pk) / name, job.file_key) as file:
            while part := file.read(FRAME):
                yield part


class _Outlet:
    """What a ZIP is written to: hands on what it gets, and cannot go back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes, /) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def taken(self) -> bytes:
        """Return what came since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


def workbook(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Return a workbook with rows of a sheet, packed while they come."""
    outlet = _Outlet()
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in _PARTS.items():
            book.writestr(name, _HEAD + text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET)
            for part in rows:
                sheet.write(part)
                if taken := outlet.taken():
                    yield taken
            sheet.write(_SHEET_ENDS)
    yield outlet.taken()
