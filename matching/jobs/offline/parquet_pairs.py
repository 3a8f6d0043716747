"""Parquet in and Parquet out of ``compare_file``: every column as it was, with the scores behind.

While the output grows it is a stream of Arrow batches, which can be continued: Parquet has its table of
contents at its end. It becomes Parquet when it is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from matching.jobs.formats.csv_files import NOT_UTF8
from matching.jobs.formats.rows import FileError, NameColumns, check_header
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

_GROUP_ROWS = 64 * 1024
"""Rows of a row group of the output."""

_SCORE_SCHEMA = pa.schema(
    [
        ("prediction", pa.bool_()),
        ("material_probability", pa.float64()),
        ("confidence", pa.float64()),
        ("leaning", pa.string()),
        ("leaning_probability", pa.float64()),
        ("verdict", pa.string()),
        ("differences", pa.list_(pa.string())),
        ("model_version", pa.string()),
        ("error", pa.string()),
    ]
)


class ParquetPairs:
    """A Parquet file of pairs; positions are rows. Raises :class:`FileError` for an unreadable file."""

    def __init__(self, file: BufferedReader, options: FileCompareOptions) -> None:
        try:
            self._file = pq.ParquetFile(file)
        except pa.ArrowException as error:
            raise FileError("The file is not Parquet.") from error
        self._options = options
        self._schema = _check_schema(self._file.schema_arrow, options.columns)
        self.start, self.size = 0, self._file.metadata.num_rows

    def format_header(self) -> bytes:
        """Return the schema of the output."""
        return bytes(_build_output_schema(self._schema).serialize())

    def cut(self, start: int) -> Iterator[Piece]:
        """Yield the pieces from a row on."""
        groups, skipped = self._find_groups(start)
        with _translate_errors():
            for batch in self._file.iter_batches(PIECE_ROWS, row_groups=groups):
                rest = batch.slice(min(skipped, len(batch)))
                skipped -= len(batch) - len(rest)
                if len(rest):
                    start += len(rest)
                    yield Piece(_plain(rest, self._schema).serialize().to_pybytes(), start)

    def build_answer_function(self) -> Callable[[Piece], Answer]:
        """Return the function that answers a piece."""
        return partial(_answer_piece, schema=self._schema.serialize().to_pybytes(), options=self._options)

    def publish(self, partial: Path, target: Path) -> None:
        """Turn a complete output into Parquet under its name."""
        whole = partial.with_suffix(".whole")
        schema = _build_output_schema(self._schema)
        with (
            pa.ipc.open_stream(pa.memory_map(str(partial))) as batches,
            pq.ParquetWriter(whole, schema) as out,
        ):
            for table in _gather(batches, schema):
                out.write_table(table)
        whole.replace(target)
        partial.unlink()

    def _find_groups(self, start: int) -> tuple[list[int], int]:
        """Return the row groups from a row on, and how many rows of the first of them lie before it."""
        metadata = self._file.metadata
        for group in range(metadata.num_row_groups):
            if start < metadata.row_group(group).num_rows:
                return list(range(group, metadata.num_row_groups)), start
            start -= metadata.row_group(group).num_rows
        return [], 0


def _check_schema(schema: Any, columns: NameColumns) -> Any:
    """Return the schema without dictionaries. Raises :class:`FileError` where the names are no text."""
    check_header(schema.names, columns, SCORE_COLUMNS)
    fields = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in schema
    ]
    plain = pa.schema(fields, schema.metadata)
    for column in columns:
        kind = plain.field(column).type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise FileError(f"The column {column} holds {kind}, not text.")
    return plain


def _build_output_schema(schema: Any) -> Any:
    return pa.schema([*schema, *_SCORE_SCHEMA], schema.metadata)


def _plain(batch: Any, schema: Any) -> Any:
    """Return a batch without dictionaries, which would have to travel apart from it."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _answer_piece(piece: Piece, schema: bytes, options: FileCompareOptions) -> Answer:
    known = pa.ipc.read_schema(pa.py_buffer(schema))
    batch = pa.ipc.read_record_batch(pa.py_buffer(piece.content), known)
    left, right = (_read_texts(batch, column) for column in options.columns)
    scores = compare_names([_build_pair(*names) for names in zip(left, right, strict=True)], options)
    columns = [*batch.columns, *_build_columns(scores)]
    answered = pa.RecordBatch.from_arrays(columns, schema=_build_output_schema(known))
    content = answered.serialize().to_pybytes()
    return Answer(content, len(scores), sum(bool(cells.error) for cells in scores))


def _read_texts(batch: Any, column: str) -> list[bytes | None]:
    """Return the names as bytes: Parquet does not promise that they are UTF-8."""
    names = batch.column(column)
    large = pa.types.is_large_string(names.type)
    texts: list[bytes | None] = names.view(pa.large_binary() if large else pa.binary()).to_pylist()
    return texts


def _build_pair(left: bytes | None, right: bytes | None) -> NamePair:
    try:
        return NamePair((left or b"").decode(), (right or b"").decode())
    except UnicodeDecodeError:
        return NamePair("", "", NOT_UTF8)


def _build_columns(scores: Sequence[ScoreCells]) -> list[Any]:
    """Return the columns of the scores; numbers to six places as in CSV, nothing as null."""
    values = zip(*map(_build_values, scores), strict=True)
    return [pa.array(column, field.type) for column, field in zip(values, _SCORE_SCHEMA, strict=True)]


def _build_values(cells: ScoreCells) -> tuple[Any, ...]:
    values = (round(value, 6) if isinstance(value, float) else value for value in cells)
    return tuple(None if value == "" else value for value in values)


def _gather(batches: Any, schema: Any) -> Iterator[Any]:
    """Yield tables of the size of a row group."""
    gathered: list[Any] = []
    for batch in batches:
        gathered.append(batch)
        if sum(map(len, gathered)) >= _GROUP_ROWS:
            yield pa.Table.from_batches(gathered, schema)
            gathered = []
    if gathered:
        yield pa.Table.from_batches(gathered, schema)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise :class:`FileError` for a damaged file."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise FileError("The Parquet file is damaged; the rows before the damage are kept.") from error
