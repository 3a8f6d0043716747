"""What is wrong with a file or a row of it: English sentences, which pages and the API translate.

A template holds its parameters in braces: numbers with their format, quoted text without one, and sentences
by a name that ends in ``sentence`` (:mod:`accounts.language.stored_sentences` reads them back). Results of
jobs hold the English ones. This module loads no framework: the reader of workbooks runs without one.
"""

from __future__ import annotations

from enum import StrEnum


class FileSentence(StrEnum):
    """Why a file cannot be used, and why a job failed."""

    NO_HEADER = "The file is empty: its first line must name the columns."
    NO_OBJECT = "The file is empty: each line must be a JSON object."
    NO_ROWS = "The file has no rows below its header."
    TOO_MANY_ROWS = "The file has more than {rows:,} rows; divide it."
    ONE_COLUMN = "The two names must be in two columns."
    COLUMN_MISSING = "There is no column {columns}; the columns are {present}."
    COLUMN_DOUBLED = "There is more than one column {columns}; rename all but one."
    COLUMN_TAKEN = "There is a column {columns} already; rename it first."
    UNKNOWN_FORMAT = "Name the file .csv, .xlsx or .jsonl, or say which of them it is in format."
    ARCHIVE = "The file is a workbook or an archive, not {format}."
    ROWS_UNREADABLE = "The first {count:d} rows are not readable CSV: {error}."
    UTF16 = "The file is UTF-16 text; save it as UTF-8 (CSV UTF-8 in spreadsheets)."
    FIRST_LINE_TOO_LONG = "The first line is longer than {length:d} characters; it must name the columns."
    FIRST_LINE_NOT_UTF8 = "The first line is not UTF-8 text; save the file as UTF-8."
    NOT_TEXT = "The file is not text; save it as CSV (UTF-8)."
    FIRST_LINE_UNREADABLE = "The first line is not readable CSV: {error}."
    LINE_UNUSABLE = "Line {number:d} cannot be used: {sentence}"
    FIRST_LINE_UNUSABLE = "The first line cannot be used: {sentence}"
    NO_WORKBOOK = "The file is no XLSX workbook, or a damaged one."
    WORKBOOK_TOO_COSTLY = "Reading the workbook takes too much time or memory; upload the sheet as CSV."
    WORKBOOK_TEXTS = "The workbook has too many different texts; upload the sheet as CSV."
    WORKBOOK_STYLES = "The workbook has too many styles; upload the sheet as CSV."
    WORKBOOK_SIZE = "The workbook unpacks to more than can be read; upload the sheet as CSV."
    WORKBOOK_ROW = "A row of the workbook has no number from 1 to {most:,} in order."
    WORKBOOK_COLUMN = "A cell of the workbook has no column from 1 to {most:,} in order."
    SPLITTING_FAILED = "Reading the file failed three times; please report it."
    CHUNK_FAILED = (
        "Comparing rows {first:d} to {last:d} failed three times; please report it, or leave those rows out."
    )
    FILES_LOST = (
        "The files of this job were lost when the installation was restored; please send the file again."
    )


class RowSentence(StrEnum):
    """Why a row of a file cannot be compared."""

    TOO_LONG = "The row is longer than {length:d} characters."
    NOT_UTF8 = "A name is not UTF-8 text."
    UNREADABLE = "The row is not readable CSV: {error}."
    FIELDS = "The row has {found:d} fields; the header has {width:d}."
    CELLS = "The row has {found:d} cells; the header has {width:d}."
    LINE_NOT_UTF8 = "The line is not UTF-8 text."
    NO_OBJECT = "The line is no JSON object."
    FIELDS_TAKEN = "The line has {columns} already."
    NEITHER_TEXT = "{first} and {second} must be text."
    NO_TEXT = "{column} must be text."
    CONSTANT = "{name} is not a number in JSON; write null or text."


SENTENCES: tuple[str, ...] = (
    *[sentence.value for sentence in FileSentence],
    *[sentence.value for sentence in RowSentence],
)
"""Every template."""
