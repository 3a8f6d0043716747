"""Download of a job's result: streamed chunk by chunk, in order, in constant memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, cast

from matching.jobs.encrypted_file import FRAME_BYTES
from matching.jobs.formats.registry import FORMATS
from matching.jobs.job_folder import open_job_file
from matching.jobs.service import load_layout
from matching.models import BatchJob, FileFormat

_NAMESPACE = "http://schemas.openxmlformats.org"
_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPREADSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONSHIPS_NAMESPACE = f"{_NAMESPACE}/officeDocument/2006/relationships"


def _format_relationship(kind: str, target: str) -> str:
    """Return the part of a workbook that refers to another part."""
    reference = f'<Relationship Id="rId1" Type="{_RELATIONSHIPS_NAMESPACE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">{reference}</Relationships>'


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


def build_file_name(job: BatchJob, suffix: str = "result") -> str:
    """Return the file name of the result: that of the upload with a suffix."""
    stem = PurePath(job.file_name.replace("\\", "/")).stem or "job"
    return f"{stem}-{suffix}.{job.format}"


def compute_length(job: BatchJob) -> int | None:
    """Return the bytes of the result; ``None`` for a workbook, which is compressed while it is sent."""
    if job.format == FileFormat.XLSX:
        return None
    return len(FORMATS[job.format].format_header(load_layout(job))) + sum(
        job.chunks.values_list("output_bytes", flat=True)
    )


def stream_result(job: BatchJob) -> Iterator[bytes]:
    """Yield the result of a job that succeeded."""
    chunks = _stream_chunks(job)
    return stream_workbook(chunks) if job.format == FileFormat.XLSX else chunks


def _stream_chunks(job: BatchJob) -> Iterator[bytes]:
    header = FORMATS[job.format].format_header(load_layout(job))
    for name in job.chunks.order_by("number").values_list("output", flat=True):
        with open_job_file(job, name) as file:
            while part := file.read(FRAME_BYTES):
                yield header + part
                header = b""


class _StreamBuffer:
    """Output of a ZIP archive that is sent while it is written; not seekable."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def write(self, data: bytes, /) -> int:
        self._buffer += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: every write is available to :meth:`drain` at once."""

    def drain(self) -> bytes:
        """Return the bytes written since the last call."""
        taken, self._buffer = bytes(self._buffer), bytearray()
        return taken


def stream_workbook(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a workbook whose sheet holds the given rows, compressed while they are read."""
    buffer = _StreamBuffer()
    with zipfile.ZipFile(cast("IO[bytes]", buffer), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in _WORKBOOK_PARTS.items():
            book.writestr(name, _XML_DECLARATION + text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_START)
            for part in rows:
                sheet.write(part)
                if taken := buffer.drain():
                    yield taken
            sheet.write(_SHEET_END)
    yield buffer.drain()
