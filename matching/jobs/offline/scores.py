"""What the command ``compare_file`` is asked for and what it adds to a row, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from matching.engine import Score, load_default_scorer, score_many
from matching.jobs.formats.rows import NameColumns

PIECE_ROWS = 400
"""Rows that one process compares at a time."""


class FileCompareOptions(NamedTuple):
    """The columns of both names, the profile and the kind of name."""

    columns: NameColumns
    profile: str = "general"
    kind: str = "auto"


class ScoreCells(NamedTuple):
    """The columns that the command adds to a row; where ``verdict`` is empty, ``error`` is not."""

    prediction: bool | None = None
    material_probability: float | None = None
    confidence: float | None = None
    leaning: str = ""
    leaning_probability: float | None = None
    verdict: str = ""
    differences: tuple[str, ...] = ()
    model_version: str = ""
    error: str = ""


SCORE_COLUMNS = ScoreCells._fields


class NamePair(NamedTuple):
    """Both names of a row, or the error that keeps them from comparison."""

    left: str
    right: str
    error: str = ""


class Piece(NamedTuple):
    """Some rows of a source in a form that processes pass on, and the position where the next ones begin."""

    content: Any
    end: int


class Answer(NamedTuple):
    """A piece with its scores as bytes of the output, its rows and how many of them carry an error."""

    content: bytes
    rows: int
    errors: int


class PairFile(Protocol):
    """A file of pairs that is read by pieces, and the form of its output.

    ``start`` is the position of its first row, ``size`` the position of its end, where that is known: bytes
    or rows, whatever the format counts.
    """

    start: int
    size: int | None

    def format_header(self) -> bytes:
        """Return the beginning of the output."""

    def cut(self, start: int) -> Iterator[Piece]:
        """Yield the pieces from a position on, at which an earlier piece ended."""

    def build_answer_function(self) -> Callable[[Piece], Answer]:
        """Return the function that makes the answer of a piece; processes can pass it on."""

    def publish(self, partial: Path, target: Path) -> None:
        """Make the file ``target`` of a complete output."""


def compare_names(pairs: Sequence[NamePair], options: FileCompareOptions) -> list[ScoreCells]:
    """Return what is added to each row; a row that carries an error gets nothing else."""
    names = [(left, right) for left, right, error in pairs if not error]
    scores = iter(score_many(names, options.profile, options.kind))
    return [ScoreCells(error=pair.error) if pair.error else _build_cells(next(scores)) for pair in pairs]


def _build_cells(score: Score | ValueError) -> ScoreCells:
    if isinstance(score, ValueError):
        return ScoreCells(error=str(score))
    return ScoreCells(
        score.prediction,
        score.material_probability,
        score.confidence,
        score.leaning.value if score.leaning else "",
        score.leaning_probability,
        score.verdict.value,
        score.categories,
        get_model_version(),
    )


@lru_cache(maxsize=1)
def get_model_version() -> str:
    """Return the version of the shipped model, which is written into every row."""
    return load_default_scorer().version
