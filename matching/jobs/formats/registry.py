"""The file formats of bulk jobs, and the detection of the format of an upload."""

from __future__ import annotations

from collections.abc import Mapping

from matching.jobs.formats.csv_files import CsvFormat
from matching.jobs.formats.json_lines import JsonLinesFormat
from matching.jobs.formats.rows import FileError, TabularFormat
from matching.jobs.formats.sentences import FileSentence
from matching.jobs.formats.workbooks import XlsxFormat
from matching.models import FileFormat

FORMATS: Mapping[str, TabularFormat] = {
    FileFormat.CSV: CsvFormat(),
    FileFormat.XLSX: XlsxFormat(),
    FileFormat.JSONL: JsonLinesFormat(),
}
_FORMATS_BY_EXTENSION = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".txt": FileFormat.CSV,
    ".xlsx": FileFormat.XLSX,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
}
_ZIP_SIGNATURE = b"PK\x03\x04"


def detect_format(file_name: str, beginning: bytes, stated: str = "") -> str:
    """Return the stated format, else that of the file name's extension.

    Raises :class:`FileError` for an unknown extension and for an archive that is no workbook.
    """
    extension = file_name[file_name.rfind(".") :].lower() if "." in file_name else ""
    chosen = stated or _FORMATS_BY_EXTENSION.get(extension, "")
    if not chosen:
        raise FileError(FileSentence.UNKNOWN_FORMAT)
    if chosen != FileFormat.XLSX and beginning.startswith(_ZIP_SIGNATURE):
        raise FileError(FileSentence.ARCHIVE.format(format=FileFormat(chosen).label))
    return chosen
