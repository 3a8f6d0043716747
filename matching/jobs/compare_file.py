"""Compare a file of pairs: any number of rows, on all cores, in order, in constant memory.

Needs no server, database or network. One process cuts the file into pieces and writes their answers; the
others read the rows of a piece, compare them and make the bytes of the output. A row that cannot be compared
gets its error and the others are compared; the output appears under its name only when it is complete.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, cast

from matching.engine import load_default_scorer, score_many
from matching.jobs.formats.rows import FileError
from matching.jobs.offline.csv_pairs import CsvPairs
from matching.jobs.offline.ordered_pool import map_in_order
from matching.jobs.offline.outputs import STANDARD_STREAM, Output, open_output
from matching.jobs.offline.scores import FileCompareOptions, PairFile

_PARQUET_ENDINGS = (".parquet", ".pq")


class FileProgress(NamedTuple):
    """How far a run came.

    ``rows`` are written. ``read`` and ``size`` are what is read and what there is, in bytes or rows; ``size``
    is ``None`` for a pipe. ``resumed_rows`` and ``resumed_read`` were done by an earlier run.
    """

    rows: int
    read: int
    size: int | None
    resumed_rows: int = 0
    resumed_read: int = 0


ProgressCallback = Callable[[FileProgress], None]


class RowTotals(NamedTuple):
    """Rows written, how many of them carry an error, and how many were written by an earlier run."""

    rows: int
    errors: int
    resumed: int = 0


def compare_file(
    source: Path,
    target: Path,
    options: FileCompareOptions,
    processes: int,
    report_progress: ProgressCallback,
    resume: bool = False,
) -> RowTotals:
    """Compare every row of a CSV or Parquet file and write it with the columns of ``ScoreCells`` behind.

    ``-`` stands for standard input or standard output, both CSV. ``processes`` is at least 1. With ``resume``
    a run that was ended goes on where it was; without one to continue the file is begun. Raises
    :class:`FileError` for a file or column that cannot be used and
    :class:`~matching.engine.EngineError` for an unknown profile or kind.
    """
    score_many([], options.profile, options.kind)
    if resume and STANDARD_STREAM in (source, target):
        raise FileError("--resume needs two files: what came through a pipe is gone.")
    with _open_bytes(source) as file:
        pairs = _read_beginning(file, source, target, options)
        with open_output(source, target, options, pairs, resume) as output:
            return _write_answers(pairs, output, processes, report_progress)


def _write_answers(
    pairs: PairFile, output: Output, processes: int, report_progress: ProgressCallback
) -> RowTotals:
    if not output.state.written:
        output.append(pairs.format_header(), pairs.start)
    earlier, answer = output.state, pairs.build_answer_function()
    pieces = pairs.cut(earlier.position)
    for piece, answered in map_in_order(answer, pieces, processes, prepare_process):
        output.append(answered.content, piece.end, answered.rows, answered.errors)
        rows = output.state.rows
        report_progress(FileProgress(rows, piece.end, pairs.size, earlier.rows, earlier.position))
    return RowTotals(output.state.rows, output.state.errors, earlier.rows)


def _open_bytes(source: Path) -> AbstractContextManager[BufferedReader]:
    """Open the input. Raises :class:`FileError` where there is no readable file."""
    if source == STANDARD_STREAM:
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    try:
        return source.open("rb")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileError(f"{source} is not a file that can be read.") from error
    except PermissionError as error:
        raise FileError(f"{source} may not be opened: permission denied.") from error


def _read_beginning(
    file: BufferedReader, source: Path, target: Path, options: FileCompareOptions
) -> PairFile:
    """Read the header. Raises :class:`FileError` with the name of the file."""
    is_parquet = source.suffix.lower() in _PARQUET_ENDINGS
    if is_parquet != (target.suffix.lower() in _PARQUET_ENDINGS):
        raise FileError("Input and output must both be Parquet files (.parquet) or both be CSV.")
    try:
        return _load_parquet_pairs()(file, options) if is_parquet else CsvPairs(file, options)
    except FileError as error:
        raise FileError(f"{source.name}: {error}") from None


def _load_parquet_pairs() -> Callable[[BufferedReader, FileCompareOptions], PairFile]:
    """Return the class for Parquet, imported on demand: its library takes longer than a small CSV file.

    Raises :class:`FileError` where the library is not installed.
    """
    try:
        module = import_module("matching.jobs.offline.parquet_pairs")
    except ModuleNotFoundError:
        raise FileError("Parquet files need the extra training; CSV files need nothing.") from None
    return cast("Callable[[BufferedReader, FileCompareOptions], PairFile]", module.ParquetPairs)


def prepare_process() -> None:
    """Load the model and exempt what is loaded from garbage collection, which makes bulk work a fifth faster.

    Changes the garbage collector of the whole process: only for processes that do nothing else.
    """
    load_default_scorer()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
