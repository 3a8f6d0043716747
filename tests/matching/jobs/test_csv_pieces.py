"""A CSV file read by pieces has the rows of the file read at once, whatever stands in it."""

from io import BufferedReader, BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.jobs.formats import csv_files
from matching.jobs.formats.csv_files import CsvCutter, read_csv_piece, read_csv_rows
from matching.jobs.formats.rows import PairRow

HEADER = b"name_a,name_b\n"
COLUMNS = ("name_a", "name_b")
CELLS = st.sampled_from(
    [b"a", b"b c", b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\xc3\xa9", b"\xe9", b"long " * 9, b"\n\n"]
)


def reader(content: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(content))


def read_at_once(content: bytes) -> list[PairRow]:
    layout = csv_files.read_csv_layout(reader(content), COLUMNS, ())
    return list(read_csv_rows(reader(content), layout))


def read_by_pieces(content: bytes, rows: int) -> list[PairRow]:
    """Read by pieces, and after every piece by a new reader from where the piece ended."""
    first = CsvCutter(reader(content), COLUMNS, ())
    read: list[PairRow] = []
    at = first.start
    while piece := next(iter(CsvCutter(reader(content), COLUMNS, ()).cut(at, rows)), None):
        read += read_csv_piece(piece.text, first.layout)
        at += piece.size
    assert at == len(content)
    assert read == [
        row for piece in first.cut(first.start, rows) for row in read_csv_piece(piece.text, first.layout)
    ]
    return read


@pytest.fixture
def short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines and cells of more than 30 characters are too long."""
    monkeypatch.setattr(csv_files, "MAX_ROW_LENGTH", 30)


@pytest.mark.usefixtures("short_lines")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELLS, max_size=40).map(b"".join), st.integers(1, 3), st.booleans())
def test_any_bytes_are_read_by_pieces_as_they_are_read_at_once(body: bytes, rows: int, mark: bool) -> None:
    content = (b"\xef\xbb\xbf" if mark else b"") + HEADER + body
    assert read_by_pieces(content, rows) == read_at_once(content)


def test_a_piece_never_ends_inside_a_quoted_cell() -> None:
    content = HEADER + b'"A\n1",B\n' * 7
    cutter = CsvCutter(reader(content), COLUMNS, ())
    assert {piece.text for piece in cutter.cut(cutter.start, 1)} == {'"A\n1",B\n'}


def test_of_a_line_without_end_only_the_beginning_is_kept() -> None:
    content = HEADER + b"x" * 5_000_000 + b"\nA,B\n"
    cutter = CsvCutter(reader(content), COLUMNS, ())
    (piece,) = cutter.cut(cutter.start, 400)
    assert len(piece.text) < 70_000
    assert cutter.start + piece.size == len(content)
    assert [row.error[:28] for row in read_csv_piece(piece.text, cutter.layout)] == [
        "The row is longer than 65536",
        "",
    ]
