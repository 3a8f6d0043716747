import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from matching.engine import UnknownProfileError, load_default_scorer
from matching.jobs.compare_file import FileProgress, compare_file
from matching.jobs.formats.rows import FileError
from matching.jobs.offline.scores import SCORE_COLUMNS, FileCompareOptions

PLAN = FileCompareOptions(("name_a", "name_b"))


def quiet(_: FileProgress) -> None:
    """Show no progress."""


def run(
    folder: Path, content: bytes | str, plan: FileCompareOptions = PLAN, processes: int = 1
) -> list[dict[str, str]]:
    source, target = folder / "in.csv", folder / "out.csv"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    compare_file(source, target, plan, processes, quiet)
    with target.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";" if b";" in source.read_bytes()[:20] else ","))


def test_a_row_keeps_its_columns_and_gets_its_answer(tmp_path: Path) -> None:
    (row,) = run(tmp_path, 'id,name_a,name_b\n7,"Acme, Inc.",ACME Incorporated\n')
    assert list(row) == ["id", "name_a", "name_b", *SCORE_COLUMNS]
    assert (row["id"], row["verdict"], row["prediction"], row["error"]) == ("7", "immaterial", "false", "")
    assert set(row["differences"].split(";")) == {"O01", "O08"}
    assert float(row["confidence"]) > 0.9
    assert row["model_version"] == load_default_scorer().version


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("1,,Acme", "empty"),
        ("1,Acme", "2 fields; the header has 3"),
        ("1,Acme,Acme,more", "4 fields; the header has 3"),
        (f"1,Acme,{'A' * 1_001}", "at most 1000 characters"),
        ("1,...,Acme", "empty"),
    ],
)
def test_a_bad_row_gets_its_error_and_the_rest_goes_on(tmp_path: Path, bad: str, error: str) -> None:
    rows = run(tmp_path, f"id,name_a,name_b\n{bad}\n2,Acme Inc,Acme LLC\n")
    assert error in rows[0]["error"]
    assert rows[0]["verdict"] == ""
    assert (rows[1]["verdict"], rows[1]["error"]) == ("material", "")


def test_bytes_that_are_not_utf_8_spoil_their_row_only(tmp_path: Path) -> None:
    rows = run(tmp_path, b"name_a,name_b\nSoci\xe9t\xe9,Acme\nAcme,ACME\n")
    assert rows[0]["error"] == "A name is not UTF-8 text."
    assert rows[1]["verdict"] == "immaterial"


def test_no_spreadsheet_runs_a_cell_of_the_output_as_a_formula(tmp_path: Path) -> None:
    (row,) = run(tmp_path, "name_a,name_b,note\n=1+1 Ltd,@Home Ltd,-5\n")
    assert (row["name_a"], row["name_b"], row["note"]) == ("'=1+1 Ltd", "'@Home Ltd", "-5")
    assert row["verdict"] == "material"


def test_a_header_may_hold_line_breaks(tmp_path: Path) -> None:
    (row,) = run(tmp_path, 'id,name_a,name_b,"note\n(old)"\n1,Acme,ACME,x\n')
    assert (row["verdict"], row["note\n(old)"]) == ("immaterial", "x")


def test_a_byte_order_mark_and_semicolons_are_understood(tmp_path: Path) -> None:
    rows = run(tmp_path, "\ufeffname_a;name_b\nAcme, Inc.;ACME INC\n")
    assert rows[0]["verdict"] == "immaterial"


def test_other_columns_profile_and_kind_can_be_named(tmp_path: Path) -> None:
    plan = FileCompareOptions(("debtor", "register"), "ucc", "individual")
    (row,) = run(tmp_path, "register,debtor\nJohn Allen Smith,John A. Smith\n", plan)
    assert row["verdict"] in ("immaterial", "review")
    assert row["differences"].startswith("I")


def test_two_processes_give_the_same_file_in_the_same_order(tmp_path: Path) -> None:
    body = "".join(f"{at},Acme {at} Ltd,ACME {at % 7} Limited\n" for at in range(1_500))
    text = f"id,name_a,name_b\n{body}"
    assert run(tmp_path, text, processes=2) == run(tmp_path, text, processes=1)


def test_rows_are_not_held_in_memory_before_they_are_answered(tmp_path: Path) -> None:
    lengths: list[int] = []
    source = tmp_path / "in.csv"
    source.write_text("name_a,name_b\n" + "Acme,ACME\n" * 4_000)
    totals = compare_file(
        source, tmp_path / "out.csv", PLAN, 1, lambda progress: lengths.append(progress.rows)
    )
    assert lengths == list(range(400, 4_001, 400))
    assert totals == (4_000, 0, 0)


def test_an_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("kept")
    source = tmp_path / "in.csv"
    source.write_text("name_a,name_b\nAcme,ACME\n")

    def fail(_: FileProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_file(source, target, PLAN, 1, fail)
    assert target.read_text() == "kept"
    compare_file(source, target, PLAN, 1, quiet, resume=True)
    assert target.read_text().startswith("name_a,name_b,prediction")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_run_that_wrote_no_row_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("name_a,name_b\nAcme,ACME\n")
    with pytest.raises(FileError, match="needs two files"):
        compare_file(source, Path("-"), PLAN, 1, quiet, resume=True)
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        compare_file(source, tmp_path / "out.csv", PLAN, 1, quiet)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "in.csv: There is no column name_a, name_b; the columns are a, b"),
        (b"name_a,name_b,error\n", "a column error already"),
        ("name_a,name_b\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(FileError, match=message):
        run(tmp_path, content)
    assert not (tmp_path / "out.csv").exists()


def test_a_missing_file_folder_or_profile_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="not a file"):
        compare_file(tmp_path / "none.csv", tmp_path / "out.csv", PLAN, 1, quiet)
    source = tmp_path / "in.csv"
    source.write_text("name_a,name_b\n")
    with pytest.raises(FileError, match="does not exist"):
        compare_file(source, tmp_path / "no" / "out.csv", PLAN, 1, quiet)
    with pytest.raises(UnknownProfileError):
        compare_file(source, tmp_path / "out.csv", FileCompareOptions(PLAN.columns, "moon"), 1, quiet)


def test_the_command_shows_progress_and_a_summary(tmp_path: Path) -> None:
    source, target, shown = tmp_path / "in.csv", tmp_path / "out.csv", StringIO()
    source.write_text("name_a,name_b\nAcme,ACME\n,x\n")
    call_command("compare_file", str(source), str(target), "--processes", "1", stderr=shown)
    assert "2 rows, 1 with an error, in " in shown.getvalue()
    assert f"Written to {target}." in shown.getvalue()


def test_the_command_refuses_one_column_and_no_process() -> None:
    with pytest.raises(CommandError, match="two column names"):
        call_command("compare_file", "a.csv", "b.csv", "--columns", "name")
    with pytest.raises(CommandError, match="at least 1"):
        call_command("compare_file", "a.csv", "b.csv", "--processes", "0")
