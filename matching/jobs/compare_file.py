"""Comparing a file of pairs: any number of rows, on all cores, in order, with flat memory.

Nothing here needs a server, a database or a network. A row that cannot be compared gets its error and the
rest goes on; the output appears under its name only when it is complete.
"""

from __future__ import annotations

import csv
import gc
import io
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO, NamedTuple, TextIO

from matching.engine import Score, load_default_scorer, score_many

SCORE_COLUMNS = (
    "prediction",
    "material_probability",
    "confidence",
    "verdict",
    "differences",
    "model_version",
    "error",
)
CHUNK_SIZE = 400
_MAX_FIELD_LENGTH = 1_000_000
_DELIMITERS = (",", ";", "\t", "|")

OutputCells = tuple[str, ...]
RowProgressCallback = Callable[[int, int], None]


class FileError(ValueError):
    """The input or output cannot be used; the message is one sentence and says what to do."""


class FileCompareOptions(NamedTuple):
    """What is compared: the columns of both names, profile, kind."""

    columns: tuple[str, str]
    profile: str = "general"
    kind: str = "auto"


class CsvRow(NamedTuple):
    """One input row as wide as the header, with both names, or what is wrong with it."""

    fields: list[str]
    left: str
    right: str
    error: str


class RowTotals(NamedTuple):
    """Rows written, and how many of them carry an error."""

    rows: int
    errors: int


def compare_file(
    source: Path, target: Path, plan: FileCompareOptions, processes: int, progress: RowProgressCallback
) -> RowTotals:
    """Compare every row of a CSV file and write the answers beside it.

    ``processes`` is at least 1. ``progress`` is told rows done and bytes read now and then. Raises
    :class:`FileError` for a file or column that is not there and :class:`~matching.engine.EngineError` for an
    unknown profile or kind.
    """
    score_many([], plan.profile, plan.kind)
    with _open_source(source) as (raw, file), _open_target(target) as out:
        delimiter = _detect_delimiter(file, plan.columns)
        reader = csv.reader(file, delimiter=delimiter)
        header = _read_header(reader, plan.columns, source)
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
        writer.writerow([*header, *SCORE_COLUMNS])
        rows, errors = 0, 0
        for chunk, answers in _compare_chunks(_read_rows(reader, header, plan.columns), plan, processes):
            writer.writerows([*row.fields, *answer] for row, answer in zip(chunk, answers, strict=True))
            rows, errors = rows + len(chunk), errors + sum(bool(answer[-1]) for answer in answers)
            progress(rows, raw.tell())
    return RowTotals(rows, errors)


@contextmanager
def _open_source(source: Path) -> Iterator[tuple[BinaryIO, TextIO]]:
    """The file as text; bytes that are not UTF-8 survive as lone surrogates, so that only their row fails."""
    try:
        with source.open("rb") as raw:
            if raw.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                raise FileError(
                    f"{source.name} is UTF-16 text; save it as UTF-8 (CSV UTF-8 in spreadsheets)."
                )
            raw.seek(0)
            yield raw, io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileError(f"{source} is not a file that can be read.") from error
    except PermissionError as error:
        raise FileError(f"{error.filename or source} may not be opened: permission denied.") from error


@contextmanager
def _open_target(target: Path) -> Iterator[IO[str]]:
    """A file beside the target that takes its name when all is written, and vanishes otherwise."""
    if not target.parent.is_dir():
        raise FileError(f"The folder {target.parent} does not exist.")
    with NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="replace",
        newline="",
        dir=target.parent,
        prefix=f".{target.name}.",
        delete=False,
    ) as out:
        try:
            yield out
            out.flush()
            Path(out.name).chmod(0o644)
            Path(out.name).replace(target)
        except OSError as error:
            raise FileError(f"{target} cannot be written: {error.strerror}.") from error
        finally:
            Path(out.name).unlink(missing_ok=True)


def _detect_delimiter(file: TextIO, columns: tuple[str, str]) -> str:
    """The delimiter under which the header holds both columns, else the most frequent one."""
    first = file.readline(_MAX_FIELD_LENGTH)
    file.seek(0)
    found = [
        mark for mark in _DELIMITERS if set(columns) <= set(next(csv.reader([first], delimiter=mark), []))
    ]
    return found[0] if found else max(_DELIMITERS, key=first.count)


def _read_header(reader: Iterator[list[str]], columns: tuple[str, str], source: Path) -> list[str]:
    header = next(reader, [])
    missing = [column for column in columns if column not in header]
    if not header:
        raise FileError(f"{source.name} is empty: the first line must name the columns.")
    if missing:
        known = ", ".join(header)[:200]
        raise FileError(f"{source.name} has no column {', '.join(missing)}; its columns are {known}.")
    taken = [name for name in SCORE_COLUMNS if name in header]
    if taken:
        raise FileError(f"{source.name} already has a column {', '.join(taken)}; rename it first.")
    return header


def _read_rows(reader: Iterator[list[str]], header: list[str], columns: tuple[str, str]) -> Iterator[CsvRow]:
    csv.field_size_limit(_MAX_FIELD_LENGTH)
    places = header.index(columns[0]), header.index(columns[1])
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow([""] * len(header), "", "", f"The row is not readable CSV: {error}.")
            continue
        if fields:
            yield _parse_row(fields, len(header), places)


def _parse_row(fields: list[str], width: int, places: tuple[int, int]) -> CsvRow:
    if len(fields) != width:
        shown = (fields + [""] * width)[:width]
        return CsvRow(shown, "", "", f"The row has {len(fields)} fields; the header has {width}.")
    left, right = fields[places[0]], fields[places[1]]
    if _has_surrogates(left) or _has_surrogates(right):
        return CsvRow(fields, "", "", "A name is not UTF-8 text.")
    return CsvRow(fields, left, right, "")


def _has_surrogates(name: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in name) if not name.isascii() else False


def _compare_chunks(
    rows: Iterator[CsvRow], plan: FileCompareOptions, processes: int
) -> Iterator[tuple[list[CsvRow], list[OutputCells]]]:
    """Chunks with their answers, in order; never more than a few chunks are in memory."""
    if processes == 1:
        while chunk := list(islice(rows, CHUNK_SIZE)):
            yield chunk, compare_chunk(chunk, plan)
        return
    with ProcessPoolExecutor(processes, initializer=prepare_process) as pool:
        waiting: deque[tuple[list[CsvRow], Future[list[OutputCells]]]] = deque()
        while chunk := list(islice(rows, CHUNK_SIZE)):
            waiting.append((chunk, pool.submit(compare_chunk, chunk, plan)))
            if len(waiting) > processes * 3:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def prepare_process() -> None:
    """Make this process ready for bulk work: load what every row needs, out of the collector's sight.

    A fifth faster. It changes the collector of the whole process: only for processes that do nothing else.
    """
    load_default_scorer()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def compare_chunk(chunk: list[CsvRow], plan: FileCompareOptions) -> list[OutputCells]:
    """The output columns of some rows; a row with an error has it and nothing else."""
    good = [row for row in chunk if not row.error]
    version = load_default_scorer().version
    scores = iter(score_many([(row.left, row.right) for row in good], plan.profile, plan.kind))
    return [_format_error(row.error) if row.error else _format_output(next(scores), version) for row in chunk]


def _format_output(score: Score | ValueError, version: str) -> OutputCells:
    if isinstance(score, ValueError):
        return _format_error(str(score))
    return (
        str(score.prediction).lower(),
        f"{score.material_probability:.6f}",
        f"{score.confidence:.6f}",
        score.verdict.value,
        ";".join(score.categories),
        version,
        "",
    )


def _format_error(error: str) -> OutputCells:
    return ("",) * (len(SCORE_COLUMNS) - 1) + (error,)


def count_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
