"""A result as it is sent: piece after piece, in order, never held as a whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, cast

from matching.jobs.encrypted_file import FRAME_BYTES, open_encrypted_file
from matching.jobs.formats.registry import FORMATS
from matching.jobs.service import load_layout
from matching.jobs.upload_handler import get_job_folder
from matching.models import BatchJob, FileFormat

_NAMESPACE = "http://schemas.openxmlformats.org"
_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONSHIPS_NAMESPACE = f"{_NAMESPACE}/officeDocument/2006/relationships"


def _format_relationship(kind: str, target: str) -> str:
    """One part of a workbook that leads to another."""
    lead = f'<Relationship Id="rId1" Type="{_RELATIONSHIPS_NAMESPACE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">{lead}</Relationships>'


_WORKBOOK_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_NAMESPACE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SPREADSHEET_TYPE}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": _format_relationship("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{_NAMESPACE}/spreadsheetml/2006/main" '
    f'xmlns:r="{_RELATIONSHIPS_NAMESPACE}"><sheets>'
    '<sheet name="Result" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _format_relationship("worksheet", "worksheets/sheet1.xml"),
}
_SHEET_START = (
    f'{_XML_DECLARATION}<worksheet xmlns="{_NAMESPACE}/spreadsheetml/2006/main"><sheetData>'.encode()
)
_SHEET_END = b"</sheetData></worksheet>"


def build_file_name(job: BatchJob) -> str:
    """Return what the result is called: like the upload, with ``-result``."""
    stem = PurePath(job.file_name.replace("\\", "/")).stem or "job"
    return f"{stem}-result.{job.format}"


def compute_length(job: BatchJob) -> int | None:
    """Return the bytes of the result; ``None`` for a workbook, which is packed while it is sent."""
    if job.format == FileFormat.XLSX:
        return None
    return len(FORMATS[job.format].format_header(load_layout(job))) + sum(
        job.chunks.values_list("output_bytes", flat=True)
    )


def stream_result(job: BatchJob) -> Iterator[bytes]:
    """Return the result of a job that succeeded, a little at a time."""
    plain = _stream_chunks(job)
    return stream_workbook(plain) if job.format == FileFormat.XLSX else plain


def _stream_chunks(job: BatchJob) -> Iterator[bytes]:
    yield FORMATS[job.format].format_header(load_layout(job))
    for name in job.chunks.order_by("number").values_list("output", flat=True):
        with open_encrypted_file(get_job_folder(job.pk) / name, job.file_key) as file:
            while part := file.read(FRAME_BYTES):
                yield part


class _StreamBuffer:
    """What a ZIP is written to: hands on what it gets, and cannot go back."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def write(self, data: bytes, /) -> int:
        self._buffer += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def drain(self) -> bytes:
        """Return what came since the last time."""
        taken, self._buffer = bytes(self._buffer), bytearray()
        return taken


def stream_workbook(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Return a workbook with rows of a sheet, packed while they come."""
    outlet = _StreamBuffer()
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in _WORKBOOK_PARTS.items():
            book.writestr(name, _XML_DECLARATION + text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_START)
            for part in rows:
                sheet.write(part)
                if taken := outlet.drain():
                    yield taken
            sheet.write(_SHEET_END)
    yield outlet.drain()
