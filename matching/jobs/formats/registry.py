"""The kinds of file a job takes, and which of them a file is."""

from __future__ import annotations

from collections.abc import Mapping

from matching.jobs.formats.csv_files import CsvFormat
from matching.jobs.formats.json_lines import JsonLinesFormat
from matching.jobs.formats.rows import FileError, TabularFormat
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


def detect_format(file_name: str, beginning: bytes, said: str = "") -> str:
    """Return the format that was said, else that of the ending. Raises :class:`FileError` for another one."""
    ending = file_name[file_name.rfind(".") :].lower() if "." in file_name else ""
    chosen = said or _FORMATS_BY_EXTENSION.get(ending, "")
    if not chosen:
        raise FileError("Name the file .csv, .xlsx or .jsonl, or say which of them it is in format.")
    if chosen != FileFormat.XLSX and beginning.startswith(_ZIP_SIGNATURE):
        raise FileError(f"The file is a workbook or an archive, not {FileFormat(chosen).label}.")
    return chosen
