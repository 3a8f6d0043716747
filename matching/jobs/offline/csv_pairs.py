"""CSV in and CSV out of ``compare_file``: cell by cell as it was, with the scores behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from io import BufferedReader
from pathlib import Path

from matching.jobs.formats.csv_files import CsvCutter, format_csv, read_csv_piece
from matching.jobs.formats.rows import FileLayout
from matching.jobs.offline.scores import (
    PIECE_ROWS,
    SCORE_COLUMNS,
    Answer,
    FileCompareOptions,
    NamePair,
    Piece,
    ScoreCells,
    compare_names,
)


class CsvPairs:
    """A CSV file of pairs, or a pipe of one; positions are bytes. Raises :class:`FileError`."""

    def __init__(self, file: BufferedReader, options: FileCompareOptions) -> None:
        self._cutter = CsvCutter(file, options.columns, SCORE_COLUMNS)
        self._options = options
        self.start = self._cutter.start
        status = os.fstat(file.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None

    def format_header(self) -> bytes:
        """Return the header with the further columns."""
        layout = self._cutter.layout
        return format_csv([[*layout["header"], *SCORE_COLUMNS]], layout["delimiter"], "\n")

    def cut(self, start: int) -> Iterator[Piece]:
        """Yield the pieces from a byte on."""
        for piece in self._cutter.cut(start, PIECE_ROWS):
            start += piece.size
            yield Piece(piece.text, start)

    def build_answer_function(self) -> Callable[[Piece], Answer]:
        """Return the function that answers a piece."""
        return partial(_answer_piece, layout=self._cutter.layout, options=self._options)

    def publish(self, partial: Path, target: Path) -> None:
        """Give a complete output its name."""
        partial.replace(target)


def _answer_piece(piece: Piece, layout: FileLayout, options: FileCompareOptions) -> Answer:
    rows = read_csv_piece(piece.content, layout)
    scores = compare_names([NamePair(row.left, row.right, row.error) for row in rows], options)
    table = ([*row.fields, *_format_cells(cells)] for row, cells in zip(rows, scores, strict=True))
    content = format_csv(table, layout["delimiter"], "\n")
    return Answer(content, len(rows), sum(bool(cells.error) for cells in scores))


def _format_cells(cells: ScoreCells) -> tuple[str, ...]:
    return (
        "" if cells.prediction is None else str(cells.prediction).lower(),
        _format_share(cells.material_probability),
        _format_share(cells.confidence),
        cells.leaning,
        _format_share(cells.leaning_probability),
        cells.verdict,
        ";".join(cells.differences),
        cells.model_version,
        cells.error,
    )


def _format_share(share: float | None) -> str:
    return "" if share is None else f"{share:.6f}"
