"""Parquet in, Parquet out: every column as it was, with the scores behind."""

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from matching.jobs.compare_file import FileProgress, compare_file
from matching.jobs.formats.rows import FileError
from matching.jobs.offline.scores import SCORE_COLUMNS, FileCompareOptions

PLAN = FileCompareOptions(("name_a", "name_b"))


def quiet(_: FileProgress) -> None:
    """Show no progress."""


def run(folder: Path, table: pa.Table, processes: int = 1, **writing: Any) -> pa.Table:
    source, target = folder / "in.parquet", folder / "out.parquet"
    pq.write_table(table, source, **writing)
    compare_file(source, target, PLAN, processes, quiet)
    assert sorted(path.name for path in folder.iterdir()) == ["in.parquet", "out.parquet"]
    return pq.read_table(target)


def pairs(rows: int) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(range(rows), pa.int32()),
            "name_a": [f"Acme {at} Ltd" for at in range(rows)],
            "name_b": [f"ACME {at % 7} Limited" for at in range(rows)],
        }
    )


def test_columns_of_every_type_stay_as_they_are(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, None], pa.int64()),
            "tags": pa.array([["a", "b"], []], pa.list_(pa.string())),
            "name_a": pa.array(["Acme, Inc.", "Acme LLC"], pa.large_string()),
            "name_b": pa.array(["ACME Incorporated", "Acme GmbH"]).dictionary_encode(),
        }
    ).replace_schema_metadata({"origin": "a register"})
    answered = run(tmp_path, table)
    assert answered.column_names == ["id", "tags", "name_a", "name_b", *SCORE_COLUMNS]
    assert answered.select(["id", "tags", "name_a"]) == table.select(["id", "tags", "name_a"])
    assert answered["name_b"].to_pylist() == table["name_b"].to_pylist()
    assert answered.schema.metadata[b"origin"] == b"a register"


def test_scores_are_typed_and_what_does_not_apply_is_null(tmp_path: Path) -> None:
    table = pa.table({"name_a": ["Acme, Inc.", None], "name_b": ["ACME Incorporated", "Acme"]})
    good, bad = run(tmp_path, table).to_pylist()
    assert (good["verdict"], good["prediction"], good["error"]) == ("immaterial", False, None)
    assert set(good["differences"]) == {"O01", "O08"}
    assert 0 < good["material_probability"] < 0.5
    assert (bad["verdict"], bad["prediction"], bad["differences"]) == (None, None, [])
    assert "empty" in bad["error"]


def test_a_name_that_is_not_utf_8_spoils_its_row_only(tmp_path: Path) -> None:
    spoiled = pa.array([b"Soci\xe9t\xe9", b"Acme"]).view(pa.string())
    answered = run(tmp_path, pa.table({"name_a": spoiled, "name_b": ["Acme", "ACME"]}))
    assert answered["error"].to_pylist() == ["A name is not UTF-8 text.", None]


def test_answers_do_not_depend_on_processes_or_row_groups(tmp_path: Path) -> None:
    table = pairs(1_500)
    one = run(tmp_path, table)
    assert run(tmp_path, table, processes=2, row_group_size=130) == one
    assert one.num_rows == 1_500


def test_without_the_library_the_sentence_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matching.jobs.offline.parquet_pairs", None)
    pq.write_table(pairs(1), tmp_path / "in.parquet")
    with pytest.raises(FileError, match="Parquet files need the extra training"):
        compare_file(tmp_path / "in.parquet", tmp_path / "out.parquet", PLAN, 1, quiet)


def test_a_file_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    source.write_bytes(b"name_a,name_b\n")
    with pytest.raises(FileError, match=r"in.parquet: The file is not Parquet"):
        compare_file(source, tmp_path / "out.parquet", PLAN, 1, quiet)
    pq.write_table(pa.table({"name_a": [1], "name_b": ["A"]}), source)
    with pytest.raises(FileError, match="The column name_a holds int64, not text"):
        compare_file(source, tmp_path / "out.parquet", PLAN, 1, quiet)
    with pytest.raises(FileError, match="both be Parquet"):
        compare_file(source, tmp_path / "out.csv", PLAN, 1, quiet)
