"""Compare a CSV file of pairs: any number of rows, on all cores, in order, in constant memory.

Needs no server, database or network. A row that cannot be compared gets its error and the others are
compared; the output appears under its name only when it is complete.
"""

from __future__ import annotations

import gc
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, NamedTuple

from matching.engine import Score, load_default_scorer, score_many
from matching.jobs.formats.csv_files import format_csv, read_csv_layout, read_csv_rows
from matching.jobs.formats.rows import FileError, FileLayout, NameColumns, PairRow

CHUNK_SIZE = 400
"""Rows that one process compares at a time."""

RowProgressCallback = Callable[[int, int], None]
"""Called with the number of rows written and of bytes read so far."""


class FileCompareOptions(NamedTuple):
    """The columns of both names, the profile and the kind of name."""

    columns: NameColumns
    profile: str = "general"
    kind: str = "auto"


class ScoreCells(NamedTuple):
    """The columns that the command adds to a row, as text; where ``verdict`` is empty, ``error`` is not."""

    prediction: str = ""
    material_probability: str = ""
    confidence: str = ""
    verdict: str = ""
    differences: str = ""
    model_version: str = ""
    error: str = ""


SCORE_COLUMNS = ScoreCells._fields


class RowTotals(NamedTuple):
    """Rows written, and how many of them carry an error."""

    rows: int
    errors: int


def compare_file(
    source: Path,
    target: Path,
    options: FileCompareOptions,
    processes: int,
    report_progress: RowProgressCallback,
) -> RowTotals:
    """Compare every row of a CSV file and write it with the further columns :data:`SCORE_COLUMNS`.

    ``processes`` is at least 1. Raises :class:`FileError` for a file or column that is not there and
    :class:`~matching.engine.EngineError` for an unknown profile or kind.
    """
    score_many([], options.profile, options.kind)
    with _open_source(source) as file, _open_target(target) as out:
        layout = _read_layout(file, source, options.columns)
        format_rows = partial(format_csv, delimiter=layout["delimiter"], line_end="\n")
        out.write(format_rows([[*layout["header"], *SCORE_COLUMNS]]))
        rows, errors = 0, 0
        for chunk, scores in _compare_chunks(read_csv_rows(file, layout), options, processes):
            out.write(format_rows([*row.fields, *cells] for row, cells in zip(chunk, scores, strict=True)))
            rows, errors = rows + len(chunk), errors + sum(bool(cells.error) for cells in scores)
            report_progress(rows, file.tell())
    return RowTotals(rows, errors)


@contextmanager
def _open_source(source: Path) -> Iterator[BufferedReader]:
    """Open the input. Raises :class:`FileError` where there is no readable file."""
    try:
        with source.open("rb") as file:
            yield file
    except (FileNotFoundError, IsADirectoryError) as error:
        raise FileError(f"{source} is not a file that can be read.") from error
    except PermissionError as error:
        raise FileError(f"{error.filename or source} may not be opened: permission denied.") from error


def _read_layout(file: BufferedReader, source: Path, columns: NameColumns) -> FileLayout:
    """Read the header and go back to the beginning. Raises :class:`FileError` with the name of the file."""
    try:
        layout = read_csv_layout(file, columns, SCORE_COLUMNS)
    except FileError as error:
        raise FileError(f"{source.name}: {error}") from None
    file.seek(0)
    return layout


@contextmanager
def _open_target(target: Path) -> Iterator[IO[bytes]]:
    """Write a file beside the target that takes its name on success and is deleted otherwise."""
    if not target.parent.is_dir():
        raise FileError(f"The folder {target.parent} does not exist.")
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as out:
        try:
            yield out
            out.flush()
            Path(out.name).chmod(0o644)
            Path(out.name).replace(target)
        except OSError as error:
            raise FileError(f"{target} cannot be written: {error.strerror}.") from error
        finally:
            Path(out.name).unlink(missing_ok=True)


def _compare_chunks(
    rows: Iterator[PairRow], options: FileCompareOptions, processes: int
) -> Iterator[tuple[list[PairRow], list[ScoreCells]]]:
    """Yield chunks of rows with their scores, in order; only a few chunks are in memory at a time."""
    chunks = iter(lambda: list(islice(rows, CHUNK_SIZE)), [])
    if processes == 1:
        for chunk in chunks:
            yield chunk, _compare_chunk(chunk, options)
        return
    with ProcessPoolExecutor(processes, initializer=prepare_process) as pool:
        waiting: deque[tuple[list[PairRow], Future[list[ScoreCells]]]] = deque()
        for chunk in chunks:
            waiting.append((chunk, pool.submit(_compare_chunk, chunk, options)))
            if len(waiting) > processes * 3:
                oldest, future = waiting.popleft()
                yield oldest, future.result()
        for oldest, future in waiting:
            yield oldest, future.result()


def prepare_process() -> None:
    """Load the model and exempt what is loaded from garbage collection, which makes bulk work a fifth faster.

    Changes the garbage collector of the whole process: only for processes that do nothing else.
    """
    load_default_scorer()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _compare_chunk(chunk: Sequence[PairRow], options: FileCompareOptions) -> list[ScoreCells]:
    """Return the output columns of each row; a row that carries an error gets nothing else."""
    pairs = [(row.left, row.right) for row in chunk if not row.error]
    version = load_default_scorer().version
    scores = iter(score_many(pairs, options.profile, options.kind))
    return [
        ScoreCells(error=row.error) if row.error else _format_score(next(scores), version) for row in chunk
    ]


def _format_score(score: Score | ValueError, version: str) -> ScoreCells:
    if isinstance(score, ValueError):
        return ScoreCells(error=str(score))
    return ScoreCells(
        prediction=str(score.prediction).lower(),
        material_probability=f"{score.material_probability:.6f}",
        confidence=f"{score.confidence:.6f}",
        verdict=score.verdict.value,
        differences=";".join(score.categories),
        model_version=version,
    )


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
